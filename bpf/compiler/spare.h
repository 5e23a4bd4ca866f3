/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spare.h - a clang that has been started before there is a source, and has
 * read the headers that are always the same. Half of clang's time is its
 * start.
 */
#ifndef PROBEFS_COMPILER_SPARE_H
#define PROBEFS_COMPILER_SPARE_H

#include <glib.h>
#include <stdbool.h>

struct spare;

/* The file that it was started on, as clang's messages have it. */
#define SPARE_FILE "probefs/spare.h"

/* NULL when it cannot be started, which is no failure of anything. */
struct spare *spare_new(const char *include_dir);

/* Does it still wait? */
bool spare_is_alive(struct spare *spare);

/*
 * Compile @text, once: a source in the BCC dialect or one that includes
 * <bpf/bpf_helpers.h>, without flags and headers of its own. Line markers in
 * it say where it is from. Results as clang_run's, *bitcode (owned by the
 * caller) is set on success. Does not wait until clang, which has nothing
 * more to say, has given back its memory.
 */
bool spare_run(struct spare *spare, const char *text, size_t n_bytes,
	       GBytes **bitcode, char **messages, GError **error);

/* Ends the process. Accepts NULL. */
void spare_free(struct spare *spare);

/*
 * The length of the module that @bytes begins with, when it is there as a
 * whole; 0 when more is to come. See LLVM's BitCodeFormat: blocks, each with
 * its length, of which the table of strings is the last.
 */
size_t bitcode_length(const void *bytes, size_t n_bytes);

#endif
