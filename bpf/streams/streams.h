/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * streams.h - events from the rings of programs to the readers of output.
 *
 * A hub has all streams. A stream belongs to a program's name and outlives
 * the program's versions: each loaded version adds its ring. The hub drains
 * rings into the streams' backlogs in the main loop; a reader formats what it
 * reads. Knows nothing of compiling, loading or attaching.
 */
#ifndef PROBEFS_BPF_STREAMS_H
#define PROBEFS_BPF_STREAMS_H

#include "bpf/engine.h"

struct btf;
struct probefs_control;
struct stream;
struct stream_hub;
struct ring;
struct stream_ring;

struct stream_hub_config {
	uint64_t backlog_bytes; /* a stream's; 0: from memory */
	bool exclude_readers;
	/* See struct probefs_control. */
	uint32_t excluded_slack_ns;
	/* "[PATH:LINE]" of an attach cookie for JSON, or NULL; owned by the
	 * callee, valid until the next call. May be NULL. */
	const char *(*describe_cookie)(uint64_t cookie, void *data);
	void *data;
};

/* The name of a kernel address for %ps and %pS, see symbols.h. */
struct symbols;

/* @symbols is borrowed for the hub's life; may be NULL (unit tests). */
struct stream_hub *stream_hub_new(const struct stream_hub_config *config,
				  struct symbols *symbols);
void stream_hub_free(struct stream_hub *hub);

/* The ring size to load programs with where the user gave none. */
uint64_t stream_ring_bytes_default(void);

struct stream *stream_new(struct stream_hub *hub, const char *program);
/* Its readers get what is kept, then the end. Accepts NULL. */
void stream_free(struct stream *stream);

/*
 * Connect one loaded version: @ring_fd, its ring map (-1: it sends nothing;
 * duplicated), @mapping, the map's (taken over, also on failure; NULL where
 * there is no map), @control, the mapped variable (borrowed until
 * stream_ring_free; NULL where it has none), @formats, the content of
 * PROBEFS_FORMATS_SECTION or NULL, @btf, the object's own (a reference is
 * impossible, so @object_bytes is parsed again with btf__new; may be NULL).
 * Fails with the errno of dup.
 */
struct stream_ring *stream_ring_new(struct stream *stream, int ring_fd,
				    struct ring *mapping,
				    struct probefs_control *control,
				    GBytes *formats, GBytes *btf_bytes,
				    GError **error);
/* Drains what is left first. Accepts NULL. */
void stream_ring_free(struct stream_ring *ring);

/* A note in the stream, in the place where it stands, like a lost line. */
void stream_note(struct stream *stream, const char *text);

struct stream_counts {
	uint64_t n_events;
	uint64_t n_bytes; /* of records */
	uint64_t n_lost;  /* ring was full, all versions */
	uint64_t n_readers;
	uint64_t n_backlog_bytes;
};
void stream_counts(const struct stream *stream, struct stream_counts *counts);

/* What engine.h's functions of the same names do; @stream NULL: all. */
struct engine_reader *stream_reader_new(struct stream_hub *hub,
					struct stream *stream,
					enum engine_stream_format format,
					pid_t pid, void (*ready)(void *data),
					void *data);
void stream_clear(struct stream_hub *hub, struct stream *stream);
void stream_mark(struct stream_hub *hub, struct stream *stream,
		 const char *text);

#endif
