/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * held.h - functions that are loaded to be there, and attached by nobody
 * here: those of a type that this tree has no kind for (XDP, TC …), and those
 * in a program array, which others call.
 */
#ifndef PROBEFS_BPF_HELD_H
#define PROBEFS_BPF_HELD_H

#include <glib.h>
#include <stdbool.h>

struct version;

/*
 * Load them; they stay loaded as long as @version. A sentence about each of
 * the first sort is added to @notes. Runs in the worker, once, right after
 * version_new. Fails as version_load does.
 */
bool held_load(struct version *version, GString *notes, GError **error);

#endif
