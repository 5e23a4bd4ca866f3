/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_usdt.c - owns usdt/PATH/PROVIDER/PROBE and usdt/PATH/PROBE: the places
 * that programs and libraries mark by notes.
 *
 * A program reads the arguments through libbpf's usdt.bpf.h, which finds in
 * the map __bpf_usdt_specs where they are, at the number that the low 32 bits
 * of the attach cookie give. The attachment's own number is above it, and
 * marks the value in the map as taken. A program without that map reads no
 * arguments.
 */
#include "bpf/error.h"
#include "link.h"
#include "bpf/suggest.h"
#include "usdt_spec.h"
#include "user_probe.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SPECS_MAP      "__bpf_usdt_specs" /* the kernel keeps 15 letters */
#define N_PROGRAM_MAPS 256

static const struct kind_section sections[] = {
	{"usdt", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"usdt.s", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{},
};

struct usdt_plan {
	GArray *places; /* struct user_place */
	GArray *specs;  /* struct usdt_spec, one a place */
};

/* --- Names ------------------------------------------------------------- */

static const struct user_probe *probe_at(const struct user_elf *elf, guint i)
{
	return &g_array_index(elf->probes, struct user_probe, i);
}

static bool is_name(const char *pattern, const char *name)
{
	return is_user_pattern(pattern) ? g_pattern_match_simple(pattern, name)
					: !strcmp(pattern, name);
}

/* Providers (@provider NULL), or the probes of one; sorted, each once. */
static GPtrArray *probe_names(const struct user_elf *elf, const char *provider)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *last = NULL;

	for (guint i = 0; i < elf->probes->len; i++) {
		const struct user_probe *probe = probe_at(elf, i);
		const char *name = provider ? probe->name : probe->provider;

		if ((provider && strcmp(provider, probe->provider)) ||
		    !g_strcmp0(last, name))
			continue;
		last = name;
		g_ptr_array_add(names, g_strdup(name));
	}
	return names;
}

static bool has_provider(const struct user_elf *elf, const char *name)
{
	for (guint i = 0; i < elf->probes->len; i++)
		if (!strcmp(probe_at(elf, i)->provider, name))
			return true;
	return false;
}

/* All that a mistyped name may have been meant for. */
static char *suggest(const struct user_elf *elf, const char *wanted)
{
	g_autoptr(GPtrArray) names = probe_names(elf, NULL);

	for (guint i = 0; i < elf->probes->len; i++) {
		const struct user_probe *probe = probe_at(elf, i);

		g_ptr_array_add(names, g_strdup(probe->name));
		g_ptr_array_add(names, g_strconcat(probe->provider, "/",
						   probe->name, NULL));
	}
	return suggest_phrase(wanted, names);
}

/* "PROVIDER/PROBE" or "PROBE": the indices of its places. */
static GArray *find_probes(const struct user_elf *elf, const char *text,
			   GError **error)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));
	const char *slash = strchr(text, '/');
	g_autofree char *provider = slash ? g_strndup(text, slash - text)
					  : NULL;
	const char *name = slash ? slash + 1 : text;
	g_autofree char *hint = NULL;

	for (guint i = 0; i < elf->probes->len; i++) {
		const struct user_probe *probe = probe_at(elf, i);

		if ((!provider || is_name(provider, probe->provider)) &&
		    is_name(name, probe->name))
			g_array_append_val(found, i);
	}
	if (found->len)
		return found;
	g_array_unref(found);
	hint = suggest(elf, text);
	if (elf->probes->len)
		probefs_set_error(error, ENOENT, "it has no USDT probe %s%s",
				  text, hint);
	else
		probefs_set_error(error, ENOENT, "it has no USDT probes");
	return NULL;
}

static enum engine_target_type probe_type(const struct user_elf *elf,
					  const char *text, GError **error)
{
	GArray *found;

	if (has_provider(elf, text))
		return ENGINE_TARGET_DIRECTORY;
	found = find_probes(elf, text, error);
	if (!found)
		return ENGINE_TARGET_NONE;
	g_array_unref(found);
	return ENGINE_TARGET_FILE;
}

static enum engine_target_type usdt_find(const struct kind_world *world,
					 const char *path, GError **error)
{
	return user_target_find(world, path, probe_type, error);
}

/* The providers of a file, or the probes of a provider. */
static GPtrArray *list_probes(const struct user_elf *elf, const char *rest,
			      bool *are_directories)
{
	*are_directories = !*rest;
	return probe_names(elf, *rest ? rest : NULL);
}

static GPtrArray *usdt_list(const struct kind_world *world, const char *path,
			    bool *are_directories, GError **error)
{
	return user_target_list(world, path, list_probes, are_directories,
				error);
}

/* --- Planning ---------------------------------------------------------- */

static void plan_free(void *data)
{
	struct usdt_plan *plan = data;

	g_array_unref(plan->places);
	g_array_unref(plan->specs);
	g_free(plan);
}

static void add_place(struct usdt_plan *plan, const struct user_elf *elf,
		      const struct user_probe *probe)
{
	struct user_place place = {};
	struct usdt_spec spec;

	if (!user_elf_offset(elf, probe->address, true, &place.offset) ||
	    (probe->counter &&
	     !user_elf_offset(elf, probe->counter, false, &place.counter)))
		return;
	usdt_spec_parse(&spec, probe->arguments);
	g_array_append_val(plan->places, place);
	g_array_append_val(plan->specs, spec);
}

static void *plan_places(const struct user_elf *elf, const char *text,
			 GError **error)
{
	g_autoptr(GArray) found = find_probes(elf, text, error);
	struct usdt_plan *plan;

	if (!found)
		return NULL;
	plan = g_new0(struct usdt_plan, 1);
	plan->places = g_array_new(FALSE, FALSE, sizeof(struct user_place));
	plan->specs = g_array_new(FALSE, FALSE, sizeof(struct usdt_spec));
	for (guint i = 0; i < found->len; i++)
		add_place(plan, elf,
			  probe_at(elf, g_array_index(found, guint, i)));
	if (plan->places->len)
		return plan;
	plan_free(plan);
	probefs_set_error(error, EINVAL, "the notes of %s name no code", text);
	return NULL;
}

static bool usdt_plan(const struct kind_world *world, struct link_plan *plan,
		      GError **error)
{
	return user_target_plan(world, plan, plan_places, plan_free, error);
}

/* --- The map of argument lists ----------------------------------------- */

/* The argument lists that an attachment took in a program's map. */
struct specs {
	int map; /* owned */
	GArray *numbers;
};

static void specs_release(void *data)
{
	static const struct usdt_spec none;
	struct specs *specs = data;

	for (guint i = 0; i < specs->numbers->len; i++)
		bpf_map_update_elem(specs->map,
				    &g_array_index(specs->numbers, int, i),
				    &none, BPF_ANY);
	close(specs->map);
	g_array_unref(specs->numbers);
	g_free(specs);
}

static bool is_specs_map(int fd, uint32_t *n_entries)
{
	struct bpf_map_info info = {};
	uint32_t n_bytes = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &n_bytes) ||
	    strncmp(info.name, SPECS_MAP, sizeof(info.name) - 1) ||
	    info.value_size != sizeof(struct usdt_spec))
		return false;
	*n_entries = info.max_entries;
	return true;
}

/* The map of the program, owned; -1: it has none. */
static int find_specs_map(int program_fd, uint32_t *n_entries)
{
	uint32_t ids[N_PROGRAM_MAPS] = {};
	struct bpf_prog_info info = {
		.nr_map_ids = G_N_ELEMENTS(ids),
		.map_ids = (uintptr_t)ids,
	};
	uint32_t n_bytes = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &n_bytes))
		return -1;
	for (uint32_t i = 0; i < MIN(info.nr_map_ids, N_PROGRAM_MAPS); i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd >= 0 && is_specs_map(fd, n_entries))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* Keep @spec at the first free number after *@number. */
static bool specs_take(struct specs *specs, const struct usdt_spec *spec,
		       uint32_t n_entries, int *number)
{
	for ((*number)++; *number < (int)n_entries; (*number)++) {
		struct usdt_spec other;

		if (bpf_map_lookup_elem(specs->map, number, &other) ||
		    other.cookie)
			continue;
		if (bpf_map_update_elem(specs->map, number, spec, BPF_ANY))
			return false;
		g_array_append_val(specs->numbers, *number);
		return true;
	}
	return false;
}

static bool fill_specs(struct specs *specs, const struct link_plan *plan,
		       uint32_t n_entries, GError **error)
{
	struct usdt_plan *own = plan->data;
	int number = -1;

	for (guint i = 0; i < own->places->len; i++) {
		struct usdt_spec *spec = &g_array_index(own->specs,
							struct usdt_spec, i);

		spec->cookie = plan->cookie;
		if (!specs_take(specs, spec, n_entries, &number)) {
			probefs_set_error(error, ENOSPC,
					  "the program has room for the "
					  "arguments of %u places; define "
					  "BPF_USDT_MAX_SPEC_CNT larger",
					  n_entries);
			return false;
		}
		g_array_index(own->places, struct user_place, i).cookie =
			plan->cookie << 32 | (uint32_t)number;
	}
	return true;
}

static struct specs *specs_new(const struct link_plan *plan, int map,
			       uint32_t n_entries, GError **error)
{
	struct specs *specs = g_new0(struct specs, 1);

	specs->map = map;
	specs->numbers = g_array_new(FALSE, FALSE, sizeof(int));
	if (fill_specs(specs, plan, n_entries, error))
		return specs;
	specs_release(specs);
	return NULL;
}

static struct link *usdt_attach(const struct link_plan *plan, int program_fd,
				GError **error)
{
	struct usdt_plan *own = plan->data;
	struct specs *specs = NULL;
	uint32_t n_entries;
	struct link *link;
	int map = find_specs_map(program_fd, &n_entries);

	for (guint i = 0; i < own->places->len; i++)
		g_array_index(own->places, struct user_place, i).cookie =
			plan->cookie;
	if (map >= 0) {
		specs = specs_new(plan, map, n_entries, error);
		if (!specs)
			return NULL;
	}
	link = user_probe_attach(plan, own->places, false, program_fd, error);
	if (link && specs)
		link_on_free(link, specs_release, specs);
	else if (specs)
		specs_release(specs);
	return link;
}

static char *usdt_section_target(const char *rest)
{
	return user_section_target(rest, 2);
}

const struct kind kind_usdt = {
	.shown = {"usdt", "probes marked in programs, PATH/PROVIDER/PROBE",
		  .is_of_files = true},
	.sections = sections,
	.section_target = usdt_section_target,
	.find = usdt_find,
	.list = usdt_list,
	.option = &pid_option,
	.plan = usdt_plan,
	.attach = usdt_attach,
	.unavailable = user_probe_unavailable,
};
