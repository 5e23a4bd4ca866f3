/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_kprobe.c - owns kprobes/SYMBOL[+OFFSET] and kretprobes/SYMBOL.
 *
 * One probe is a perf event of the kernel's kprobe PMU. A pattern, and a
 * kretprobe with a given maxactive, go through a tracefs event instead: one
 * event can hold many probes, and is switched off in one grace period
 * instead of one each.
 */
#include "bpf/error.h"
#include "kinds.h"
#include "kprobe_events.h"
#include "link.h"
#include "pmu.h"
#include "bpf/suggest.h"
#include "bpf/kernel/symbols.h"
#include "bpf/kernel/tracefs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_PATTERN_PROBES_MAX 10000
#define MAX_ACTIVE_LIMIT     4096 /* KRETPROBE_MAXACTIVE_MAX of the kernel */

static const struct kind_section entry_sections[] = {
	{"kprobe", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"ksyscall", BPF_PROG_TYPE_KPROBE, 0, "sys_"},
	{"kprobe.multi", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{},
};

static const struct kind_section return_sections[] = {
	{"kretprobe", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{"kretsyscall", BPF_PROG_TYPE_KPROBE, 0, "sys_"},
	{"kretprobe.multi", BPF_PROG_TYPE_KPROBE, 0, NULL},
	{},
};

static bool is_pattern(const char *target)
{
	return strpbrk(target, "*?");
}

/* "vfs_read+0x10": the symbol, owned, and the offset; NULL: not of this form */
static char *split_offset(const char *target, uint64_t *offset)
{
	const char *plus = strchr(target, '+');
	char *end;

	*offset = 0;
	if (!plus)
		return g_strdup(target);
	*offset = g_ascii_strtoull(plus + 1, &end, 0);
	if (plus == target || end == plus + 1 || *end)
		return NULL;
	return g_strndup(target, plus - target);
}

/* The symbol that the kernel has for the user's name, or NULL. Borrowed. */
static const char *resolve_symbol(const struct kind_world *world,
				  const char *name, bool *is_syscall)
{
	*is_syscall = false;
	/* Not only what is listed: vfs_read.cold is allowed, others may be. */
	if (symbols_is_traceable(world->symbols, name) ||
	    symbols_address(world->symbols, name))
		return name;
	if (!g_str_has_prefix(name, "sys_"))
		return NULL;
	*is_syscall = true;
	return symbols_syscall(world->symbols, name + 4);
}

static void set_no_function(const struct kind_world *world, const char *name,
			    GError **error)
{
	g_autofree char *hint = NULL;

	hint = suggest_phrase(name,
			      g_str_has_prefix(name, "sys_")
				      ? symbols_syscalls(world->symbols)
				      : symbols_traceable(world->symbols));
	probefs_set_error(error, ENOENT, "no such kernel function %s%s", name,
			  hint);
}

static enum engine_target_type kprobe_find(const struct kind_world *world,
					   const char *path, GError **error)
{
	g_autofree char *name = NULL;
	bool is_syscall;
	uint64_t offset;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (is_pattern(path)) {
		g_autoptr(GPtrArray)
			matches = symbols_match(world->symbols, path);

		if (matches->len)
			return ENGINE_TARGET_FILE;
		probefs_set_error(error, ENOENT,
				  "no kernel function matches %s", path);
		return ENGINE_TARGET_NONE;
	}
	name = split_offset(path, &offset);
	if (!name) {
		probefs_set_error(error, EINVAL,
				  "%s is not SYMBOL or SYMBOL+OFFSET, as "
				  "vfs_read+0x10",
				  path);
		return ENGINE_TARGET_NONE;
	}
	if (resolve_symbol(world, name, &is_syscall))
		return ENGINE_TARGET_FILE;
	set_no_function(world, name, error);
	return ENGINE_TARGET_NONE;
}

static enum engine_target_type kretprobe_find(const struct kind_world *world,
					      const char *path, GError **error)
{
	if (strchr(path, '+')) {
		probefs_set_error(error, EINVAL,
				  "a kretprobe has no offset: it is on the "
				  "function's return");
		return ENGINE_TARGET_NONE;
	}
	return kprobe_find(world, path, error);
}

/* The two sorted lists, functions and system calls, as one. */
static GPtrArray *kprobe_list(const struct kind_world *world, const char *path,
			      bool *are_directories, GError **error)
{
	const GPtrArray *a = symbols_traceable(world->symbols);
	const GPtrArray *b = symbols_syscalls(world->symbols);
	GPtrArray *all = g_ptr_array_new_full(a->len + b->len, g_free);
	guint i = 0, j = 0;

	*are_directories = false;
	while (i < a->len || j < b->len) {
		int order = i == a->len   ? 1
			    : j == b->len ? -1
					  : strcmp(a->pdata[i], b->pdata[j]);

		if (order <= 0)
			g_ptr_array_add(all, g_strdup(a->pdata[i++]));
		else
			g_ptr_array_add(all, g_strdup(b->pdata[j]));
		j += order >= 0;
	}
	return all;
}

static bool kretprobe_option(struct attach_options *options, const char *value,
			     GError **error)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end || errno || n < 1 || n > MAX_ACTIVE_LIMIT) {
		probefs_set_error(error, EINVAL,
				  "maxactive=%s: it must be a number from 1 "
				  "to %d",
				  value, MAX_ACTIVE_LIMIT);
		return false;
	}
	options->max_active = n;
	return true;
}

static const struct kind_option max_active_option = {"maxactive",
						     kretprobe_option};

static bool plan_pattern(const struct kind_world *world, struct link_plan *plan,
			 GError **error)
{
	g_autoptr(GPtrArray)
		matches = symbols_match(world->symbols, plan->target);

	if (!matches->len || matches->len > N_PATTERN_PROBES_MAX) {
		probefs_set_error(error, matches->len ? E2BIG : ENOENT,
				  "%s matches %u kernel functions; it must "
				  "match 1 to %d",
				  plan->target, matches->len,
				  N_PATTERN_PROBES_MAX);
		return false;
	}
	for (guint i = 0; i < matches->len; i++)
		g_ptr_array_add(plan->symbols, g_strdup(matches->pdata[i]));
	return true;
}

static bool kprobe_plan(const struct kind_world *world, struct link_plan *plan,
			GError **error)
{
	g_autofree char *name = NULL;
	const char *symbol;

	if (is_pattern(plan->target))
		return plan_pattern(world, plan, error);
	name = split_offset(plan->target, &plan->offset);
	symbol = name ? resolve_symbol(world, name, &plan->is_syscall) : NULL;
	if (!symbol) {
		set_no_function(world, plan->target, error);
		return false;
	}
	g_ptr_array_add(plan->symbols, g_strdup(symbol));
	return true;
}

static void set_attach_error(const struct link_plan *plan, int err,
			     GError **error)
{
	const char *symbol = plan->symbols->pdata[0];
	const char *why = g_strerror(err);

	if (err == ENOENT)
		why = "the kernel has no such function";
	else if (err == EADDRNOTAVAIL)
		why = "several functions have this name";
	else if (err == EINVAL && plan->offset)
		why = "the kernel allows no probe there; no instruction "
		      "begins at this offset, or the function is blacklisted";
	else if (err == EINVAL)
		why = "the kernel allows no probe there: it is blacklisted, "
		      "or code that must not be traced";
	else if (err == EILSEQ)
		why = "no instruction begins at this offset";
	probefs_set_error(error, err == EILSEQ ? EINVAL : err,
			  "cannot attach to %s: %s", symbol, why);
}

static struct link *attach_single(const struct link_plan *plan, bool is_return,
				  int program_fd, GError **error)
{
	struct perf_event_attr attr = {};
	uint64_t type, bit = 0;
	struct link *link;

	if (!pmu_number("kprobe", "type", &type) ||
	    (is_return && !pmu_number("kprobe", "format/retprobe", &bit))) {
		probefs_set_error(error, EOPNOTSUPP,
				  "this kernel has no kprobes "
				  "(CONFIG_KPROBES and CONFIG_KPROBE_EVENTS)");
		return NULL;
	}
	attr.type = type;
	attr.config = is_return ? 1ull << bit : 0;
	attr.kprobe_func = (uintptr_t)plan->symbols->pdata[0];
	attr.probe_offset = plan->offset;
	link = link_new();
	if (link_add_perf(link, &attr, program_fd, plan->cookie))
		return link;
	set_attach_error(plan, errno, error);
	link_free(link);
	return NULL;
}

static struct link *kprobe_attach(const struct link_plan *plan, int program_fd,
				  GError **error)
{
	if (is_pattern(plan->target))
		return kprobe_events_attach(plan, false, program_fd, error);
	return attach_single(plan, false, program_fd, error);
}

static struct link *kretprobe_attach(const struct link_plan *plan,
				     int program_fd, GError **error)
{
	if (is_pattern(plan->target) || plan->options.max_active)
		return kprobe_events_attach(plan, true, program_fd, error);
	return attach_single(plan, true, program_fd, error);
}

static char *kprobe_unavailable(struct kind_world *world)
{
	uint64_t type;

	if (pmu_number("kprobe", "type", &type))
		return NULL;
	return g_strdup("this kernel has no kprobes (CONFIG_KPROBES and "
			"CONFIG_KPROBE_EVENTS)");
}

const struct kind kind_kprobe = {
	.shown = {"kprobes", "kernel functions, and sys_NAME, when entered"},
	.sections = entry_sections,
	.find = kprobe_find,
	.list = kprobe_list,
	.plan = kprobe_plan,
	.attach = kprobe_attach,
	.unavailable = kprobe_unavailable,
};

const struct kind kind_kretprobe = {
	.shown = {"kretprobes", "kernel functions when they return"},
	.sections = return_sections,
	.find = kretprobe_find,
	.list = kprobe_list,
	.option = &max_active_option,
	.plan = kprobe_plan,
	.attach = kretprobe_attach,
	.unavailable = kprobe_unavailable,
};
