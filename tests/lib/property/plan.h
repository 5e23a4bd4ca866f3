// SPDX-License-Identifier: GPL-2.0-only
/*
 * plan.h - the random commands of a round: the same for the same seed. They
 * are run in the tree; $src has the sources that they write.
 */
#ifndef PROBEFS_TESTS_PROPERTY_PLAN_H
#define PROBEFS_TESTS_PROPERTY_PLAN_H

#include <glib.h>

struct step {
	unsigned int user;  /* whose commands come one after the other */
	unsigned int ms;    /* after which it gets the signal */
	const char *signal; /* a name, or "-" for none */
	const char *shell;  /* borrowed */
	char *command;      /* owned */
};

struct plan_options {
	unsigned int n_users;
	unsigned int percent_signalled;
};

/* The attach files that the commands use; NULL ends it. */
extern const char *const plan_points[];

/* The files of $src that compile, with FILE.functions beside; NULL ends it. */
extern const char *const plan_good_files[];

/* What is done before the users come, and by whom is all the same; or "". */
const char *plan_beginning(guint32 seed);

/* Of struct step. */
GPtrArray *plan_new(guint32 seed, const struct plan_options *options);

/* The number of the signal @name; 0: none. */
int plan_signal(const char *name);

#endif
