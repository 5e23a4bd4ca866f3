/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the mount: FUSE's descriptor as a source of the main loop.
 *
 * Knows libfuse and the tree, never the engine.
 */
#ifndef PROBEFS_FS_SESSION_H
#define PROBEFS_FS_SESSION_H

#include <glib.h>

#include "session_config.h"

struct session;
struct tree;

/* Mount @tree. */
struct session *session_new(struct tree *tree,
			    const struct session_config *config,
			    GError **error);

/* Answer all that waits; nothing blocks on the mount's readers after it. */
void session_quiesce(struct session *session);
/* Unmount. Accepts NULL. */
void session_free(struct session *session);

#endif
