/* SPDX-License-Identifier: GPL-2.0-only */
/* points.h - what is attached, by place. Used in the loop alone. */
#ifndef PROBEFS_BPF_POINTS_H
#define PROBEFS_BPF_POINTS_H

#include "bpf/probes/attachment.h"

struct point {
	const struct kind *kind;
	char *target;
	GPtrArray *attachments; /* owned, in the order of the lines */
	int64_t changed_ns;     /* real time */
};

struct points;

struct points *points_new(void);
/* Nothing may be attached any more. */
void points_free(struct points *points);

/* NULL: nothing was ever attached there. */
struct point *points_find(struct points *points, const struct kind *kind,
			  const char *target);

/* List it at its place (taken over), before the one at @index (-1: last). */
void points_add(struct points *points, struct attachment *attachment,
		int index);

/* Take it off the list and give it back. */
struct attachment *points_remove(struct points *points,
				 struct attachment *attachment);

/*
 * Borrowed attachments, in the order of kinds and targets; of one program, or
 * of all (NULL); none of a program that was removed.
 */
GPtrArray *points_list(struct points *points, const char *program);
/* How many they are. */
guint points_count(struct points *points, const char *program);
/* The same of all programs, at targets in the directory @target ("": all). */
GPtrArray *points_list_below(struct points *points, const struct kind *kind,
			     const char *target);

/* Of one version of a program, or all, removed or not, in no order. */
GPtrArray *points_list_version(struct points *points, const char *program,
			       const struct version *version);
GPtrArray *points_list_all(struct points *points);

/* Use what is loaded already for the same function and type of program. */
void points_share(struct points *points, struct attachment *attachment);

/* Its program was not removed. */
static inline bool attachment_is_seen(const struct attachment *attachment)
{
	return !version_is_retired(attachment->version);
}

struct attachment *point_find_line(const struct point *point, const char *line);

/* A new cookie for an attachment at this place, and the place of one, kept
 * for a while after it is gone: its last events are still to be shown. */
uint64_t points_new_cookie(struct points *points, const struct kind *kind,
			   const char *target);
const char *points_describe(uint64_t cookie, void *points);

#endif
