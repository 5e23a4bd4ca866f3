/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line_writer.h - files that are written by lines: `echo line > file`, >>,
 * `!line`, `: > file`. When a write is whole and when it replaces what was
 * there is the same for all of them; what lines mean is its user's.
 */
#ifndef PROBEFS_FS_LINE_WRITER_H
#define PROBEFS_FS_LINE_WRITER_H

#include "handle.h"

#include "bpf/engine.h"

/* What the lines are for. An object of the user's is one open for writing. */
struct line_operations {
	/* NULL: @error says why it cannot be written. */
	void *(*begin)(struct node *node, uid_t uid, bool replaces,
		       GError **error);
	/* @done is called later; one write or commit at a time. */
	void (*write)(void *object, const char *text, size_t n_bytes,
		      engine_done_fn done, void *data);
	void (*commit)(void *object, engine_done_fn done, void *data);
	void (*end)(void *object);
};

/* For the operations of a node type. */
bool line_writer_open(struct handle *handle,
		      const struct line_operations *operations, GError **error);
enum answer line_writer_write(struct handle *handle, const char *bytes,
			      size_t n_bytes, off_t offset,
			      struct request *request, GError **error);
enum answer line_writer_flush(struct handle *handle, bool is_fsync,
			      struct request *request, GError **error);
/* truncate(2) by name or by descriptor: only to 0. */
enum answer line_writer_truncate(struct node *node,
				 const struct line_operations *operations,
				 off_t size, uid_t uid, struct request *request,
				 GError **error);
void line_writer_release(struct handle *handle);

#endif
