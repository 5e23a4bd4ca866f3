/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h - the kernel's function names and addresses.
 *
 * Read once in a thread of its own, since the kernel takes 50 ms and more to
 * print them; the first question waits for it.
 */
#ifndef PROBEFS_BPF_SYMBOLS_H
#define PROBEFS_BPF_SYMBOLS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct symbols;

/*
 * Start reading /proc/kallsyms and, through @tracefs_fd (duplicated; -1:
 * none), available_filter_functions. Where the latter cannot be read, all
 * functions of kallsyms count as traceable.
 */
struct symbols *symbols_new(int tracefs_fd);

/* From saved text; @filter_functions may be NULL. For tests. */
struct symbols *symbols_new_from_text(const char *kallsyms,
				      const char *filter_functions);

void symbols_free(struct symbols *symbols);

/*
 * The name of the function that @address is in and the distance from its
 * start, or NULL. Borrowed, valid as long as @symbols.
 */
const char *symbols_name(struct symbols *symbols, uint64_t address,
			 uint64_t *offset);

/* The address of a function, also of one that cannot be traced; 0: none. */
uint64_t symbols_address(struct symbols *symbols, const char *name);

/* Does the kernel list @name among what can be traced? */
bool symbols_is_traceable(struct symbols *symbols, const char *name);

/* All that can be traced, sorted; borrowed, not to be changed. */
const GPtrArray *symbols_traceable(struct symbols *symbols);

/* The traceable names that match a shell pattern; borrowed names. */
GPtrArray *symbols_match(struct symbols *symbols, const char *pattern);

/*
 * What this architecture calls system call @name ("clone" to
 * "__x64_sys_clone"); NULL: there is none. Borrowed.
 */
const char *symbols_syscall(struct symbols *symbols, const char *name);

/* The names of all system calls, "sys_clone" …, sorted. Borrowed. */
const GPtrArray *symbols_syscalls(struct symbols *symbols);

#endif
