/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - what reader.c and reader_queue.c share, and nobody else includes.
 */
#ifndef PROBEFS_BPF_READER_H
#define PROBEFS_BPF_READER_H

#include "hub.h"

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

/* --- reader_queue.c */

/* It waits no longer. */
void reader_leave_queue(struct engine_reader *reader);

/* Have its ready called when something comes. */
void reader_wait_for_news(struct engine_reader *reader);

#endif
