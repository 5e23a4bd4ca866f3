/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_raw_tracepoint.c - owns raw_tracepoints/EVENT: a tracepoint's own
 * arguments, without the trace event made of them.
 */
#include "bpf/error.h"
#include "bpf/kernel/events.h"
#include "kinds.h"
#include "link.h"
#include "bpf/suggest.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static const struct kind_section sections[] = {
	{"raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL},
	{"raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL},
	{"raw_tracepoint.w", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0, NULL},
	{"raw_tp.w", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0, NULL},
	{"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, NULL},
	{},
};

static bool has_event(const struct kind_world *world, const char *name)
{
	const GPtrArray *names = events_raw(world->events);

	for (guint i = 0; i < names->len; i++)
		if (!strcmp(names->pdata[i], name))
			return true;
	return false;
}

static enum engine_target_type raw_find(const struct kind_world *world,
					const char *path, GError **error)
{
	g_autofree char *hint = NULL;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (has_event(world, path))
		return ENGINE_TARGET_FILE;
	hint = suggest_phrase(path, events_raw(world->events));
	probefs_set_error(error, ENOENT, "no such raw tracepoint %s%s", path,
			  hint);
	return ENGINE_TARGET_NONE;
}

/* Two subsystems may have an event of the same name. */
static GPtrArray *raw_list(const struct kind_world *world, const char *path,
			   bool *are_directories, GError **error)
{
	const GPtrArray *names = events_raw(world->events);
	GPtrArray *copy = g_ptr_array_new_full(names->len, g_free);
	const char *last = "";

	*are_directories = false;
	for (guint i = 0; i < names->len; i++) {
		if (!strcmp(names->pdata[i], last))
			continue;
		last = names->pdata[i];
		g_ptr_array_add(copy, g_strdup(last));
	}
	return copy;
}

static struct link *raw_attach(const struct link_plan *plan, int program_fd,
			       GError **error)
{
	struct bpf_prog_info info = {};
	uint32_t n_bytes = sizeof(info);
	const char *name = plan->target;
	struct link *link;
	int fd;

	/* A tp_btf program was given its tracepoint when it was loaded. */
	if (!bpf_obj_get_info_by_fd(program_fd, &info, &n_bytes) &&
	    info.type == BPF_PROG_TYPE_TRACING)
		name = NULL;
	fd = bpf_raw_tracepoint_open(name, program_fd);
	if (fd < 0) {
		/* The only check of the kernel that gives EINVAL here. */
		const char *why = fd == -EINVAL
					  ? "the program uses more arguments "
					    "than the tracepoint has"
					  : g_strerror(-fd);

		probefs_set_error(error, -fd,
				  "cannot attach to raw tracepoint %s: %s",
				  plan->target, why);
		return NULL;
	}
	link = link_new();
	link_take_fd(link, fd);
	return link;
}

const struct kind kind_raw_tracepoint = {
	.shown = {"raw_tracepoints", "tracepoints with their own arguments"},
	.sections = sections,
	.find = raw_find,
	.list = raw_list,
	.attach = raw_attach,
};
