/* SPDX-License-Identifier: GPL-2.0-only */
/* suggest.h - the name that somebody meant who typed another. */
#ifndef PROBEFS_BPF_SUGGEST_H
#define PROBEFS_BPF_SUGGEST_H

#include <glib.h>

/*
 * The one of @names (const char *) nearest to @wanted by edit distance, or
 * NULL when none is near enough to be meant: at most a third of its letters
 * may differ, and at most 4. 60,000 names take about a millisecond.
 */
const char *suggest_nearest(const char *wanted, const GPtrArray *names);

/* "; did you mean NAME?" or "". */
char *suggest_phrase(const char *wanted, const GPtrArray *names);

#endif
