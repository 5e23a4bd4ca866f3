// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - readers of streams.
 *
 * A reader is a cursor in each stream that it reads: one for a program's
 * output, all for the root's, which merges them by time. Records are
 * formatted when they are read, into the reader's buffer. Knows nothing of
 * rings.
 */
#include <linux/types.h>

#include "reader.h"

#include "exclude.h"
#include "hub.h"
#include "reader_queue.h"
#include "bpf/include/probefs/record.h"

/* A spill buffer that one huge event made is not kept for ever. */
#define READER_SPILL_KEPT (256u << 10)

static void source_clear(void *data)
{
	struct reader_source *source = data;

	source->stream->n_readers--;
	stream_unref(source->stream);
}

static void add_source(struct engine_reader *reader, struct stream *stream)
{
	struct reader_source source = {.stream = stream_ref(stream)};

	stream->n_readers++;
	cursor_init(&source.cursor, &stream->backlog);
	g_array_append_val(reader->sources, source);
}

/* --- What all readers share */

void readers_add_stream(struct stream_hub *hub, struct stream *stream)
{
	for (GList *link = hub->readers.head; link; link = link->next) {
		struct engine_reader *reader = link->data;

		if (reader->is_root)
			add_source(reader, stream);
	}
}

struct engine_reader *stream_reader_new(struct stream_hub *hub,
					struct stream *stream,
					enum engine_stream_format format,
					pid_t pid, void (*ready)(void *data),
					void *data)
{
	struct engine_reader *reader = g_new0(struct engine_reader, 1);

	reader->hub = hub;
	hub->n_refs++;
	reader->is_root = !stream;
	reader->is_json = format == ENGINE_STREAM_JSON;
	reader->pid = pid;
	reader->ready = ready;
	reader->data = data;
	reader->link.data = reader->wait_link.data = reader;
	reader->sources = g_array_new(false, false,
				      sizeof(struct reader_source));
	g_array_set_clear_func(reader->sources, source_clear);
	g_queue_push_tail_link(&hub->readers, &reader->link);
	if (stream) {
		add_source(reader, stream);
	} else {
		add_source(reader, hub->own);
		for (unsigned i = 0; i < hub->streams->len; i++)
			add_source(reader, g_ptr_array_index(hub->streams, i));
	}
	hub_exclude_readers(hub);
	return reader;
}

void engine_reader_free(struct engine_reader *reader)
{
	struct stream_hub *hub;

	if (!reader)
		return;
	hub = reader->hub;
	reader_leave_queue(reader);
	g_queue_unlink(&hub->readers, &reader->link);
	hub_exclude_readers(hub);
	g_array_unref(reader->sources);
	g_free(reader->rest);
	g_free(reader);
	hub_unref(hub);
}

/* --- Reading */

static bool is_hidden(const struct engine_reader *reader,
		      const struct entry *entry)
{
	const struct note *note = (const void *)(entry + 1);

	return entry->kind == ENTRY_MARK && reader->is_root && note->is_copy;
}

/* The next entry of a source, or NULL; its block, for the decoder. */
static const struct entry *peek(struct engine_reader *reader,
				struct reader_source *source,
				struct backlog_block **block)
{
	struct backlog *backlog = &source->stream->backlog;
	const struct entry *entry;
	uint64_t n_missed;

	for (;;) {
		*block = cursor_settle(&source->cursor, backlog, &n_missed);
		source->n_missed += n_missed;
		if (!*block)
			return NULL;
		entry = cursor_entry(&source->cursor, *block);
		if (G_LIKELY(!is_hidden(reader, entry)))
			return entry;
		cursor_advance(&source->cursor, entry);
	}
}

/* Until when this reader may show what is kept of @source. */
static uint64_t horizon(const struct engine_reader *reader,
			const struct reader_source *source)
{
	if (!reader->is_root || source->stream->has_ended)
		return HORIZON_NONE;
	return reader->hub->horizon_ns;
}

static bool source_is_ready(struct engine_reader *reader,
			    struct reader_source *source)
{
	struct backlog_block *block;
	const struct entry *entry = peek(reader, source, &block);

	return source->n_missed ||
	       (entry && entry_time_ns(entry) <= horizon(reader, source));
}

static bool source_is_done(struct engine_reader *reader,
			   struct reader_source *source)
{
	struct backlog_block *block;

	return source->stream->has_ended && !peek(reader, source, &block) &&
	       !source->n_missed;
}

static void drop_done(struct engine_reader *reader)
{
	for (unsigned i = reader->sources->len; i-- > 0;)
		if (source_is_done(reader, source_at(reader, i)))
			g_array_remove_index(reader->sources, i);
}

void readers_drop_ended(struct stream_hub *hub)
{
	for (GList *link = hub->readers.head; link; link = link->next) {
		struct engine_reader *reader = link->data;

		if (reader->is_root)
			drop_done(reader);
	}
}

static bool has_ended(struct engine_reader *reader)
{
	if (reader->is_root)
		return !reader->hub->source;
	return source_is_done(reader, source_at(reader, 0));
}

/* What fired, asked for once for records in a row that have it in common. */
static const char *probe_text(struct engine_reader *reader, uint64_t cookie)
{
	const struct stream_hub_config *config = &reader->hub->config;

	if (!cookie || !config->describe_cookie)
		return NULL;
	if (!reader->probe.is_known || reader->probe.cookie != cookie) {
		reader->probe.text = config->describe_cookie(cookie,
							     config->data);
		reader->probe.cookie = cookie;
		reader->probe.is_known = true;
	}
	return reader->probe.text;
}

static void print_record(struct engine_reader *reader,
			 const struct entry *entry, struct decoder *decoder,
			 struct text *text)
{
	const struct probefs_record *record = (const void *)(entry + 1);
	size_t payload_bytes = MIN(entry->n_bytes - sizeof(*record),
				   (size_t)record->payload_bytes);

	if (reader->is_json)
		event_print_json(decoder, record, payload_bytes,
				 probe_text(reader, record->cookie), text);
	else if (reader->is_root)
		event_print_line(decoder, record, payload_bytes, text);
	else
		event_print_message(decoder, record, payload_bytes, text);
}

/* The program to name in a note: in the root's output, and in all JSON. */
static const char *note_program(const struct engine_reader *reader,
				const struct stream *stream)
{
	return reader->is_root || reader->is_json ? stream->program : NULL;
}

/* What a read has filled so far. */
struct target {
	char *buffer;
	size_t size;
	size_t n_done;
};

/*
 * Keep the event just written, if there is room for it. One that is longer
 * than the whole buffer is given in parts. False: it is for the next read.
 */
static bool place(struct engine_reader *reader, struct target *target)
{
	struct text *text = &reader->hub->text;
	size_t length = text_length(text), room = target->size - target->n_done;

	if (!text->is_spilled) {
		target->n_done += length;
		return true;
	}
	if (length > room && target->n_done)
		return false;
	memcpy(target->buffer + target->n_done, text->start, MIN(length, room));
	target->n_done += MIN(length, room);
	if (length > room) {
		reader->rest_bytes = length - room;
		reader->rest = g_memdup2(text->start + room, length - room);
		reader->rest_at = 0;
	}
	return true;
}

static bool put_missed(struct engine_reader *reader,
		       struct reader_source *source, struct target *target)
{
	text_begin(&reader->hub->text, target->buffer + target->n_done,
		   target->size - target->n_done);
	missed_print(source->n_missed, note_program(reader, source->stream),
		     reader->is_json, &reader->hub->text);
	if (!place(reader, target))
		return false;
	source->n_missed = 0;
	return true;
}

/* Write entries of @source not newer than @until. False: the buffer is full. */
static bool put_entries(struct engine_reader *reader,
			struct reader_source *source, uint64_t until_ns,
			struct target *target)
{
	struct text *text = &reader->hub->text;
	struct backlog_block *block;
	const struct entry *entry;

	for (;;) {
		entry = peek(reader, source, &block);
		if (!entry && !source->n_missed)
			return true;
		if (target->n_done == target->size)
			return false;
		if (source->n_missed && !put_missed(reader, source, target))
			return false;
		/* What was missed may have taken the last of the room. */
		if (!entry || target->n_done == target->size)
			continue;
		if (entry_time_ns(entry) > until_ns)
			return true;
		text_begin(text, target->buffer + target->n_done,
			   target->size - target->n_done);
		if (G_LIKELY(entry->kind == ENTRY_RECORD))
			print_record(reader, entry, block->decoder, text);
		else
			note_print(entry->kind, (const void *)(entry + 1),
				   note_program(reader, source->stream),
				   reader->is_json, text);
		if (!place(reader, target))
			return false;
		cursor_advance(&source->cursor, entry);
	}
}

/*
 * The source with the oldest entry that may be shown, or NULL; @until_ns, the
 * time of the next oldest in another, or the horizon: up to there it can be
 * read without looking at the others.
 */
static struct reader_source *oldest_source(struct engine_reader *reader,
					   uint64_t *until_ns)
{
	struct reader_source *oldest = NULL;
	uint64_t oldest_ns = HORIZON_NONE;

	*until_ns = HORIZON_NONE;
	for (unsigned i = 0; i < reader->sources->len; i++) {
		struct reader_source *source = source_at(reader, i);
		uint64_t limit = horizon(reader, source), time_ns = 0;
		struct backlog_block *block;
		const struct entry *entry = peek(reader, source, &block);

		if (!entry && !source->n_missed) {
			*until_ns = MIN(*until_ns, limit);
			continue;
		}
		if (!source->n_missed)
			time_ns = entry_time_ns(entry);
		if (time_ns > limit) {
			*until_ns = MIN(*until_ns, limit);
		} else if (!oldest || time_ns < oldest_ns) {
			*until_ns = MIN(*until_ns, oldest_ns);
			oldest = source;
			oldest_ns = time_ns;
		} else {
			*until_ns = MIN(*until_ns, time_ns);
		}
	}
	if (oldest)
		*until_ns = MIN(*until_ns, horizon(reader, oldest));
	return oldest;
}

static void fill(struct engine_reader *reader, struct target *target)
{
	struct reader_source *source;
	uint64_t until_ns;

	reader->probe.is_known = false;
	while ((source = oldest_source(reader, &until_ns)))
		if (!put_entries(reader, source, until_ns, target))
			break;
	if (reader->hub->text.spill_bytes > READER_SPILL_KEPT)
		text_clear(&reader->hub->text);
	if (reader->is_root)
		drop_done(reader);
}

static size_t take_rest(struct engine_reader *reader, char *buffer, size_t size)
{
	size_t n = MIN(size, reader->rest_bytes - reader->rest_at);

	memcpy(buffer, reader->rest + reader->rest_at, n);
	reader->rest_at += n;
	if (reader->rest_at == reader->rest_bytes)
		g_clear_pointer(&reader->rest, g_free);
	return n;
}

ssize_t engine_reader_read(struct engine_reader *reader, char *buffer,
			   size_t size)
{
	struct target target = {.buffer = buffer, .size = size};
	struct stream_hub *hub = reader->hub;

	if (!size)
		return 0;
	reader_leave_queue(reader);
	hub->read_us = g_get_monotonic_time();
	if (reader->rest)
		return (ssize_t)take_rest(reader, buffer, size);
	fill(reader, &target);
	if (!target.n_done && hub_drain(hub, false))
		fill(reader, &target);
	if (target.n_done)
		return (ssize_t)target.n_done;
	if (has_ended(reader))
		return -1;
	reader_wait_for_news(reader);
	hub_hurry(reader->hub);
	return 0;
}

bool engine_reader_is_ready(struct engine_reader *reader)
{
	if (reader->rest || has_ended(reader))
		return true;
	for (unsigned i = 0; i < reader->sources->len; i++)
		if (source_is_ready(reader, source_at(reader, i)))
			return true;
	return false;
}
