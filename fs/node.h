/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * node.h - the files and directories of the tree.
 *
 * A node type is a row of a table: a name, a mode and the few operations that
 * it has. Adding a file is adding a row. A node is one file or directory that
 * the kernel knows by number at the moment. Knows no FUSE and no engine.
 */
#ifndef PROBEFS_FS_NODE_H
#define PROBEFS_FS_NODE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "bpf/error.h"

struct engine_file;
struct handle;
struct listing;
struct node;
struct showing;
struct request;
struct tree;

/*
 * How an operation that may take its time ended: done; failed, with its
 * GError filled; or later: it called request_later(), and has called or will
 * call request_done().
 */
enum answer { ANSWER_DONE, ANSWER_FAILED, ANSWER_LATER };

enum node_flags {
	/* The kernel may keep the name for long: it never becomes another. */
	NODE_LASTING = 1 << 0,
	/* Its content and size agree at any time: mmap and splice may read. */
	NODE_MAPPABLE = 1 << 1,
	/* No position and no end: see FACTS on FOPEN_STREAM. */
	NODE_STREAM = 1 << 2,
	/* A directory in which a name that is not there is a mistake to tell
	 * of even where nobody tries to make it. */
	NODE_TELLS_MISSING = 1 << 3,
};

/* What differs from node to node of one type. */
struct node_stat {
	uint64_t size;
	int64_t mtime_ns; /* 0: since the start */
	uid_t uid;        /* (uid_t)-1: the mount's */
	bool is_unsized;  /* only the content tells its size */
};

/* @content, borrowed, or NULL and @error. */
typedef void (*node_shown_fn)(GBytes *content, const GError *error, void *data);

struct node_type {
	const char *name; /* NULL where the directory's lookup names it */
	mode_t mode;      /* S_IFREG | 0666 …, limited by -o mode= */
	unsigned int flags;

	/* Directories: the fixed entries, ended by NULL, and the others. */
	const struct node_type *const *children;
	const struct node_type *(*lookup)(struct node *directory,
					  const char *name, GError **error);
	bool (*list)(struct node *directory, struct listing *listing,
		     GError **error);
	/* Make the file and return its type. */
	const struct node_type *(*create)(struct node *directory,
					  const char *name, uid_t uid,
					  GError **error);
	enum answer (*unlink)(struct node *directory, const char *name,
			      uid_t uid, struct request *request,
			      GError **error);
	/* Within @directory, over an existing @to as well. */
	enum answer (*rename)(struct node *directory, const char *from,
			      const char *to, uid_t uid,
			      struct request *request, GError **error);

	/* A directory of the engine's: which; owned, NULL: it is gone. */
	struct engine_file *(*bind)(struct node *node);

	/* Files: the whole content, for those that are read as a snapshot. */
	GBytes *(*show)(struct node *node, GError **error);
	/* The same for what may take its time, of types that have stat, too:
	 * @done is called later, or before it returns. */
	void (*show_later)(struct node *node, node_shown_fn done, void *data);
	/* Where size and time are known without showing. */
	bool (*stat)(struct node *node, struct node_stat *stat, GError **error);
	/* mtime set by the user (touch); others ignore it. */
	void (*touch)(struct node *node, int64_t mtime_ns);
	/* The open file's own state, in handle->data. */
	bool (*open)(struct handle *handle, GError **error);
	/* Answers with request_data() itself, parks, or fails. */
	enum answer (*read)(struct handle *handle, size_t size, off_t offset,
			    struct request *request, GError **error);
	enum answer (*write)(struct handle *handle, const char *bytes,
			     size_t n_bytes, off_t offset,
			     struct request *request, GError **error);
	/* close() or fsync. */
	enum answer (*flush)(struct handle *handle, bool is_fsync,
			     struct request *request, GError **error);
	/* @handle is NULL for truncate(2) by name. */
	enum answer (*truncate)(struct node *node, struct handle *handle,
				off_t size, uid_t uid, struct request *request,
				GError **error);
	/* poll's bits; NULL: always ready. */
	unsigned int (*ready)(struct handle *handle);
	void (*release)(struct handle *handle);
	/* The kernel forgot the node: free node->data. */
	void (*forget)(struct node *node);
};

struct node {
	const struct node_type *type; /* borrowed: a table's row */
	struct tree *tree;            /* borrowed */
	struct node *parent;          /* counted; NULL: the root */
	char *name;                   /* owned */
	void *data;                   /* the type's; see forget */
	GBytes *snapshot;             /* owned; content shown lately, or NULL */
	int64_t snapshot_us;
	uint64_t key;       /* in the table of nodes, of parent and name */
	uint64_t ino;       /* st_ino; a file of progs/ takes it along */
	uint64_t n_lookups; /* the kernel's */
	unsigned int n_refs;
	struct showing
		*showing; /* borrowed; a content in the making, or NULL */
	GQueue writers; /* struct handle *, open for writing, by their links */
	bool is_named;  /* its parent and name still lead to it */
};

struct node *node_new_root(struct tree *tree, const struct node_type *type);

/* The node @name in @parent, made when there is none of this type. A ref. */
struct node *node_get(struct node *parent, const char *name,
		      const struct node_type *type);
/* The one that exists, borrowed, or NULL. */
struct node *node_peek(struct node *parent, const char *name);
struct node *node_ref(struct node *node);
void node_unref(struct node *node);

/* The kernel's count of lookups, which holds one ref while it is not 0. */
void node_looked_up(struct node *node);
void node_forgotten(struct node *node, uint64_t n_lookups);

/* "progs/hello.c"; "" for the root. */
char *node_path(const struct node *node);
uint64_t node_ino(const struct node *parent, const char *name);

/* The name leads to no node any more, or to that of @from. */
void node_unname(struct node *parent, const char *name);
void node_rename(struct node *parent, const char *from, const char *to);

/*
 * What is @name in @directory? The row, and with it all that a LOOKUP needs.
 * NULL: ENOENT with a sentence, or without, where it is not worth one.
 */
const struct node_type *node_lookup(struct node *directory, const char *name,
				    GError **error);
/* Is it worth a sentence that @name is not there? */
bool node_tells_missing(const struct node *directory, const char *name);
bool node_list(struct node *directory, struct listing *listing, GError **error);

/*
 * The content of a node that has show. The same bytes for about a second, so
 * that the size which a GETATTR reports is the size that an OPEN delivers;
 * node_changed() drops them.
 */
GBytes *node_show(struct node *node, GError **error);
void node_changed(struct node *node);
/* Drop a snapshot that is too old; false when there is none left. */
bool node_expire(struct node *node, int64_t now_us);

/*
 * The content of a node that has show_later: the kept one, where there is one
 * that is not too old, or a new one, made once for all who ask until
 * node_changed(): who asks after that gets what was begun after it.
 */
void node_show_later(struct node *node, node_shown_fn done, void *data);
/* Must its content be made before node_stat() can tell its size? */
bool node_size_is_unknown(struct node *node);

/*
 * A look-up (@is_fresh) begins a command: nothing is shown for it, the size is
 * 0 where only the content tells, and what follows gets new content.
 */
bool node_stat(struct node *node, bool is_fresh, struct node_stat *stat,
	       GError **error);

/* --- the entries of a directory, taken when it is opened ---------------- */

struct listing_entry {
	const char *name; /* borrowed from the listing or a table */
	const struct node_type *type;
	uint64_t ino; /* 0: node_ino() */
};

struct listing *listing_new(void);
void listing_free(struct listing *listing);
/* @name is copied. */
void listing_add(struct listing *listing, const char *name,
		 const struct node_type *type);
/* The same for one that has a number of its own. */
void listing_add_file(struct listing *listing, const char *name,
		      const struct node_type *type, uint64_t ino);
/* All of @names (const char *, whose array is taken over) are of @type. */
void listing_take(struct listing *listing, GPtrArray *names,
		  const struct node_type *type);
size_t listing_length(const struct listing *listing);
const struct listing_entry *listing_get(const struct listing *listing,
					size_t index);

#endif
