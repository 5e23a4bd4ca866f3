/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * errors.h - the last failures, as the file /errors shows them.
 *
 * Knows neither FUSE nor the engine.
 */
#ifndef PROBEFS_FS_ERRORS_H
#define PROBEFS_FS_ERRORS_H

#include <glib.h>
#include <sys/types.h>

struct errors;

/* Keeps the last @capacity failures. */
struct errors *errors_new(unsigned int capacity);
void errors_free(struct errors *errors);

/*
 * Append "TIME PATH uid UID: SENTENCE". @path is relative to the mount; of
 * @sentence only the first line is kept (what follows it stands in the
 * program's own errors file). Control bytes of both become \xNN.
 */
void errors_add(struct errors *errors, const char *path, uid_t uid,
		const char *sentence);

/* All lines, oldest first. */
GBytes *errors_show(const struct errors *errors);

/* How many failures there were since the start, kept or not. */
unsigned long errors_count(const struct errors *errors);

#endif
