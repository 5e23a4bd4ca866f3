/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_state.h - what operations and requests share of the mount: its open
 * files, and the requests that wait. Knows libfuse and the tree.
 */
#ifndef PROBEFS_FS_SESSION_STATE_H
#define PROBEFS_FS_SESSION_STATE_H

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>
#include <glib.h>

#include "session_config.h"

struct node;
struct request;
struct tree;

/* The largest READ and WRITE: in the mount's options and in INIT's answer. */
#define SESSION_MAX_BYTES (1u << 20)

struct session {
	struct session_config config;
	struct tree *tree;         /* borrowed */
	struct fuse_session *fuse; /* owned */
	struct fuse_buf buffer;    /* buffer.mem is owned, by malloc */
	char *answer_buffer;       /* owned; SESSION_MAX_BYTES */
	GQueue waiting;            /* struct request *, by their own links */
	GHashTable *handles;       /* struct handle *, borrowed */
	GHashTable *directories;   /* struct open_directory *, borrowed */
	GQueue interrupted;        /* struct request *, borrowed */
	guint source;
	char *device; /* owned; of the mount, in mountinfo */
	int mounts;   /* owned: mountinfo, or -1 */
	guint mounts_source;
	bool is_unmounted;
	guint timer; /* for the kernel's limit on requests, or 0 */
	int64_t max_age_us;
};

/* The node that the kernel knows by @ino. */
struct node *session_node(struct fuse_req *req, unsigned long ino);

struct tree *session_tree(const struct session *session);
/* Room for one READ's answer, SESSION_MAX_BYTES. */
char *session_buffer(struct session *session);
void session_answered(struct session *session);

/* Open files and directories, so that none is left at the end. */
struct handle;
void session_add_handle(struct session *session, struct handle *handle);
void session_remove_handle(struct session *session, struct handle *handle);
struct open_directory;
void session_add_directory(struct session *session,
			   struct open_directory *directory);
void session_remove_directory(struct session *session,
			      struct open_directory *directory);

/* A request that is answered later, in its order of arrival. */
void session_add_waiting(struct session *session, GList *link);
void session_remove_waiting(struct session *session, GList *link);
/* May be called under libfuse's locks. */
void session_queue_interrupt(struct session *session, struct request *request);

#endif
