/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the mount: FUSE's descriptor as a source of the main loop.
 *
 * Knows libfuse and the tree, never the engine.
 */
#ifndef PROBEFS_FS_SESSION_H
#define PROBEFS_FS_SESSION_H

#include <glib.h>
#include <stdbool.h>

struct request;
struct session;
struct tree;

/* The largest READ and WRITE: in the mount's options and in INIT's answer. */
#define SESSION_MAX_BYTES (1u << 20)

struct session_config {
	const char *mountpoint;
	const char *source;      /* what df shows; NULL: probefs */
	const char *mount_flags; /* "nosuid,noexec" …, NULL: none */
	bool allow_other;
	bool is_debug;                /* print every request */
	void (*answered)(void *data); /* the mount works */
	void (*ended)(void *data);    /* somebody unmounted it */
	void *data;
};

/* Mount @tree. */
struct session *session_new(struct tree *tree,
			    const struct session_config *config,
			    GError **error);

/* Answer all that waits; nothing blocks on the mount's readers after it. */
void session_quiesce(struct session *session);
/* Unmount. Accepts NULL. */
void session_free(struct session *session);

/* --- for ops.c and request.c --------------------------------------------- */

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
