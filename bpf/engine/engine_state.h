/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine_state.h - what the files that make up the engine share. Only the
 * loop touches it.
 */
#ifndef PROBEFS_BPF_ENGINE_STATE_H
#define PROBEFS_BPF_ENGINE_STATE_H

#include "bpf/engine.h"
#include "bpf/probes/kinds.h"
#include "operations.h"
#include "points.h"

struct compiler;
struct stream;
struct stream_hub;
struct stream_ring;
struct tasks;

struct engine {
	struct engine_config config; /* its strings are owned */
	struct engine_watch watch;
	void *watch_data; /* borrowed */

	struct kind_world world;       /* its members are owned here */
	struct points *points;         /* owned */
	struct stream_hub *hub;        /* owned */
	struct compiler *compiler;     /* owned */
	struct operations *operations; /* owned */
	GHashTable *programs;          /* owned: name to struct program */
	struct tasks *tasks;           /* owned */
	uint64_t last_serial;          /* of the newest program */
	uint32_t slack_ns;             /* of the compiler, to know it by */
	bool is_ending;
};

struct program {
	struct engine *engine; /* borrowed */
	char *name;
	uint64_t serial; /* no other program ever has it */
	uid_t uid;
	struct stream *stream;    /* owned */
	struct version *version;  /* owned reference; NULL: none good yet */
	struct stream_ring *ring; /* owned, of the version; NULL: no events */
	GString *errors;          /* owned: of the last write and since */
	GQueue requests;          /* owned, see program_queue.c */
	bool has_log2;            /* its source calls bpf_log2l() */
	bool is_busy;
	bool is_removed; /* it is in no table; its removal is queued */
};

struct program *engine_program(struct engine *engine, const char *name);

/* EACCES and whose it is, unless @uid may change it. */
bool program_check_owner(const struct program *program, uid_t uid,
			 GError **error);

/* Add to the text of its "errors". @where: what failed, or NULL. */
void program_add_error(struct program *program, const char *where,
		       const GError *error);

/* The functions that a user can attach; borrowed struct object_function. */
GPtrArray *program_functions(const struct program *program);

/* Call @done with @error (taken over) from the loop, in its turn. */
void engine_answer_later(struct engine *engine, engine_done_fn done, void *data,
			 GError *error);

/* Tell the file system that the lines of a place changed. */
void engine_point_changed(struct engine *engine, const struct link_plan *plan);

void program_free(gpointer program);

#endif
