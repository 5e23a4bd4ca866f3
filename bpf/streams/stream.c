// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream.c - streams, and the way of records from their rings into their
 * backlogs. Knows nothing of who reads them, or when this happens.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hub.h"
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

struct stream *stream_ref(struct stream *stream)
{
	stream->n_refs++;
	return stream;
}

void stream_unref(struct stream *stream)
{
	if (--stream->n_refs)
		return;
	if (stream->has_ended)
		g_queue_remove(&stream->hub->ended, stream);
	backlog_clear(&stream->backlog);
	g_ptr_array_unref(stream->rings);
	g_free(stream->program);
	g_free(stream);
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

static uint64_t count_lost(const struct stream_ring *ring)
{
	uint64_t n_lost = 0;

	if (!ring->control)
		return 0;
	for (unsigned i = 0; i < PROBEFS_N_LOST_SLOTS; i++)
		n_lost += __atomic_load_n(&ring->control->lost[i].n_lost,
					  __ATOMIC_RELAXED);
	return n_lost;
}

static unsigned long ring_producer_position(const struct stream_ring *ring)
{
	return ring->fd < 0
		       ? ring->ring.position
		       : __atomic_load_n(ring->ring.producer, __ATOMIC_ACQUIRE);
}

static void append_text(struct stream *stream, enum entry_kind kind,
			const char *text, bool is_copy)
{
	struct note note = {.time_ns = hub_now_ns(), .is_copy = is_copy};

	backlog_append_note(&stream->backlog, kind, &note, text);
	stream->has_news = true;
}

static void note_lost(struct stream *stream, uint64_t time_ns, uint32_t n_lost,
		      uint32_t cpu)
{
	struct note note = {.time_ns = time_ns, .n_lost = n_lost, .cpu = cpu};

	backlog_append_note(&stream->backlog, ENTRY_LOST, &note, "");
	stream->has_news = true;
}

/*
 * @lost, the count of a CPU when a record was sent or now, tells how many
 * were lost since it was last seen. An interrupt between the reading of the
 * count and the reserving of the record lets older counts come after newer
 * ones, and CPUs may share a slot: only growth counts, so the sum is exact.
 */
static inline void see_lost(struct stream_ring *ring, uint64_t time_ns,
			    uint32_t lost, uint32_t cpu)
{
	uint32_t *seen = &ring->seen_lost[cpu % PROBEFS_N_LOST_SLOTS];
	int32_t n_lost = (int32_t)(lost - *seen);

	if (G_LIKELY(n_lost <= 0))
		return;
	*seen = lost;
	note_lost(ring->stream, time_ns, (uint32_t)n_lost, cpu);
}

/* Remember what is lost by now, and how far the ring was filled then. */
static void ask_lost(struct stream_ring *ring)
{
	for (uint32_t i = 0; i < PROBEFS_N_LOST_SLOTS; i++)
		ring->asked.lost[i] = (uint32_t)__atomic_load_n(
			&ring->control->lost[i].n_lost, __ATOMIC_ACQUIRE);
	ring->asked.position = ring_producer_position(ring);
	ring->asked.is_open = true;
}

static void tell_lost(struct stream_ring *ring)
{
	uint64_t now_ns = hub_now_ns();

	for (uint32_t i = 0; i < PROBEFS_N_LOST_SLOTS; i++)
		see_lost(ring, now_ns, ring->asked.lost[i], i);
	ring->asked.is_open = false;
}

void stream_ring_balance(struct stream_ring *ring)
{
	if (!ring->control)
		return;
	if (!ring->asked.is_open)
		ask_lost(ring);
	/* What was sent before those were lost must stand before the note. */
	if ((long)(ring->ring.position - ring->asked.position) >= 0)
		tell_lost(ring);
}

static inline void keep_record(struct stream_ring *ring, const uint8_t *data,
			       uint32_t n_bytes)
{
	const struct probefs_record *record = (const void *)data;
	struct stream *stream = ring->stream;
	struct entry *entry;

	if (G_UNLIKELY(n_bytes < sizeof(*record))) {
		append_text(stream, ENTRY_NOTE, "a record without its header",
			    false);
		return;
	}
	see_lost(ring, record->time_ns, record->lost, record->cpu);
	entry = backlog_append(&stream->backlog, ring->decoder, ENTRY_RECORD,
			       n_bytes, 1);
	memcpy(entry + 1, data, n_bytes);
	ring->time_ns = record->time_ns;
	stream->n_events++;
	stream->n_bytes += n_bytes;
}

bool stream_ring_drain(struct stream_ring *ring, uint64_t n_max, bool *came)
{
	const uint8_t *data;
	unsigned long begin, end, stop;
	uint32_t n_bytes;

	if (ring->fd < 0)
		return true;
	begin = ring->ring.position;
	end = __atomic_load_n(ring->ring.producer, __ATOMIC_ACQUIRE);
	stop = end - begin > n_max ? begin + n_max : end;
	while ((long)(stop - ring->ring.position) > 0 &&
	       (data = ring_next(&ring->ring, &n_bytes)))
		keep_record(ring, data, n_bytes);
	ring_publish(&ring->ring);
	if (ring->ring.position != begin)
		ring->stream->has_news = *came = true;
	if (G_UNLIKELY(ring->asked.is_open))
		stream_ring_balance(ring);
	return (long)(end - ring->ring.position) <= 0;
}

void stream_ring_free(struct stream_ring *ring)
{
	struct stream *stream;
	bool came;

	if (!ring)
		return;
	stream = ring->stream;
	stream_ring_drain(ring, UINT64_MAX, &came);
	/* No program runs any more: whatever was lost is told now. */
	if (ring->control) {
		ask_lost(ring);
		tell_lost(ring);
	}
	hub_unwatch(stream->hub, ring);
	hub_kick(stream->hub);
	stream->n_lost_past += count_lost(ring);
	g_ptr_array_remove(stream->rings, ring);
	ring_clear(&ring->ring);
	if (ring->fd >= 0)
		close(ring->fd);
	decoder_unref(ring->decoder);
	g_free(ring->seen_lost);
	g_free(ring);
	stream_unref(stream);
}

bool stream_ring_is_empty(const struct stream_ring *ring)
{
	return ring->fd < 0 || ring_is_empty(&ring->ring);
}

void stream_ring_set_sleeping(struct stream_ring *ring, bool is_asleep)
{
	if (ring->control)
		__atomic_store_n(&ring->control->sleeping, is_asleep,
				 __ATOMIC_SEQ_CST);
}

void stream_ring_exclude(struct stream_ring *ring)
{
	const struct stream_hub *hub = ring->stream->hub;
	struct probefs_control *control = ring->control;
	unsigned n;

	if (!control || !hub->config.exclude_readers)
		return;
	/* The first is the daemon, which the engine has set. */
	n = readers_pids(hub, control->excluded_tgid + 1,
			 PROBEFS_N_EXCLUDED - 1);
	for (unsigned i = n + 1; i < PROBEFS_N_EXCLUDED; i++)
		control->excluded_tgid[i] = PROBEFS_NO_TGID;
	__atomic_store_n(&control->n_excluded, n + 1, __ATOMIC_RELEASE);
}

void stream_note(struct stream *stream, const char *text)
{
	/* What came before it stands before it. */
	hub_drain(stream->hub, true);
	append_text(stream, ENTRY_NOTE, text, false);
	hub_kick(stream->hub);
}

/* One line of the user's in one stream or, marked as copies, in all. */
static void mark_line(struct stream_hub *hub, struct stream *stream,
		      const char *line)
{
	if (stream) {
		append_text(stream, ENTRY_MARK, line, false);
		return;
	}
	append_text(hub->own, ENTRY_MARK, line, false);
	for (unsigned i = 0; i < hub->streams->len; i++)
		append_text(g_ptr_array_index(hub->streams, i), ENTRY_MARK,
			    line, true);
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
		counts->n_lost += count_lost(
			g_ptr_array_index(stream->rings, i));
}
