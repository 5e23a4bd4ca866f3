/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction_plan.h - what the files that write attach files share, and
 * nobody else includes.
 *
 * transaction.c         the write: carried out, taken back, answered
 * transaction_plan.c    what it is to attach and to detach
 * transaction_lookup.c  the functions that its lines name
 */
#ifndef PROBEFS_BPF_TRANSACTION_PLAN_H
#define PROBEFS_BPF_TRANSACTION_PLAN_H

#include "bpf/probes/attach_line.h"
#include "engine_state.h"

struct engine_transaction {
	struct engine *engine; /* borrowed */
	const struct kind *kind;
	char *target;
	uid_t uid;
	bool is_replacing;
	bool is_dirty;
	bool is_committed;
	GString *partial; /* an unfinished line */
	GPtrArray *lines; /* of the new content, in order: "hello:hello" */
	GPtrArray *added; /* of those, what was not attached before */
	GError *failure;  /* of an earlier write */

	/* The write or commit that is under way. */
	engine_done_fn done;
	void *data;
	char *text; /* whole lines */
	size_t n_bytes;
	bool is_commit;
	GPtrArray *to_attach; /* owned attachments */
	GPtrArray *to_detach; /* of the points; owned once off their lists */
	GError *error;
};

/* --- transaction_plan.c */

/* The place that is written to, or NULL where nothing is attached there. */
struct point *transaction_point(struct engine_transaction *transaction);

/* Is @line among @lines? With its index, unless that is NULL. */
bool has_line(GPtrArray *lines, const char *line, guint *index);

/*
 * From the lines of the write, and for the commit of a replacement from what
 * they leave out: to_attach and to_detach.
 */
bool transaction_plan(struct engine_transaction *transaction, GError **error);

/* --- transaction_lookup.c */

/*
 * The program whose function @line names, borrowed. ENOENT with a suggestion,
 * EEXIST where several have it.
 */
struct program *find_program(struct engine *engine,
			     const struct attach_line *line, GError **error);

#endif
