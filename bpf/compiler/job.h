/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job.h - what passes between the engine and the compiler program.
 *
 * A job is a directory that the engine makes, fills, gives to the compiler's
 * user and removes. The engine starts
 *
 *     probefs-compile --include-dir DIR JOB_DIRECTORY
 *
 * for one job, or `probefs-compile --include-dir DIR --serve`, which keeps
 * LLVM and the kernel's BTF loaded: it reads lines "JOB_DIRECTORY\n" from
 * its standard input, does each in a forked child, and writes
 * "JOB_DIRECTORY EXIT_STATUS\n" to its standard output when it is done. The
 * compiler is started as an unprivileged user in an empty environment, with
 * its resource limits already set by the engine; a server gives each child a
 * deadline of JOB_DEADLINE_S. It must need no file but the job's own, system
 * headers, the include directory and /sys/kernel/btf.
 *
 * In the directory, before:
 *   job                lines "KEY VALUE", see JOB_KEY_…
 *   NAME.c             the source
 *   *.h                headers that it may include, as "common.h"
 *   tracepoints/SUBSYSTEM/EVENT    tracefs's format file of each tracepoint
 *                      that a TRACEPOINT_PROBE(SUBSYSTEM, EVENT) names
 * After:
 *   NAME.o             the object, on success
 *   NAME JOB_TYPES_SUFFIX  those of the kernel's types that the object is
 *                      relocated against, as BTF; without the file, all
 *   diagnostics        clang's and our own messages, also warnings of a good
 *                      compile: "hello.c:3:5: error: …", the user's own file
 *                      names, no path of the job's directory
 *   NAME.i NAME.ll NAME.s          with "keep": preprocessed source, IR and
 *                      assembler after lowering
 *
 * The object: each entry function is in a section of its own. Its section is
 * what the user's SEC() says; "kprobe/NAME", "tracepoint/SUBSYSTEM/EVENT" …
 * for a BCC function that names its target; JOB_SECTION_PREFIX "FUNCTION" for
 * one that names none. A function whose code depends on what it is attached
 * to has a second entry, named FUNCTION JOB_VARIANT_SYSCALL (its arguments
 * come from the system call's inner pt_regs; for kprobes/sys_NAME) or
 * FUNCTION JOB_VARIANT_TRACING (arguments from an fentry context), in the
 * sections JOB_SECTION_PREFIX "FUNCTION__syscall" and so on. Such an entry
 * has no line of its own in the user's view. bpf/include/probefs/record.h
 * says what else is in it.
 */
#ifndef PROBEFS_COMPILER_JOB_H
#define PROBEFS_COMPILER_JOB_H

#define JOB_FILE             "job"
#define JOB_DIAGNOSTICS_FILE "diagnostics"
#define JOB_TRACEPOINTS_DIR  "tracepoints"
#define JOB_TYPES_SUFFIX     ".btf"

#define JOB_KEY_SOURCE       "source" /* "hello.c", once */
#define JOB_KEY_CFLAG        "cflag"  /* one argument, any number */
#define JOB_KEY_KEEP         "keep"   /* "1": leave .i, .ll, .s */
#define JOB_KEY_BTF          "btf"    /* default /sys/kernel/btf/vmlinux */

#define JOB_SECTION_PREFIX   "probefs/"
#define JOB_VARIANT_SYSCALL  "__syscall"
#define JOB_VARIANT_TRACING  "__tracing"

/*
 * A job ends after JOB_CPU_S of processor time, and after JOB_DEADLINE_S
 * whether it runs or waits. The first is what stops an endless source: it
 * means the same on a machine that is slow or busy, where a good compile may
 * well take ten times as long by the clock.
 */
#define JOB_CPU_S            15
#define JOB_DEADLINE_S       60

/* Exit statuses. Others, or a signal, are a fault of the compiler itself. */
enum job_status {
	JOB_OK = 0,
	JOB_SOURCE_ERROR = 1, /* the user's; diagnostics says what */
	JOB_LIMIT = 2,        /* out of memory, time or output */
	JOB_FAULT = 3,        /* our own: not installed well, a full disk */
};

#endif
