/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve.h - jobs in processes of their own, each with a deadline.
 */
#ifndef PROBEFS_COMPILER_SERVE_H
#define PROBEFS_COMPILER_SERVE_H

struct compiler;

/* One job: its status. */
int serve_one(struct compiler *compiler, const char *directory);

/* Jobs from the standard input until its end: 0, or 1 after a failure. */
int serve(struct compiler *compiler);

#endif
