/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_uprobe.c - owns uprobes/PATH/FUNCTION[+OFFSET] and
 * uretprobes/PATH/FUNCTION. For FUNCTION there may be an address, as nm
 * shows it: 0x1234; and a pattern: ssl_*.
 */
#include "bpf/error.h"
#include "bpf/suggest.h"
#include "user_probe.h"

#include <errno.h>
#include <string.h>

#define N_PATTERN_PROBES_MAX 1000

static const struct kind_section entry_sections[] = {
	{"uprobe", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"uprobe.s", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"uprobe.multi", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{},
};

static const struct kind_section return_sections[] = {
	{"uretprobe", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"uretprobe.s", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"uretprobe.multi", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{},
};

/* Does it only choose another one when a program starts? */
static bool is_indirect(const struct user_elf *elf, guint first, guint last)
{
	const struct user_function *all = (const void *)elf->functions->data;

	for (guint i = first; i < last; i++)
		if (all[i].is_indirect)
			return true;
	return false;
}

/* The names of what can be probed, sorted, each once. */
static GPtrArray *function_names(const struct user_elf *elf,
				 const char *pattern)
{
	const struct user_function *all = (const void *)elf->functions->data;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	guint last;

	for (guint i = 0; i < elf->functions->len; i = last) {
		const char *name = all[i].name;

		for (last = i + 1; last < elf->functions->len; last++)
			if (strcmp(all[last].name, name))
				break;
		if (!is_indirect(elf, i, last) &&
		    (!pattern || g_pattern_match_simple(pattern, name)))
			g_ptr_array_add(names, g_strdup(name));
	}
	return names;
}

static void add_place(GArray *places, const struct user_elf *elf,
		      uint64_t address)
{
	struct user_place place = {};

	if (user_elf_offset(elf, address, true, &place.offset))
		g_array_append_val(places, place);
}

static bool add_address(GArray *places, const struct user_elf *elf,
			const char *text, GError **error)
{
	uint64_t address;
	char *end;

	address = g_ascii_strtoull(text, &end, 16);
	if (end <= text + 2 || *end) {
		probefs_set_error(error, EINVAL, "%s is no address, as 0x1234",
				  text);
		return false;
	}
	add_place(places, elf, address);
	return true;
}

static bool set_no_function(const struct user_elf *elf, const char *name,
			    GError **error)
{
	g_autoptr(GPtrArray) names = function_names(elf, NULL);
	g_autofree char *hint = suggest_phrase(name, names);

	probefs_set_error(error, ENOENT, "it has no function %s%s%s", name,
			  hint,
			  !*hint && elf->is_stripped
				  ? " (it is stripped: only what it exports "
				    "has a name)"
				  : "");
	return false;
}

static bool set_indirect(const char *name, GError **error)
{
	probefs_set_error(error, EOPNOTSUPP,
			  "%s only chooses one of several functions when a "
			  "program starts; probe that one, by name or address",
			  name);
	return false;
}

/* Of several versions of a function the one that programs link to today. */
static bool add_function(GArray *places, const struct user_elf *elf,
			 const char *name, uint64_t offset, GError **error)
{
	const struct user_function *all = (const void *)elf->functions->data;
	bool has_default = false;
	guint first, last;

	user_elf_functions(elf, name, &first, &last);
	if (first == last)
		return set_no_function(elf, name, error);
	if (is_indirect(elf, first, last))
		return set_indirect(name, error);
	for (guint i = first; i < last; i++)
		has_default = has_default || all[i].is_default;
	for (guint i = first; i < last; i++) {
		if (has_default && !all[i].is_default)
			continue;
		if (all[i].n_bytes && offset >= all[i].n_bytes) {
			probefs_set_error(error, EINVAL,
					  "%s is only %" G_GUINT64_FORMAT
					  " bytes long",
					  name, all[i].n_bytes);
			return false;
		}
		add_place(places, elf, all[i].address + offset);
	}
	return true;
}

static bool add_pattern(GArray *places, const struct user_elf *elf,
			const char *pattern, GError **error)
{
	g_autoptr(GPtrArray) names = function_names(elf, pattern);

	if (!names->len || names->len > N_PATTERN_PROBES_MAX) {
		probefs_set_error(error, names->len ? E2BIG : ENOENT,
				  "%s matches %u of its functions; it must "
				  "match 1 to %d",
				  pattern, names->len, N_PATTERN_PROBES_MAX);
		return false;
	}
	for (guint i = 0; i < names->len; i++)
		if (!add_function(places, elf, names->pdata[i], 0, error))
			return false;
	return true;
}

static bool add_named(GArray *places, const struct user_elf *elf,
		      const char *text, GError **error)
{
	const char *plus = strchr(text, '+');
	g_autofree char *name = plus ? g_strndup(text, plus - text)
				     : g_strdup(text);
	uint64_t offset = 0;
	char *end;

	if (plus) {
		offset = g_ascii_strtoull(plus + 1, &end, 0);
		if (plus == text || end == plus + 1 || *end) {
			probefs_set_error(error, EINVAL,
					  "%s is not FUNCTION or "
					  "FUNCTION+OFFSET, as main+0x10",
					  text);
			return false;
		}
	}
	return add_function(places, elf, name, offset, error);
}

/* What follows the path, as places in the file. Owned; NULL: a mistake. */
static void *parse_places(const struct user_elf *elf, const char *text,
			  GError **error)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(struct user_place));
	bool is_good;

	if (g_str_has_prefix(text, "0x"))
		is_good = add_address(places, elf, text, error);
	else if (is_user_pattern(text))
		is_good = add_pattern(places, elf, text, error);
	else
		is_good = add_named(places, elf, text, error);
	if (is_good && places->len)
		return places;
	if (is_good)
		probefs_set_error(error, EINVAL, "%s is in no code of the file",
				  text);
	g_array_unref(places);
	return NULL;
}

static enum engine_target_type place_type(const struct user_elf *elf,
					  const char *text, GError **error)
{
	g_autoptr(GArray) places = parse_places(elf, text, error);

	return places ? ENGINE_TARGET_FILE : ENGINE_TARGET_NONE;
}

static enum engine_target_type uprobe_find(const struct kind_world *world,
					   const char *path, GError **error)
{
	return user_target_find(world, path, place_type, error);
}

static enum engine_target_type uretprobe_find(const struct kind_world *world,
					      const char *path, GError **error)
{
	enum engine_target_type type = uprobe_find(world, path, error);
	const char *slash = strrchr(path, '/');

	if (type != ENGINE_TARGET_FILE || !slash || !strchr(slash, '+'))
		return type;
	probefs_set_error(error, EINVAL,
			  "a uretprobe has no offset: it is on the function's "
			  "return");
	return ENGINE_TARGET_NONE;
}

static GPtrArray *list_functions(const struct user_elf *elf, const char *rest,
				 bool *are_directories)
{
	*are_directories = false;
	return function_names(elf, NULL);
}

static GPtrArray *uprobe_list(const struct kind_world *world, const char *path,
			      bool *are_directories, GError **error)
{
	return user_target_list(world, path, list_functions, are_directories,
				error);
}

static bool uprobe_plan(const struct kind_world *world, struct link_plan *plan,
			GError **error)
{
	return user_target_plan(world, plan, parse_places, user_places_free,
				error);
}

static struct link *attach_all(const struct link_plan *plan, bool is_return,
			       int program_fd, GError **error)
{
	GArray *places = plan->data;

	for (guint i = 0; i < places->len; i++)
		g_array_index(places, struct user_place, i).cookie =
			plan->cookie;
	return user_probe_attach(plan, places, is_return, program_fd, error);
}

static struct link *uprobe_attach(const struct link_plan *plan, int program_fd,
				  GError **error)
{
	return attach_all(plan, false, program_fd, error);
}

static struct link *uretprobe_attach(const struct link_plan *plan,
				     int program_fd, GError **error)
{
	return attach_all(plan, true, program_fd, error);
}

static char *uprobe_section_target(const char *rest)
{
	return user_section_target(rest, 1);
}

const struct kind kind_uprobe = {
	.shown = {"uprobes", "functions of programs, PATH/FUNCTION",
		  .is_of_files = true},
	.sections = entry_sections,
	.section_target = uprobe_section_target,
	.find = uprobe_find,
	.list = uprobe_list,
	.option = &pid_option,
	.plan = uprobe_plan,
	.attach = uprobe_attach,
	.unavailable = user_probe_unavailable,
};

const struct kind kind_uretprobe = {
	.shown = {"uretprobes", "functions of programs when they return",
		  .is_of_files = true},
	.sections = return_sections,
	.section_target = uprobe_section_target,
	.find = uretprobe_find,
	.list = uprobe_list,
	.option = &pid_option,
	.plan = uprobe_plan,
	.attach = uretprobe_attach,
	.unavailable = user_probe_unavailable,
};
