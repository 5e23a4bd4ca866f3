// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream_ring.c - the way of records from a program's ring into its stream's
 * backlog, with the losses in their place. Knows nothing of who reads them, or
 * when this happens.
 */
#include "stream_ring.h"

uint64_t stream_ring_count_lost(const struct stream_ring *ring)
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

void stream_append_text(struct stream *stream, enum entry_kind kind,
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
		stream_append_text(stream, ENTRY_NOTE,
				   "a record without its header", false);
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

void stream_ring_finish(struct stream_ring *ring)
{
	bool came;

	stream_ring_drain(ring, UINT64_MAX, &came);
	if (!ring->control)
		return;
	ask_lost(ring);
	tell_lost(ring);
}
