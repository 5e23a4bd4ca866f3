/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile.h - the compiler program: started, fed, watched and ended.
 * Used in the loop alone; see compiler/job.h for what passes between.
 */
#ifndef PROBEFS_BPF_COMPILE_H
#define PROBEFS_BPF_COMPILE_H

#include "bpf/engine.h"

struct compiler;
struct kind_world;

/*
 * @world: where tracepoints are looked up; borrowed. @slack_ns: the timer slack
 * of the compiler and of all that it starts, by which programs know them.
 */
struct compiler *compiler_new(const char *path, const char *include_dir,
			      const struct kind_world *world,
			      uint32_t slack_ns);

/* Ends the compiler; what is under way fails with ECANCELED. */
void compiler_free(struct compiler *compiler);

struct compile_result {
	GBytes *object;    /* NULL on failure */
	GBytes *types;     /* what it is relocated against; may be NULL */
	char *diagnostics; /* "" when there are none */
};

/* @result and @error are borrowed for the call. */
typedef void (*compile_done_fn)(const struct compile_result *result,
				const GError *error, void *data);

/*
 * Begin to compile @source; @done comes later, from the loop. After false it
 * does not come.
 */
bool compiler_run(struct compiler *compiler, const struct engine_source *source,
		  compile_done_fn done, void *data, GError **error);

/* Resident memory of the compiler process, 0 when none runs. */
uint64_t compiler_memory_bytes(const struct compiler *compiler);

#endif
