/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_request.h - what program.c and the program_*.c share, and nobody
 * else includes.
 *
 * program.c          what a program is, and whose
 * program_queue.c    its requests, one after the other; compiling
 * program_install.c  a new version in the old one's place
 * program_remove.c   its end
 */
#ifndef PROBEFS_BPF_PROGRAM_REQUEST_H
#define PROBEFS_BPF_PROGRAM_REQUEST_H

#include "engine_state.h"
#include "bpf/streams/ring.h"

struct ring_ahead;

/* A write or a removal that waits for its turn, or has it. */
struct program_request {
	struct program *program; /* borrowed */
	engine_done_fn done;
	void *data;
	bool is_removal;

	/* Of a write: the source, all owned. */
	struct engine_source source;
	struct engine_header *headers;
	GBytes *object; /* owned, as are its types, which may be NULL */
	GBytes *types;
	struct ring_ahead *ahead; /* owned; NULL: taken, or no compile */

	/* While it is carried out. */
	struct version *version;  /* owned reference; the new one */
	struct ring ring;         /* owned; the mapping of its ring map */
	GString *notes;           /* owned; for "errors", of a success */
	GPtrArray *attachments;   /* of the new version */
	GPtrArray *old;           /* owned attachments that are detached */
	struct version *replaced; /* owned reference */
	struct stream_ring *replaced_ring;
	GError *error;
};

/* --- program.c */

struct program *program_new(struct engine *engine, const char *name, uid_t uid);

/* Tell the file system that there is news of it. */
void program_changed(const struct program *program);

/* Whether its functions send events; they are attached either way. */
void version_set_active(const struct version *version, bool is_active);

/* --- program_queue.c */

/* Begin its next request, if none is under way. */
void program_next(struct program *program);

void program_request_free(struct program_request *request);

/* The end of a request, good or not: tell its caller, begin the next. */
void program_request_finish(struct program_request *request);

/* --- program_remove.c */

/* Nobody sees it any more: its name is free, its functions send nothing. */
void program_leave(struct program *program);

/* --- program_install.c, program_remove.c: operations' first steps, with a
 * struct program_request; they end by finishing it. */

void install_start(void *request);
void removal_start(void *request);

#endif
