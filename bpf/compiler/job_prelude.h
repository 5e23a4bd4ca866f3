/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_prelude.h - the header that clang includes before the user's source:
 * the kernel's types that it needs, tracepoints' structs, our runtime.
 */
#ifndef PROBEFS_COMPILER_JOB_PRELUDE_H
#define PROBEFS_COMPILER_JOB_PRELUDE_H

#include <glib.h>
#include <stdbool.h>

struct compiler;
struct job;
struct source_names;

#define PRELUDE_FILE ".probefs-prelude.h"

/*
 * Take the names of the source, of the headers of the current directory that
 * it includes, and of the tracepoints that it names. EINVAL, EFBIG.
 */
bool prelude_scan(struct source_names *names, const char *source,
		  GError **error);

/*
 * Make a header in STAND_INS, like those of ours, for each header of the
 * kernel's that the source includes and @include_dir has not: its types come
 * from BTF, and a macro that is missed gets a message of its own.
 */
#define STAND_INS ".probefs-kernel"
bool prelude_stand_in(const struct source_names *names, const char *include_dir,
		      GError **error);

/* The prelude's text, or NULL. EINVAL: a tracepoint that is not there. */
char *prelude_text(struct compiler *compiler, const struct job *job,
		   bool is_bcc, GError **error);

/* Is the source all that there is: no flags, no headers of the job's own? */
bool prelude_is_all(const struct source_names *names, const struct job *job);

#endif
