/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h - what all files of the tree share.
 *
 * Knows the engine; knows no FUSE: what the kernel must be told goes up
 * through tree->invalidate.
 */
#ifndef PROBEFS_FS_TREE_H
#define PROBEFS_FS_TREE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bpf/engine.h"
#include "node.h"

struct errors;
struct progs;

struct tree_config {
	uid_t uid; /* owner of what has no owner of its own */
	gid_t gid;
	mode_t mode; /* of directories; files get its read and write bits */
};

struct tree {
	struct engine *engine; /* borrowed */
	struct tree_config config;
	struct errors *errors; /* owned */
	struct progs *progs;   /* owned */
	struct node *root;     /* counted */
	GHashTable *nodes;     /* struct node * by parent and name, borrowed */
	GHashTable *nameless;  /* those that lost their name, borrowed */
	GQueue snapshots;      /* nodes that keep one; counted */
	guint snapshot_timer;
	int64_t started_ns;
	size_t n_handles;
	size_t n_readers;
	size_t n_waiting;
	char *missing; /* owned: what was told last to be missing, or NULL */
	int64_t missing_us;
	bool is_closing; /* what is written but not committed is dropped */
	/* Tell the kernel that a node's attributes changed. May be NULL. */
	void (*invalidate)(struct node *node, void *data);
	void *invalidate_data;
};

/* A failure goes to /errors. @path: "progs/hello.c". */
void tree_failed(struct tree *tree, const char *path, uid_t uid,
		 const GError *error);
/*
 * The same for a name that a LOOKUP did not find: commands ask twice for one,
 * but are told once.
 */
void tree_missing(struct tree *tree, const char *path, uid_t uid,
		  const GError *error);
/* @node's content changed behind the kernel's back. */
void tree_changed(struct tree *tree, struct node *node);

/* What engine_watch tells. */
void tree_program_changed(struct tree *tree, const char *program);
void tree_point_changed(struct tree *tree, const char *kind,
			const char *target);

/* The rows that hang below the root. */
extern const struct node_type readme_type, status_type, errors_type,
	attached_type;
extern const struct node_type output_type, output_json_type;
extern const struct node_type progs_type, program_type;
/* The directory of a kind of probe. */
const struct node_type *kind_row(const struct engine_kind *kind);
extern const struct node_type types_type;

#endif
