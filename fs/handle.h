/* SPDX-License-Identifier: GPL-2.0-only */
/* handle.h - an open file. Knows no FUSE but the names of its structures. */
#ifndef PROBEFS_FS_HANDLE_H
#define PROBEFS_FS_HANDLE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "commit.h"
#include "node.h"

struct fuse_pollhandle;

struct handle {
	struct node *node;            /* counted */
	void *data;                   /* owned by the node's type */
	GBytes *snapshot;             /* owned; of a node with show */
	struct fuse_pollhandle *poll; /* owned; who waits in poll, or NULL */
	GQueue parked;                /* READs that wait: struct request * */
	GList link;                   /* in node->writers */
	uint64_t ino;                 /* the node's, as the opener knows it */
	int flags;                    /* of open(2) */
	pid_t pid;                    /* who opened it; 0 unknown */
	uid_t uid;
};

/*
 * Open @node, with the @content that it shows later (referenced), or NULL.
 * @tid is the caller's thread as FUSE reports it, 0 outside our
 * pid namespace. EACCES for what the node's mode does not allow at all, which
 * the kernel does not check for root.
 */
struct handle *handle_new(struct node *node, GBytes *content, int flags,
			  pid_t tid, uid_t uid, GError **error);
void handle_free(struct handle *handle);

bool handle_is_writable(const struct handle *handle);
/*
 * Is what @commit says is due to be carried out at this FLUSH of thread @tid, or
 * fsync? See commit.h.
 */
bool handle_commits(const struct handle *handle, struct commit *commit,
		    bool is_fsync, pid_t tid);

/* The bytes at @offset of @content, for a read of @size. */
const void *bytes_slice(GBytes *content, size_t size, off_t offset,
			size_t *n_bytes);

#endif
