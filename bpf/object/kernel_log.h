/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_log.h - what libbpf and the verifier say, as sentences.
 *
 * libbpf has one print callback for the process; here each thread keeps what
 * its own calls print.
 */
#ifndef PROBEFS_BPF_KERNEL_LOG_H
#define PROBEFS_BPF_KERNEL_LOG_H

#include <glib.h>
#include <stdbool.h>

/* Once, before the first call of libbpf. */
void kernel_log_init(void);

/* Keep what libbpf prints in this thread from here on… */
void kernel_log_begin(void);
/* …and get it: warnings, a line each, without libbpf's prefixes. */
char *kernel_log_end(void);

/*
 * The line in which a verifier log says why it refused, a copy, or NULL when
 * it holds none.
 */
char *kernel_log_reason(const char *log);

/* What would be right where the verifier gives @reason; NULL: unknown. */
const char *kernel_log_hint(const char *reason);

/* The number of the last instruction that @log mentions, or -1. */
long kernel_log_instruction(const char *log);

/* The last @n_lines lines of @log. Borrowed from it. */
const char *kernel_log_tail(const char *log, unsigned n_lines);

/*
 * The helper that @log says this program may not call, or -1: too new for
 * the kernel, or not for this type of program.
 */
int kernel_log_refused_helper(const char *log);

/* May programs read kernel memory (not with lockdown=confidentiality)? */
bool kernel_lets_read_memory(void);

/* May programs be put on @function by fentry? Takes 10 ms. */
bool kernel_has_fentry(const char *function);

#endif
