/* SPDX-License-Identifier: GPL-2.0-only */
/* types.c - owns the tree of types/: the C declarations of what is traced. */
#include "file_row.h"

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

static const struct file_row type_row;
static const struct file_row subdirectory_row;

static const struct file_row *type_find(const struct engine_file *directory,
					const char *name, GError **error)
{
	g_autofree char *path = g_strconcat(directory->path,
					    *directory->path ? "/" : "", name,
					    NULL);
	const struct kind_world *world = &directory->engine->world;
	const char *event = below_tracepoints(path);

	if (!event) {
		set_missing(path, error);
		return NULL;
	}
	switch (kind_tracepoint.find(world, event, error)) {
	case ENGINE_TARGET_FILE:
		return &type_row;
	case ENGINE_TARGET_DIRECTORY:
		return &subdirectory_row;
	case ENGINE_TARGET_NONE:
		break;
	}
	return NULL;
}

static bool type_list(const struct engine_file *directory, GPtrArray *names,
		      GError **error)
{
	const char *event = below_tracepoints(directory->path);
	g_autoptr(GPtrArray) found = NULL;
	bool are_directories;

	if (!event) {
		names_add(names, TRACEPOINTS, &subdirectory_row);
		return true;
	}
	found = kind_tracepoint.list(&directory->engine->world, event,
				     &are_directories, error);
	for (guint i = 0; found && i < found->len; i++)
		names_add(names, found->pdata[i],
			  are_directories ? &subdirectory_row : &type_row);
	return found;
}

static GBytes *type_show(const struct engine_file *file, GError **error)
{
	const char *target = below_tracepoints(file->path);
	g_autofree char *path = g_strdup_printf("events/%s/format", target);
	g_auto(GStrv) names = g_strsplit(target, "/", 2);
	g_autofree char *format = tracefs_read(file->engine->world.tracefs,
					       path, error);
	char *text = format ? event_struct(names[0], names[1], format) : NULL;

	return text ? g_bytes_new_take(text, strlen(text)) : NULL;
}

static const struct file_row type_row = {.show = type_show};

static const struct file_row subdirectory_row = {
	.is_directory = true,
	.find = type_find,
	.list = type_list,
};

const struct file_row types_directory_row = {
	.is_directory = true,
	.find = type_find,
	.list = type_list,
};
