/* SPDX-License-Identifier: GPL-2.0-only */
/* compile_job.h - the directory that a compile happens in. */
#ifndef PROBEFS_BPF_COMPILE_JOB_H
#define PROBEFS_BPF_COMPILE_JOB_H

#include "compile.h"

struct compile_job;

/* Make and fill the directory; it belongs to the compiler's user. */
struct compile_job *compile_job_new(const struct engine_source *source,
				    const struct kind_world *world,
				    GError **error);
/* Removes it. Accepts NULL. */
void compile_job_free(struct compile_job *job);

const char *compile_job_directory(const struct compile_job *job);

/* Read what a compile that ended with @status left. */
void compile_job_result(const struct compile_job *job, int status,
			struct compile_result *result, GError **error);
void compile_result_clear(struct compile_result *result);

#endif
