/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_probe.c - owns the perf events of the kernel's uprobe PMU. Knows no
 * functions and no notes.
 */
#include "user_probe.h"

#include "bpf/error.h"
#include "link.h"
#include "pmu.h"

#include <errno.h>
#include <string.h>

#define KERNEL_ENOTSUPP 524

/*
 * The file of the target @path: @file is cleared by the caller on success.
 * *@elf (borrowed, until the next call) is NULL where it is a directory.
 */
static bool find_file(const struct kind_world *world, const char *path,
		      struct user_file *file, const struct user_elf **elf,
		      GError **error)
{
	*elf = NULL;
	if (!user_file_find(file, path, error))
		return false;
	if (file->is_directory)
		return true;
	*elf = user_elves_get(world->elves, file, error);
	if (*elf)
		return true;
	g_prefix_error(error,
		       "/%.*s: ", (int)(strlen(path) - strlen(file->rest)),
		       path);
	user_file_clear(file);
	return false;
}

enum engine_target_type user_target_find(const struct kind_world *world,
					 const char *path, user_type_fn find,
					 GError **error)
{
	enum engine_target_type type = ENGINE_TARGET_DIRECTORY;
	const struct user_elf *elf;
	struct user_file file;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (!find_file(world, path, &file, &elf, error))
		return ENGINE_TARGET_NONE;
	if (elf && *file.rest)
		type = find(elf, file.rest, error);
	user_file_clear(&file);
	return type;
}

/*
 * A directory shows only what is attached below it, which the engine adds:
 * find, du and backups would walk the disk once more.
 */
GPtrArray *user_target_list(const struct kind_world *world, const char *path,
			    user_names_fn find, bool *are_directories,
			    GError **error)
{
	const struct user_elf *elf;
	struct user_file file;
	GPtrArray *names;

	if (!find_file(world, path, &file, &elf, error))
		return NULL;
	*are_directories = true;
	names = elf ? find(elf, file.rest, are_directories)
		    : g_ptr_array_new_with_free_func(g_free);
	user_file_clear(&file);
	return names;
}

bool user_target_plan(const struct kind_world *world, struct link_plan *plan,
		      user_plan_fn make, void (*data_free)(void *data),
		      GError **error)
{
	const struct user_elf *elf;
	struct user_file file;

	if (!find_file(world, plan->target, &file, &elf, error))
		return false;
	if (elf)
		plan->data = make(elf, file.rest, error);
	else
		probefs_set_error(error, ENOENT, "/%s is a directory now",
				  plan->target);
	plan->data_free = plan->data ? data_free : NULL;
	user_file_clear(&file);
	return plan->data;
}

bool is_user_pattern(const char *name)
{
	return strpbrk(name, "*?");
}

void user_places_free(void *places)
{
	g_array_unref(places);
}

char *user_section_target(const char *rest, unsigned n_parts)
{
	g_autofree char *target = g_strdup(rest + strspn(rest, "/"));

	for (; n_parts > 0; n_parts--) {
		char *colon = strrchr(target, ':');

		if (!colon || colon == target || !colon[1])
			return NULL;
		*colon = '/';
	}
	return g_steal_pointer(&target);
}

static void set_attach_error(const struct link_plan *plan, int err,
			     GError **error)
{
	const char *why = g_strerror(err);

	if (err == ESRCH) {
		probefs_set_error(error, ESRCH, "there is no process %d",
				  plan->options.pid);
		return;
	}
	if (err == KERNEL_ENOTSUPP || err == EOPNOTSUPP)
		why = "the kernel cannot probe that instruction";
	else if (err == EINVAL)
		why = "the kernel allows no probe there; is it code of this "
		      "machine, at the beginning of an instruction?";
	else if (err == EIO)
		why = "the kernel cannot read the file's pages there";
	probefs_set_error(error, err == KERNEL_ENOTSUPP ? EOPNOTSUPP : err,
			  "cannot attach to /%s: %s", plan->target, why);
}

/* The kernel's fields for probes, the same for all places. */
static bool prepare_event(struct perf_event_attr *attr, bool is_return,
			  uint64_t *counter_bit, GError **error)
{
	uint64_t type, bit = 0;

	*counter_bit = 0;
	if (!pmu_number("uprobe", "type", &type) ||
	    (is_return && !pmu_number("uprobe", "format/retprobe", &bit))) {
		probefs_set_error(error, EOPNOTSUPP,
				  "this kernel has no uprobes "
				  "(CONFIG_UPROBE_EVENTS)");
		return false;
	}
	pmu_number("uprobe", "format/ref_ctr_offset", counter_bit);
	attr->type = type;
	attr->config = is_return ? 1ull << bit : 0;
	return true;
}

static bool add_place(struct link *link, const struct link_plan *plan,
		      const struct user_place *place,
		      struct perf_event_attr attr, uint64_t counter_bit,
		      int program_fd)
{
	pid_t pid = plan->options.pid;

	if (place->counter)
		attr.config |= place->counter << counter_bit;
	attr.probe_offset = place->offset;
	return link_add_perf_of(link, &attr, pid ? pid : -1, pid ? -1 : 0,
				program_fd, place->cookie);
}

/*
 * The kernel gets the file that was found, by its descriptor, and not its
 * path: that may lead elsewhere by now.
 */
struct link *user_probe_attach(const struct link_plan *plan,
			       const GArray *places, bool is_return,
			       int program_fd, GError **error)
{
	struct perf_event_attr attr = {};
	g_autofree char *path = NULL;
	struct user_file file;
	uint64_t counter_bit;
	struct link *link;

	if (!prepare_event(&attr, is_return, &counter_bit, error) ||
	    !user_file_find(&file, plan->target, error))
		return NULL;
	path = g_strdup_printf("/proc/self/fd/%d", file.fd);
	attr.uprobe_path = (uintptr_t)path;
	link = link_new();
	for (guint i = 0; i < places->len; i++) {
		if (add_place(link, plan,
			      &g_array_index(places, struct user_place, i),
			      attr, counter_bit, program_fd))
			continue;
		set_attach_error(plan, errno, error);
		g_clear_pointer(&link, link_free);
		break;
	}
	user_file_clear(&file);
	return link;
}

char *user_probe_unavailable(struct kind_world *world)
{
	uint64_t type;

	if (pmu_number("uprobe", "type", &type))
		return NULL;
	return g_strdup("this kernel has no uprobes (CONFIG_UPROBE_EVENTS)");
}
