// SPDX-License-Identifier: GPL-2.0-only
/* users.h - runs the commands of a plan. */
#ifndef PROBEFS_TESTS_PROPERTY_USERS_H
#define PROBEFS_TESTS_PROPERTY_USERS_H

#include <glib.h>
#include <stdbool.h>

/*
 * All users at once, each one's commands one after the other. What they print
 * goes to @directory/log.N. False: a command did not end in @limit_s seconds.
 */
bool users_run(const GPtrArray *plan, const char *directory,
	       unsigned int limit_s);

#endif
