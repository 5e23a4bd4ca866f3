/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clang.h - running clang on the job in the current directory. Knows its
 * flags and nothing of types or dialects.
 */
#ifndef PROBEFS_COMPILER_CLANG_H
#define PROBEFS_COMPILER_CLANG_H

#include <glib.h>
#include <stdbool.h>

struct clang_input {
	const char *source;      /* "hello.c" */
	const char *prelude;     /* included by force before it */
	const char *include_dir; /* probefs's headers */
	const char *stand_ins;   /* a directory of headers behind those */
	const GPtrArray *cflags; /* the user's; char * */
};

enum clang_output {
	CLANG_BITCODE,      /* unoptimised, with debug info */
	CLANG_PREPROCESSED, /* text */
};

/*
 * Write @output to the file @path. Returns true when clang ended well;
 * *messages (owned by the caller) is what it said in either case, NULL when
 * it could not be run or was killed, which is ENOMEM (out of memory), ETIME
 * (out of processor time) or EIO with a sentence; EINVAL: the source's fault.
 */
bool clang_run(const struct clang_input *input, enum clang_output output,
	       const char *path, char **messages, GError **error);

/*
 * The beginning of a command line: what is the same for every source. The
 * caller, who owns it, adds the files and the NULL.
 */
GPtrArray *clang_command(enum clang_output output, const char *include_dir);

/*
 * clang's @status, as wait gives it, to clang_run's result. Frees *messages
 * and sets it to NULL when clang did not end by itself.
 */
bool clang_check_status(int status, char **messages, GError **error);

#endif
