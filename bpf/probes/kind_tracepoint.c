/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_tracepoint.c - owns tracepoints/SUBSYSTEM/EVENT: the kernel's trace
 * events, through perf events of their ids.
 */
#include "bpf/error.h"
#include "bpf/kernel/events.h"
#include "kinds.h"
#include "link.h"
#include "bpf/kernel/tracefs.h"

#include <errno.h>
#include <string.h>

static const struct kind_section sections[] = {
	{"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, NULL},
	{"tp", BPF_PROG_TYPE_TRACEPOINT, 0, NULL},
	{},
};

static bool split_target(const char *path, char **subsystem, const char **event)
{
	const char *slash = strchr(path, '/');

	*event = slash ? slash + 1 : NULL;
	*subsystem = slash ? g_strndup(path, slash - path) : g_strdup(path);
	return !slash || !strchr(slash + 1, '/');
}

static enum engine_target_type tracepoint_find(const struct kind_world *world,
					       const char *path, GError **error)
{
	g_autofree char *subsystem = NULL;
	g_autofree char *directory = g_strconcat("events/", path, NULL);
	const char *event;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (!split_target(path, &subsystem, &event)) {
		probefs_set_error(error, ENOENT,
				  "a tracepoint is SUBSYSTEM/EVENT, and %s "
				  "has more parts",
				  path);
		return ENGINE_TARGET_NONE;
	}
	/* The names are the user's: ".." must not reach tracefs. */
	if (!strstr(path, "..") &&
	    (event ? !events_has(world->events, subsystem, event)
		   : !events_in(world->events, subsystem)) &&
	    tracefs_has(world->tracefs, directory))
		events_reload(world->events);
	if (!event && events_in(world->events, subsystem))
		return ENGINE_TARGET_DIRECTORY;
	if (event && events_has(world->events, subsystem, event))
		return ENGINE_TARGET_FILE;
	events_set_missing(world->events, subsystem, event ? event : "", error);
	return ENGINE_TARGET_NONE;
}

static GPtrArray *tracepoint_list(const struct kind_world *world,
				  const char *path, bool *are_directories,
				  GError **error)
{
	const GPtrArray *names = *path ? events_in(world->events, path)
				       : events_subsystems(world->events);
	GPtrArray *copy;

	if (!names) {
		events_set_missing(world->events, path, "", error);
		return NULL;
	}
	*are_directories = !*path;
	copy = g_ptr_array_new_full(names->len, g_free);
	for (guint i = 0; i < names->len; i++)
		g_ptr_array_add(copy, g_strdup(names->pdata[i]));
	return copy;
}

static struct link *tracepoint_attach(const struct link_plan *plan,
				      int program_fd, GError **error)
{
	struct link *link;
	g_autofree char *subsystem = NULL;
	const char *event;
	uint64_t id;

	split_target(plan->target, &subsystem, &event);
	if (!tracefs_event_id(plan->tracefs, subsystem, event, &id, error))
		return NULL;
	link = link_new();
	if (!link_add_event_id(link, id, program_fd, plan->cookie)) {
		int err = errno;

		probefs_set_error(error, err,
				  "cannot attach to tracepoint "
				  "%s: %s",
				  plan->target, g_strerror(err));
		g_clear_pointer(&link, link_free);
	}
	return link;
}

const struct kind kind_tracepoint = {
	.shown = {"tracepoints", "the kernel's trace events, SUBSYSTEM/EVENT"},
	.sections = sections,
	.find = tracepoint_find,
	.list = tracepoint_list,
	.attach = tracepoint_attach,
};
