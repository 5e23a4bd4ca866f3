/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_run.h - one job from its directory's files to its object.
 */
#ifndef PROBEFS_COMPILER_JOB_RUN_H
#define PROBEFS_COMPILER_JOB_RUN_H

#include "job.h"

struct compiler;

/*
 * Do the job in @directory; what there is to say is in its diagnostics. Our
 * own faults go to the standard error. Changes the working directory.
 */
enum job_status job_run(struct compiler *compiler, const char *directory);

#endif
