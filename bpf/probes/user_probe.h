/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_probe.h - what the kinds that probe user programs have in common:
 * targets that begin with the path of a file, and perf events on its
 * instructions.
 */
#ifndef PROBEFS_BPF_USER_PROBE_H
#define PROBEFS_BPF_USER_PROBE_H

#include "kinds.h"
#include "user_elf.h"

/* An instruction to probe. */
struct user_place {
	uint64_t offset;  /* in the file */
	uint64_t counter; /* of users, to be raised; in the file; 0: none */
	uint64_t cookie;
};

/*
 * What a kind finds in a file: @rest is what follows its path in the target,
 * @elf is borrowed.
 */
typedef enum engine_target_type (*user_type_fn)(const struct user_elf *elf,
						const char *rest,
						GError **error);
typedef GPtrArray *(*user_names_fn)(const struct user_elf *elf,
				    const char *rest, bool *are_directories);
typedef void *(*user_plan_fn)(const struct user_elf *elf, const char *rest,
			      GError **error);

/* A kind's find, list and plan, in the file or directory that a path names. */
enum engine_target_type user_target_find(const struct kind_world *world,
					 const char *path, user_type_fn type,
					 GError **error);
GPtrArray *user_target_list(const struct kind_world *world, const char *path,
			    user_names_fn names, bool *are_directories,
			    GError **error);
bool user_target_plan(const struct kind_world *world, struct link_plan *plan,
		      user_plan_fn make, void (*data_free)(void *data),
		      GError **error);

/* Put @program_fd on all of @places (struct user_place), in the worker. */
struct link *user_probe_attach(const struct link_plan *plan,
			       const GArray *places, bool is_return,
			       int program_fd, GError **error);

/* A kind's unavailable. */
char *user_probe_unavailable(struct kind_world *world);

/* Is there a '*' or '?' in it? */
bool is_user_pattern(const char *name);

/* A link_plan's data_free, of a GArray. */
void user_places_free(void *places);

/*
 * A section_target: "/bin/bash:readline" names bin/bash/readline. The last
 * @n_parts are not of the path. NULL: it names no file.
 */
char *user_section_target(const char *rest, unsigned n_parts);

#endif
