/* SPDX-License-Identifier: GPL-2.0-only */
/* types.c - owns the tree of types/: the C declarations of what is traced. */
#include "engine_state.h"
#include "bpf/error.h"
#include "bpf/kernel/event_struct.h"
#include "bpf/suggest.h"
#include "bpf/kernel/tracefs.h"

#include <errno.h>
#include <string.h>

#define TRACEPOINTS "tracepoints"

/* The part of @path below "tracepoints", or NULL. */
static const char *below_tracepoints(const char *path)
{
	if (!g_str_has_prefix(path, TRACEPOINTS))
		return NULL;
	path += strlen(TRACEPOINTS);
	return !*path ? path : *path == '/' ? path + 1 : NULL;
}

static void set_missing(const char *path, GError **error)
{
	probefs_set_error(error, ENOENT,
			  "no %s in types; there is " TRACEPOINTS
			  "/SUBSYSTEM/EVENT",
			  path);
}

enum engine_target_type engine_type_find(struct engine *engine,
					 const char *path, GError **error)
{
	const char *event = below_tracepoints(path);

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (event)
		return kind_tracepoint.find(&engine->world, event, error);
	set_missing(path, error);
	return ENGINE_TARGET_NONE;
}

GPtrArray *engine_type_list(struct engine *engine, const char *path,
			    bool *are_directories, GError **error)
{
	const char *event = below_tracepoints(path);
	GPtrArray *top;

	if (event)
		return kind_tracepoint.list(&engine->world, event,
					    are_directories, error);
	if (*path) {
		set_missing(path, error);
		return NULL;
	}
	*are_directories = true;
	top = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(top, g_strdup(TRACEPOINTS));
	return top;
}

char *engine_type_show(struct engine *engine, const char *path, GError **error)
{
	const char *target = below_tracepoints(path);
	g_autofree char *file = NULL, *format = NULL;
	g_auto(GStrv) names = NULL;

	if (engine_type_find(engine, path, error) != ENGINE_TARGET_FILE) {
		if (error && !*error)
			probefs_set_error(error, EISDIR,
					  "types/%s is a directory", path);
		return NULL;
	}
	names = g_strsplit(target, "/", 2);
	file = g_strdup_printf("events/%s/format", target);
	format = tracefs_read(engine->world.tracefs, file, error);
	return format ? event_struct(names[0], names[1], format) : NULL;
}
