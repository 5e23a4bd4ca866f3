/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.h - the hub, its streams, their rings and readers, as the files of this
 * folder share them; and who holds them. Only the loop touches it.
 */
#ifndef PROBEFS_BPF_STREAMS_STATE_H
#define PROBEFS_BPF_STREAMS_STATE_H

#include <linux/types.h>

#include "backlog.h"
#include "bpf/print/event.h"
#include "bpf/include/probefs/record.h"
#include "ring.h"
#include "streams.h"

/* Time that no record has: an entry with it is shown without waiting for
 * other rings. */
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

struct reader_source {
	struct stream *stream; /* owned reference */
	struct cursor cursor;
	uint64_t n_missed; /* seen, but not told yet */
};

struct engine_reader {
	struct stream_hub *hub; /* owned reference */
	bool is_root;
	bool is_json;
	pid_t pid;
	void (*ready)(void *data);
	void *data;      /* borrowed */
	GArray *sources; /* owned */
	GList link;      /* in hub->readers */
	GList wait_link; /* in .queue */
	GQueue *queue; /* borrowed: a waiting queue, the deliver queue, NULL */
	char *rest;    /* owned: of a line longer than the buffer */
	size_t rest_at;
	size_t rest_bytes;
	struct {
		uint64_t cookie;
		const char *text; /* borrowed from describe_cookie */
		bool is_known;
	} probe; /* of the last record, in this read */
};

static inline struct reader_source *source_at(struct engine_reader *reader,
					      unsigned i)
{
	return &g_array_index(reader->sources, struct reader_source, i);
}

struct stream *stream_ref(struct stream *stream);
void stream_unref(struct stream *stream);
void hub_unref(struct stream_hub *hub);

/* The clock of records. */
uint64_t hub_now_ns(void);

#endif
