/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commit.h - when does what was written to an open file take effect?
 *
 * A shell's `echo x > f` is OPEN, FLUSH (of dup2 and close), WRITE, FLUSH,
 * RELEASE; `: > f` is the same without the WRITE; every child that inherits
 * the descriptor flushes when it exits. So only the process that opened the
 * file ends a piece of writing, an empty replacement is meant when that
 * process closes a second descriptor and has still written nothing, and
 * RELEASE is the last resort. Pure logic: knows no FUSE and no engine.
 */
#ifndef PROBEFS_FS_COMMIT_H
#define PROBEFS_FS_COMMIT_H

#include <stdbool.h>

struct commit {
	bool is_due;  /* something is not yet carried out */
	bool is_data; /* … and it is more than a truncation */
	unsigned int n_empty_flushes;
};

/* Opened (or truncated): @truncates with O_TRUNC. */
static inline void commit_opened(struct commit *commit, bool truncates)
{
	*commit = (struct commit){.is_due = truncates};
}

static inline void commit_written(struct commit *commit)
{
	commit->is_due = true;
	commit->is_data = true;
}

static inline void commit_carried_out(struct commit *commit)
{
	commit->is_due = false;
	commit->is_data = false;
}

/* Is it to be carried out at this FLUSH? */
static inline bool commit_at_flush(struct commit *commit, bool by_opener)
{
	if (!by_opener || !commit->is_due)
		return false;
	return commit->is_data || ++commit->n_empty_flushes >= 2;
}

#endif
