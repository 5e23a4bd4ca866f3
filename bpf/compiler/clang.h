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
 * A clang that has been started before there is a source and waits for it on
 * its standard input: half of clang's time is its start. For sources without
 * flags and headers of their own.
 */
struct clang_spare;

/* NULL when it cannot be started, which is no failure of anything. */
struct clang_spare *clang_spare_new(const char *include_dir);

/* Does it still wait? */
bool clang_spare_is_alive(struct clang_spare *spare);

/*
 * Compile @text, once. Results as clang_run's, *bitcode (owned by the
 * caller) is set on success. @text says by line markers where it is from.
 */
bool clang_spare_run(struct clang_spare *spare, const char *text,
		     size_t n_bytes, GBytes **bitcode, char **messages,
		     GError **error);

/* Ends the process. Accepts NULL. */
void clang_spare_free(struct clang_spare *spare);

#endif
