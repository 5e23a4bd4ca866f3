/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_files.h - the files of a job's directory, see job.h.
 */
#ifndef PROBEFS_COMPILER_JOB_FILES_H
#define PROBEFS_COMPILER_JOB_FILES_H

#include <glib.h>
#include <stdbool.h>

/* What a job asks for. */
struct job {
	char *source;      /* owned: "hello.c", checked to be a plain name */
	char *name;        /* owned: "hello" */
	GPtrArray *cflags; /* owned; char *, each checked to be harmless */
	char *btf;         /* owned: path of the kernel's BTF */
	bool keep;
};

/* Read the file "job" of the current directory. EINVAL. */
struct job *job_read(GError **error);
void job_free(struct job *job);

/*
 * May @flag be given to clang? -D, -U, -I, -W, -O and -f are; what loads
 * code into the compiler or names files of the machine is not. EINVAL.
 */
bool job_flag_check(const char *flag, GError **error);

/* Write a file anew. What is left of a failure is removed. */
bool job_write(const char *path, const void *data, size_t n_bytes,
	       GError **error);

/* The path of the job's file @name with @suffix for ".c": "hello" ".o". */
char *job_output_path(const struct job *job, const char *suffix);

#endif
