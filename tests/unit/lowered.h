/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lowered.h - a source on its way through clang and the lowering pass, and
 * what can be asked of the object. Sources are compiled with lower/types.h, as
 * the compiler's front does it with the kernel's types.
 */
#ifndef PROBEFS_TESTS_LOWERED_H
#define PROBEFS_TESTS_LOWERED_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <stdbool.h>

/* The name that sources have in messages. */
#define LOWERED_SOURCE "test.c"

struct lowered {
	GBytes *object;         /* owned; NULL: it failed */
	GPtrArray *messages;    /* owned */
	GError *error;          /* owned */
	struct bpf_object *bpf; /* owned */
};

/* Lower @source; lowered_clear ends it. */
struct lowered lowered_from(const char *source, bool bcc_dialect);
/* The same where that must succeed; .bpf is open. */
struct lowered lowered_good(const char *source, bool bcc_dialect);
void lowered_clear(struct lowered *lowered);

struct bpf_program *lowered_program(struct lowered *lowered, const char *name);
void lowered_assert_section(struct lowered *lowered, const char *name,
			    const char *section);
/* How often the program @name calls @helper. */
unsigned int lowered_n_calls(struct lowered *lowered, const char *name,
			     int helper);
bool lowered_has_map(struct lowered *lowered, const char *name);
/* The content of an ELF section; NULL: there is none. */
GBytes *lowered_section(struct lowered *lowered, const char *name);
/* How many CO-RE relocations of @kind for the accesses @spec @name has. */
unsigned int lowered_n_relocations(struct lowered *lowered, const char *name,
				   const char *type_name, const char *spec,
				   enum bpf_core_relo_kind kind);

/* @source is refused with EINVAL and a message with @text at @line. */
void lowered_assert_fails(const char *source, bool bcc_dialect,
			  unsigned int line, const char *text);

/* Ends a test that needs to load BPF programs where that is not allowed. */
void lowered_need_loading(void);

/* Each test runs in a process of its own, see lower_bitcode. */
struct lowered_test {
	const char *path;
	void (*run)(void);
};
int lowered_run(int argc, char **argv, const struct lowered_test *tests,
		size_t n_tests);

#endif
