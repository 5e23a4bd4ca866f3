/* SPDX-License-Identifier: GPL-2.0-only */
/* stream_ring.h - the way of a record from a program's ring to a backlog. */
#ifndef PROBEFS_BPF_STREAMS_STREAM_RING_H
#define PROBEFS_BPF_STREAMS_STREAM_RING_H

#include "state.h"

/*
 * Move records from @ring to its stream's backlog, about @n_max bytes of them
 * at most, as far as the ring was filled when this began. True: all of those.
 * @came is set when there was anything.
 */
bool stream_ring_drain(struct stream_ring *ring, uint64_t n_max, bool *came);

/*
 * Write notes for losses that no record has told yet: now, or when what was
 * sent before them has been drained.
 */
void stream_ring_balance(struct stream_ring *ring);

/* Was a record reserved that has not been drained? */
bool stream_ring_is_empty(const struct stream_ring *ring);

void stream_ring_set_sleeping(struct stream_ring *ring, bool is_asleep);

/* A note in the backlog, as it stands; @is_copy: of a mark in all streams. */
void stream_append_text(struct stream *stream, enum entry_kind kind,
			const char *text, bool is_copy);

/*
 * No program uses it any more: drain all of it, and tell what was lost.
 */
void stream_ring_finish(struct stream_ring *ring);

/* How many it lost, with those that no record has told yet. */
uint64_t stream_ring_count_lost(const struct stream_ring *ring);

#endif
