/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kinds.h - what a kind of probe is: one file, one row.
 *
 * kinds.c has the table; everything else in the engine and the file system
 * goes through it. A new kind is a new kind_NAME.c with its struct kind, its
 * entry in the table and its line in meson.build.
 */
#ifndef PROBEFS_BPF_KINDS_H
#define PROBEFS_BPF_KINDS_H

#include "bpf/engine.h"

#include <bpf/libbpf.h>

struct events;
struct link;
struct symbols;
struct tracefs;
struct user_elves;

/* What the kinds look names up in. Pointers are borrowed where no more is said. */
struct kind_world {
	struct tracefs *tracefs;
	struct symbols *symbols;
	struct events *events;
	struct user_elves *elves;
	GThread *fentry; /* owned: finds out has_fentry; NULL: it is known */
	bool has_fentry;
};

/* The options of an attach line. */
struct attach_options {
	unsigned max_active; /* kretprobes; 0: not given */
	pid_t pid;           /* uprobes, usdt, perf_events; 0: all processes */
};

/*
 * All that the worker needs to attach at one target. It is made in the loop
 * and changes no more; strings are its own.
 */
struct link_plan {
	const struct kind *kind;
	const struct tracefs *tracefs; /* borrowed */
	char *target;                  /* as in the tree */
	GPtrArray *symbols;            /* what it stands for, owned strings */
	uint64_t offset;               /* from the symbol, bytes */
	bool is_syscall;               /* of kprobes/sys_NAME */
	struct attach_options options;
	uint64_t cookie;
	void *data; /* the kind's own */
	void (*data_free)(void *data);
};

/* "pid=1234": its name, and how its value is taken (EINVAL). */
struct kind_option {
	const char *name;
	bool (*parse)(struct attach_options *options, const char *value,
		      GError **error);
};

/* A SEC() prefix whose functions belong to a kind. The first is the default. */
struct kind_section {
	const char *prefix; /* "kprobe" of "kprobe/vfs_read" */
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	const char *target_prefix; /* put before what follows; may be NULL */
};

struct kind {
	struct engine_kind shown;

	/* Ended by one whose prefix is NULL. */
	const struct kind_section *sections;

	/* The target that a section names, from what follows its '/', or NULL
	 * where that is no target. Owned by the caller. NULL: all of it. */
	char *(*section_target)(const char *rest);

	/* Which entry of a function without a section it takes, as job.h's
	 * JOB_VARIANT_…; NULL: the plain one. */
	const char *variant;

	/* engine_target_find and engine_target_list. */
	enum engine_target_type (*find)(const struct kind_world *world,
					const char *path, GError **error);
	GPtrArray *(*list)(const struct kind_world *world, const char *path,
			   bool *are_directories, GError **error);

	/* What its lines may have behind the function. NULL: nothing. */
	const struct kind_option *option;

	/* Fill in the plan for plan->target. In the loop. NULL: nothing to. */
	bool (*plan)(const struct kind_world *world, struct link_plan *plan,
		     GError **error);

	/* Attach @program_fd. In the worker. */
	struct link *(*attach)(const struct link_plan *plan, int program_fd,
			       GError **error);

	/* Why this kernel cannot do it; owned by the caller; NULL: it can. */
	char *(*unavailable)(struct kind_world *world);
};

const struct kind *kind_find(const char *directory);
const struct kind *const *kinds_all(void); /* ended by NULL */

/*
 * The kind and the target that SEC(@section) names, or NULL when it names no
 * kind that this build has. *@target: owned, NULL when the section has only
 * the kind, as SEC("kprobe") does.
 */
const struct kind *kind_of_section(const char *section,
				   const struct kind_section **row,
				   char **target);

/* EOPNOTSUPP where this kernel lacks what @kind needs. */
struct link_plan *link_plan_new(struct kind_world *world,
				const struct kind *kind, const char *target,
				const struct attach_options *options,
				GError **error);
void link_plan_free(struct link_plan *plan);

/*
 * A thread begins to find out whether the kernel has fentry; who asks waits for
 * its end. kind_fentry_wait is for the end of @world, where nobody has asked.
 */
void kind_fentry_find_out(struct kind_world *world);
void kind_fentry_wait(struct kind_world *world);

/* "pid=N": one process alone. */
extern const struct kind_option pid_option;

extern const struct kind kind_kprobe;
extern const struct kind kind_kretprobe;
extern const struct kind kind_tracepoint;
extern const struct kind kind_raw_tracepoint;
extern const struct kind kind_fentry;
extern const struct kind kind_fexit;
extern const struct kind kind_uprobe;
extern const struct kind kind_uretprobe;
extern const struct kind kind_usdt;
extern const struct kind kind_perf_event;

#endif
