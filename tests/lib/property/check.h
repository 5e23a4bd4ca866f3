// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.h - what must hold of a tree, which is the working directory, and of
 * its daemon, whatever commands have done. Each of the functions returns a
 * line for each thing that does not hold, NULL when all does; free it.
 */
#ifndef PROBEFS_TESTS_PROPERTY_CHECK_H
#define PROBEFS_TESTS_PROPERTY_CHECK_H

#include <sys/types.h>

struct check;

/* Of a daemon without programs. @sources: the directory of the good files. */
struct check *check_new(pid_t daemon, const char *sources);
void check_free(struct check *check);

/* How many programs and attachments there were when all was sound. */
void check_totals(const struct check *check, unsigned int *n_programs,
		  unsigned int *n_attached);

/* Now that nobody changes anything. */
char *check_sound(struct check *check);

/* After all files of progs/ were removed: at once; and what comes later. */
char *check_removed(struct check *check);
char *check_nothing_held(struct check *check);

#endif
