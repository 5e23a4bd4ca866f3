/* SPDX-License-Identifier: GPL-2.0-only */
/* tracefs.h - the kernel's tracing files, through a mount of our own. */
#ifndef PROBEFS_BPF_TRACEFS_H
#define PROBEFS_BPF_TRACEFS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct tracefs;

/*
 * A detached mount, seen by nobody else and gone with the descriptor. EPERM
 * without the privileges, EOPNOTSUPP where the kernel has no tracefs.
 * All functions here may be called from any thread.
 */
struct tracefs *tracefs_new(GError **error);
void tracefs_free(struct tracefs *tracefs);

/* Its root directory. Borrowed. */
int tracefs_fd(const struct tracefs *tracefs);

bool tracefs_has(const struct tracefs *tracefs, const char *path);

/* The content of a file, or NULL. */
char *tracefs_read(const struct tracefs *tracefs, const char *path,
		   GError **error);

/* Append one command, as `echo text >> path` does. */
bool tracefs_append(const struct tracefs *tracefs, const char *path,
		    const char *text, GError **error);

/*
 * The same in a thread of its own, in the order of these calls, without
 * waiting; tracefs_free waits. Its failure is told to nobody.
 */
void tracefs_append_later(const struct tracefs *tracefs, const char *path,
			  const char *text);

/* The id of an event for perf_event_open. */
bool tracefs_event_id(const struct tracefs *tracefs, const char *group,
		      const char *event, uint64_t *id, GError **error);

#endif
