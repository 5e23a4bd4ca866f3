// SPDX-License-Identifier: GPL-2.0-only
/* held.h - the BPF objects and descriptors that a process holds. */
#ifndef PROBEFS_TESTS_PROPERTY_HELD_H
#define PROBEFS_TESTS_PROPERTY_HELD_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* A set of strings, as "link_id 12": other processes' objects are not in it. */
GHashTable *held_objects(pid_t pid);

/* How many of the set are of the kind "prog_id", "link_id" or "map_id". */
guint held_count(GHashTable *objects, const char *kind);

/* Has the kernel the object still, whoever holds it? */
bool held_by_kernel(const char *object);

guint held_descriptors(pid_t pid);

/* What they are, a line each; free it. */
char *held_descriptors_text(pid_t pid);

#endif
