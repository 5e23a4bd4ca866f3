/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hub.h - what the files of streams share, and nobody else includes.
 *
 * hub.c     when rings are drained, and when the consumer sleeps
 * stream.c  streams, their rings, and the way from a ring to a backlog
 * reader.c  readers; reader_queue.c, those that wait
 */
#ifndef PROBEFS_BPF_HUB_H
#define PROBEFS_BPF_HUB_H

#include <linux/types.h>

#include "backlog.h"
#include "bpf/print/event.h"
#include "bpf/include/probefs/record.h"
#include "ring.h"
#include "stream.h"

/* Time that no record can have: for what need not wait for other rings. */
#define HORIZON_NONE UINT64_MAX

struct stream_hub {
	struct stream_hub_config config;
	struct symbols *symbols; /* borrowed; NULL once the hub is closed */
	unsigned n_refs;         /* the engine's and the readers' */
	GPtrArray *streams;      /* owned references; without .own */
	struct stream *own;      /* owned: marks in the root output */
	GQueue ended;            /* borrowed streams that readers still hold */
	GQueue readers;          /* all, by their .link */
	GQueue root_waiting;     /* readers by .wait_link */
	GQueue deliver;          /* readers whose ready is to be called */
	unsigned n_waiting;      /* readers in all waiting queues */
	GSource *source;         /* owned */
	struct text text;        /* for what readers format */
	/*
	 * All records up to this time are in the backlogs: what the root
	 * output may show. A record can still come late by the time between
	 * its reading of the clock and its place in the ring, some
	 * microseconds unless its processor was taken away just then.
	 */
	uint64_t horizon_ns;
	int64_t drained_us;  /* when rings were last drained */
	int64_t read_us;     /* when a reader last read */
	int64_t balanced_us; /* when the lost were last compared */
	unsigned n_empty_turns;
	bool is_asleep;
	bool is_held_back; /* records newer than the horizon are kept */
};

struct stream {
	struct stream_hub *hub; /* borrowed; NULL once it is closed */
	char *program;          /* owned; NULL: the hub's own */
	unsigned n_refs;
	struct backlog backlog;
	GPtrArray *rings; /* borrowed struct stream_ring */
	GQueue waiting;   /* readers by .wait_link */
	uint64_t n_events;
	uint64_t n_bytes;
	uint64_t n_lost_past; /* of rings that are gone */
	unsigned n_readers;
	bool has_news; /* since readers were last woken */
	bool has_ended;
};

struct stream_ring {
	struct stream *stream; /* owned reference */
	struct ring ring;
	int fd;                          /* owned duplicate; -1: no ring */
	void *poll_tag;                  /* of .fd in the hub's source */
	struct probefs_control *control; /* borrowed, may be NULL */
	struct decoder *decoder;         /* owned reference */
	uint64_t time_ns;                /* of the last record drained */
	uint32_t *seen_lost;             /* owned; by slot */
	/* Losses to be told once the ring is drained up to a position. */
	struct {
		uint32_t lost[PROBEFS_N_LOST_SLOTS];
		unsigned long position;
		bool is_open;
	} asked;
};

/* --- hub.c */

uint64_t hub_now_ns(void);

/*
 * Drain all rings, unless that was done less than a millisecond ago and not
 * @now. True when something came.
 */
bool hub_drain(struct stream_hub *hub, bool now);

/* Have a turn of the loop soon: there is news, or a new ring. */
void hub_kick(struct stream_hub *hub);

/* A reader began to wait: do not let it wait for a slow timer. */
void hub_hurry(struct stream_hub *hub);

/* Poll a ring's descriptor as the hub's state demands; and no longer. */
void hub_watch(struct stream_hub *hub, struct stream_ring *ring);
void hub_unwatch(struct stream_hub *hub, struct stream_ring *ring);

void hub_unref(struct stream_hub *hub);

/* --- stream.c */

struct stream *stream_ref(struct stream *stream);
void stream_unref(struct stream *stream);

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

/* Fill in the control of @ring with who is not to be traced. */
void stream_ring_exclude(struct stream_ring *ring);

/* --- reader.c */

/* Add @stream to all readers of the root output. */
void readers_add_stream(struct stream_hub *hub, struct stream *stream);

/* It ended: readers of the root output who have read it all let it go. */
void readers_drop_ended(struct stream_hub *hub);

/* The processes of readers, without duplicates; at most @n_max. */
unsigned readers_pids(const struct stream_hub *hub, uint32_t *pids,
		      unsigned n_max);

/* --- reader_queue.c */

/* Move the waiting readers that have something to read to hub->deliver. */
void readers_collect(struct stream_hub *hub);

/* Call ready of at most @n_max of them. True: there are more. */
bool readers_deliver(struct stream_hub *hub, unsigned n_max);

#endif
