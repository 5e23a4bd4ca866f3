/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower.h - from clang's unoptimised bitcode to a BPF object.
 */
#ifndef PROBEFS_COMPILER_LOWER_H
#define PROBEFS_COMPILER_LOWER_H

#include <glib.h>
#include <stdbool.h>

struct lower_options {
	const char *source_name; /* "hello.c", as in the debug information */
	bool bcc_dialect;
	const char *ir_path;  /* write the optimised IR there; NULL: do not */
	const char *asm_path; /* the same for assembler */
};

struct lower_message {
	char *file;                /* owned; NULL unknown */
	unsigned int line, column; /* 0 unknown */
	bool is_error;
	char *text; /* owned */
};

void lower_message_free(struct lower_message *message);

/*
 * Lower the module in @bitcode, made by clang -target bpf -g -O2 with
 * -disable-llvm-passes and probefs/runtime.h included. Returns an ELF object,
 * or NULL with @error: EINVAL when the source is at fault (then @messages, an
 * array of struct lower_message, has at least one error), EBADMSG when the
 * bitcode is none. Warnings are appended to @messages in any case.
 *
 * Once a process: LLVM 19's BPF back end keeps, in a static table, pointers to
 * the variables that it made for the relocations of the module before.
 */
GBytes *lower_bitcode(const void *bitcode, size_t n_bytes,
		      const struct lower_options *options, GPtrArray *messages,
		      GError **error);

/*
 * Send a small program of our own through passes and code generator, so that
 * their pages are mapped and their symbols bound when a real one comes: a
 * fifth of its time. For a process that has nothing else to do.
 */
void lower_rehearse(void);

#endif
