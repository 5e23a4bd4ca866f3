// SPDX-License-Identifier: GPL-2.0-only
/* stream.c - streams, their birth and end, their rings, notes and marks. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "exclude.h"
#include "hub.h"
#include "reader.h"
#include "reader_queue.h"
#include "stream_ring.h"
#include "bpf/kernel/symbols.h"

/* Of a program that was removed, so that readers can finish. */
#define STREAM_ENDED_MAX 8

/* A 1024th of the memory, as a power of two in these limits. */
#define STREAM_MIN_BYTES (256u << 10)
#define STREAM_MAX_BYTES (16u << 20)

static uint64_t bytes_from_memory(void)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			  (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t n_bytes = STREAM_MIN_BYTES;

	while (n_bytes * 2 <= memory / 1024 && n_bytes < STREAM_MAX_BYTES)
		n_bytes *= 2;
	return n_bytes;
}

uint64_t stream_ring_bytes_default(void)
{
	return bytes_from_memory();
}

struct stream *stream_new(struct stream_hub *hub, const char *program)
{
	struct stream *stream = g_new0(struct stream, 1);
	uint64_t limit = hub->config.backlog_bytes;

	stream->hub = hub;
	stream->n_refs = 1;
	stream->program = g_strdup(program);
	backlog_init(&stream->backlog, limit ? limit : bytes_from_memory());
	stream->rings = g_ptr_array_new();
	if (program)
		g_ptr_array_add(hub->streams, stream);
	readers_add_stream(hub, stream);
	return stream;
}

void stream_free(struct stream *stream)
{
	struct stream_hub *hub;

	if (!stream)
		return;
	g_assert(!stream->rings->len);
	hub = stream->hub;
	stream->has_ended = stream->has_news = true;
	readers_drop_ended(hub);
	g_queue_push_tail(&hub->ended, stream);
	/* Readers who never read must not keep what is gone for ever. */
	if (hub->ended.length > STREAM_ENDED_MAX) {
		struct stream *oldest = g_queue_pop_head(&hub->ended);

		backlog_forget(&oldest->backlog, true);
	}
	hub_kick(hub);
	/* The waiting readers' references keep it for the next turn. */
	readers_collect(hub);
	g_ptr_array_remove_fast(hub->streams, stream);
}

static const char *find_symbol(uint64_t address, uint64_t *offset, void *data)
{
	struct stream_hub *hub = data;

	return hub->symbols ? symbols_name(hub->symbols, address, offset)
			    : NULL;
}

struct stream_ring *stream_ring_new(struct stream *stream, int ring_fd,
				    struct ring *mapping,
				    struct probefs_control *control,
				    GBytes *formats, GBytes *btf_bytes,
				    GError **error)
{
	struct stream_ring *ring = g_new0(struct stream_ring, 1);

	ring->fd = -1;
	ring->control = control;
	if (control)
		control->excluded_slack_ns =
			stream->hub->config.excluded_slack_ns;
	if (ring_fd >= 0) {
		ring->ring = *mapping;
		*mapping = (struct ring){};
		ring->fd = fcntl(ring_fd, F_DUPFD_CLOEXEC, 3);
		if (ring->fd < 0) {
			probefs_set_error(error, errno, "ring buffer: dup: %s",
					  g_strerror(errno));
			ring_clear(&ring->ring);
			g_free(ring);
			return NULL;
		}
	}
	ring->stream = stream_ref(stream);
	ring->seen_lost = g_new0(uint32_t, PROBEFS_N_LOST_SLOTS);
	ring->decoder = decoder_new(stream->program, formats, btf_bytes,
				    find_symbol, stream->hub);
	g_ptr_array_add(stream->rings, ring);
	stream_ring_exclude(ring);
	hub_watch(stream->hub, ring);
	return ring;
}

void stream_ring_free(struct stream_ring *ring)
{
	struct stream *stream;

	if (!ring)
		return;
	stream = ring->stream;
	stream_ring_finish(ring);
	hub_unwatch(stream->hub, ring);
	hub_kick(stream->hub);
	stream->n_lost_past += stream_ring_count_lost(ring);
	g_ptr_array_remove(stream->rings, ring);
	ring_clear(&ring->ring);
	if (ring->fd >= 0)
		close(ring->fd);
	decoder_unref(ring->decoder);
	g_free(ring->seen_lost);
	g_free(ring);
	stream_unref(stream);
}

void stream_note(struct stream *stream, const char *text)
{
	/* What came before it stands before it. */
	hub_drain(stream->hub, true);
	stream_append_text(stream, ENTRY_NOTE, text, false);
	hub_kick(stream->hub);
}

/* One line of the user's in one stream or, marked as copies, in all. */
static void mark_line(struct stream_hub *hub, struct stream *stream,
		      const char *line)
{
	if (stream) {
		stream_append_text(stream, ENTRY_MARK, line, false);
		return;
	}
	stream_append_text(hub->own, ENTRY_MARK, line, false);
	for (unsigned i = 0; i < hub->streams->len; i++)
		stream_append_text(g_ptr_array_index(hub->streams, i),
				   ENTRY_MARK, line, true);
}

void stream_mark(struct stream_hub *hub, struct stream *stream,
		 const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	hub_drain(hub, true);
	for (char **line = lines; *line; line++)
		if (**line)
			mark_line(hub, stream, *line);
	hub_kick(hub);
}

void stream_clear(struct stream_hub *hub, struct stream *stream)
{
	hub_drain(hub, true);
	if (stream) {
		backlog_forget(&stream->backlog, false);
		return;
	}
	backlog_forget(&hub->own->backlog, false);
	for (unsigned i = 0; i < hub->streams->len; i++) {
		stream = g_ptr_array_index(hub->streams, i);
		backlog_forget(&stream->backlog, false);
	}
}

void stream_counts(const struct stream *stream, struct stream_counts *counts)
{
	*counts = (struct stream_counts){
		.n_events = stream->n_events,
		.n_bytes = stream->n_bytes,
		.n_lost = stream->n_lost_past,
		.n_readers = stream->n_readers,
		.n_backlog_bytes = stream->backlog.n_bytes,
	};
	for (unsigned i = 0; i < stream->rings->len; i++)
		counts->n_lost += stream_ring_count_lost(
			g_ptr_array_index(stream->rings, i));
}
