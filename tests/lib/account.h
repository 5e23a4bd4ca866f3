/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * account.h - what a reader of numbered events has seen and was told to have
 * lost, and whether the two add up.
 *
 * The events are those of numbered.c: "seq THREAD NUMBER" and, once a thread
 * has sent all, "end THREAD NUMBER". A thread's numbers count its events in
 * the kernel, from 1, without a gap.
 */
#ifndef PROBEFS_TESTS_ACCOUNT_H
#define PROBEFS_TESTS_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_MAX_THREADS 8

struct account {
	unsigned n_threads;
	const char *program; /* whose lines count; NULL: all are */
	uint64_t n_seen;
	uint64_t n_told;                    /* lost, as lost lines say */
	uint64_t n_gaps;                    /* numbers that did not come */
	uint64_t last[ACCOUNT_MAX_THREADS]; /* number */
	bool has_ended[ACCOUNT_MAX_THREADS];
	char line[1024]; /* not yet whole */
	size_t n_line;
	char wrong[1200]; /* what did not add up; "": nothing */
};

/*
 * @n_threads send; with one, each gap must be told just where it is. Where
 * others send too, @program is the name that lines of ours have in them.
 */
void account_init(struct account *account, unsigned n_threads,
		  const char *program);

/*
 * Take bytes read from any form of output. False: they cannot be right, as
 * account->wrong says.
 */
bool account_take(struct account *account, const char *bytes, size_t n_bytes);

/* All threads have ended, and seen and told make all that was sent. */
bool account_is_complete(const struct account *account);

#endif
