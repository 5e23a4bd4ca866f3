/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_fentry.c - owns fentry/SYMBOL and fexit/SYMBOL: kernel functions
 * through BPF trampolines, with typed arguments.
 */
#include "bpf/error.h"
#include "bpf/object/kernel_log.h"
#include "kinds.h"
#include "link.h"
#include "bpf/suggest.h"
#include "bpf/kernel/symbols.h"
#include "bpf/compiler/job.h"

#include <bpf/bpf.h>
#include <errno.h>

static const struct kind_section entry_sections[] = {
	{"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, NULL},
	{"fentry.s", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, NULL},
	{},
};

static const struct kind_section exit_sections[] = {
	{"fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, NULL},
	{"fexit.s", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, NULL},
	{},
};

static enum engine_target_type function_find(const struct kind_world *world,
					     const char *path, GError **error)
{
	g_autofree char *hint = NULL;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (symbols_is_traceable(world->symbols, path))
		return ENGINE_TARGET_FILE;
	hint = suggest_phrase(path, symbols_traceable(world->symbols));
	probefs_set_error(error, ENOENT, "no such kernel function %s%s", path,
			  hint);
	return ENGINE_TARGET_NONE;
}

static GPtrArray *function_list(const struct kind_world *world,
				const char *path, bool *are_directories,
				GError **error)
{
	const GPtrArray *names = symbols_traceable(world->symbols);
	GPtrArray *copy = g_ptr_array_new_full(names->len, g_free);

	*are_directories = false;
	for (guint i = 0; i < names->len; i++)
		g_ptr_array_add(copy, g_strdup(names->pdata[i]));
	return copy;
}

static struct link *function_attach(const struct link_plan *plan,
				    int program_fd, GError **error)
{
	enum { KERNEL_ENOTSUPP = 524 }; /* include/linux/errno.h */
	struct link *link;
	int fd = bpf_raw_tracepoint_open(NULL, program_fd);

	if (fd < 0) {
		probefs_set_error(error, -fd, "cannot attach to %s/%s: %s",
				  plan->kind->shown.directory, plan->target,
				  fd == -KERNEL_ENOTSUPP
					  ? "this kernel cannot do it for this "
					    "function; a kprobe may"
					  : g_strerror(-fd));
		return NULL;
	}
	link = link_new();
	link_take_fd(link, fd);
	return link;
}

static void *find_out(void *data)
{
	return GINT_TO_POINTER(kernel_has_fentry("vfs_read"));
}

/* All of the kernel's types are read for it: not in the loop. */
void kind_fentry_find_out(struct kind_world *world)
{
	world->fentry = g_thread_new("fentry", find_out, NULL);
}

void kind_fentry_wait(struct kind_world *world)
{
	if (world->fentry)
		world->has_fentry = GPOINTER_TO_INT(
			g_thread_join(g_steal_pointer(&world->fentry)));
}

static char *function_unavailable(struct kind_world *world)
{
	kind_fentry_wait(world);
	if (world->has_fentry)
		return NULL;
	return g_strdup("this kernel loads no fentry programs (it needs "
			"CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and no "
			"lockdown)");
}

const struct kind kind_fentry = {
	.shown = {"fentry", "entries of kernel functions, typed arguments"},
	.sections = entry_sections,
	.variant = JOB_VARIANT_TRACING,
	.find = function_find,
	.list = function_list,
	.attach = function_attach,
	.unavailable = function_unavailable,
};

const struct kind kind_fexit = {
	.shown = {"fexit", "exits of kernel functions, typed arguments"},
	.sections = exit_sections,
	.variant = JOB_VARIANT_TRACING,
	.find = function_find,
	.list = function_list,
	.attach = function_attach,
	.unavailable = function_unavailable,
};
