/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commit.h - when does what was written to an open file take effect?
 *
 * A shell's `echo x > f` is OPEN, FLUSH (of dup2 and close), WRITE, FLUSH,
 * RELEASE; `: > f` is the same without the WRITE; every child that inherits
 * the descriptor flushes when it exits; `echo note >&2` in the middle of
 * `{ …; } > f` flushes, too, while the shell keeps a copy of the descriptor. So
 * a piece of writing ends when the process that opened the file closes its last
 * descriptor of it, and RELEASE is the last resort. Pure logic: knows no FUSE
 * and no engine.
 */
#ifndef PROBEFS_FS_COMMIT_H
#define PROBEFS_FS_COMMIT_H

#include <stdbool.h>

/* Of which process a FLUSH is, and what that process has left. */
enum closing {
	CLOSING_BY_ANOTHER, /* not by the process that opened it */
	CLOSING_A_COPY,     /* the opener has other descriptors of it */
	CLOSING_THE_LAST,   /* … has none left; or it calls fsync */
	CLOSING_UNKNOWN,    /* … may have others, which /proc does not tell */
};

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

/*
 * Is it to be carried out at this FLUSH? Where the opener's descriptors are not
 * known, data is; an empty replacement is at the second FLUSH, since a shell
 * first closes the descriptor that it has copied.
 */
static inline bool commit_at_flush(struct commit *commit, enum closing closing)
{
	switch (closing) {
	case CLOSING_BY_ANOTHER:
	case CLOSING_A_COPY:
		return false;
	case CLOSING_THE_LAST:
		return commit->is_due;
	case CLOSING_UNKNOWN:
		return commit->is_due &&
		       (commit->is_data || ++commit->n_empty_flushes >= 2);
	}
	return false;
}

#endif
