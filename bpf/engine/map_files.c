/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_files.c - owns progs/NAME/maps/: a map as some files, read and changed
 * in workers. Knows no map's content.
 */
#include "file_task.h"

#include "bpf/maps/maps.h"

#include <bpf/btf.h>
#include <string.h>

/* A snapshot, and the entries that it is made from. */
#define SNAPSHOT_BYTES_MAX (256u << 20)

static const struct file_row text_row, other_row;

/* What stands behind a map's name. */
static const struct form {
	const char *suffix;
	const struct file_row *row;
	enum map_form form;
} forms[] = {
	{"", &text_row, MAP_TEXT},
	{".json", &other_row, MAP_JSON},
	{".percpu", &other_row, MAP_PERCPU},
	{".all", &other_row, MAP_ALL},
};

/* The form that a file's name means, and the map; NULL: none has it. */
static const struct form *find_map(const struct version *version,
				   const char *name,
				   struct version_map_shown *map)
{
	for (guint i = 0; version && version_map_shown(version, i, map); i++) {
		size_t n = strlen(map->name);

		if (strncmp(name, map->name, n))
			continue;
		for (guint j = 0; j < G_N_ELEMENTS(forms); j++)
			if (!strcmp(name + n, forms[j].suffix) &&
			    map_has_form(map->info->type, forms[j].form))
				return &forms[j];
	}
	return NULL;
}

static bool map_is_there(const struct engine_file *file)
{
	const struct program *program = file_program(file);
	struct version_map_shown map;

	return program && find_map(program->version, file_name(file), &map);
}

static const struct file_row *maps_find(const struct engine_file *directory,
					const char *name, GError **error)
{
	const struct program *program = file_program(directory);
	struct version_map_shown map;
	const struct form *form = find_map(program->version, name, &map);
	g_autoptr(GPtrArray) names = NULL;

	if (form)
		return form->row;
	names = g_ptr_array_new();
	for (guint i = 0;
	     program->version && version_map_shown(program->version, i, &map);
	     i++)
		g_ptr_array_add(names, (char *)(uintptr_t)map.name);
	file_set_missing(directory, "map", name, names, error);
	return NULL;
}

static bool maps_list(const struct engine_file *directory, GPtrArray *names,
		      GError **error)
{
	const struct version *version = file_program(directory)->version;
	struct version_map_shown map;

	for (guint i = 0; version && version_map_shown(version, i, &map); i++) {
		for (guint j = 0; j < G_N_ELEMENTS(forms); j++) {
			g_autofree char *name =
				g_strconcat(map.name, forms[j].suffix, NULL);

			if (map_has_form(map.info->type, forms[j].form))
				names_add(names, name, forms[j].row);
		}
	}
	return true;
}

/* --- In a worker ------------------------------------------------------- */

struct map_work {
	struct version_map_shown map;
	enum map_form form;
	enum map_histogram histogram;
};

/* BCC's programs do not say what a histogram's slots are, their loaders do. */
static enum map_histogram histogram_of(const struct program *program,
				       const struct version_map_shown *map)
{
	if (!map->is_histogram)
		return MAP_HISTOGRAM_BY_NAME;
	return program->has_log2 ? MAP_HISTOGRAM_LOG2 : MAP_HISTOGRAM_LINEAR;
}

static void map_prepare(struct file_task *task)
{
	struct map_work *work = task->own;
	const struct form *form = find_map(task->version, file_name(task->file),
					   &work->map);

	work->form = form ? form->form : MAP_TEXT;
	work->histogram = histogram_of(file_program(task->file), &work->map);
}

static struct btf *open_types(const struct version *version)
{
	g_autoptr(GBytes)
		section = object_section(version_object(version), ".BTF");
	size_t n_bytes;
	const void *bytes = section ? g_bytes_get_data(section, &n_bytes)
				    : NULL;

	return bytes ? btf__new(bytes, (uint32_t)n_bytes) : NULL;
}

/* NULL: task->error says why. */
static struct map_view *open_view(struct file_task *task)
{
	const struct map_work *work = task->own;
	struct btf *types = open_types(task->version);
	const struct map_source source = {
		.fd = work->map.fd,
		.info = work->map.info,
		.btf = types,
		.key_type_id = work->map.key_type_id,
		.value_type_id = work->map.value_type_id,
		.name = work->map.name,
		.histogram = work->histogram,
	};
	struct map_view *view = map_view_new(&source, &task->error);

	btf__free(types);
	return view;
}

static void map_show(struct file_task *task)
{
	const struct map_work *work = task->own;
	struct map_view *view = open_view(task);

	if (view)
		task->content = map_render(view, work->form, SNAPSHOT_BYTES_MAX,
					   &task->error);
	map_view_free(view);
}

static void map_change(struct file_task *task)
{
	struct map_view *view = open_view(task);

	if (view && task->what == FILE_CHECK)
		map_check(view, task->text, task->n_bytes, &task->error);
	else if (view)
		map_write(view, task->text, task->n_bytes,
			  task->what == FILE_REPLACE, &task->error);
	map_view_free(view);
}

static const struct file_work map_work = {
	.own_bytes = sizeof(struct map_work),
	.prepare = map_prepare,
	.show = map_show,
	.write = map_change,
};

/* --- Rows -------------------------------------------------------------- */

static const struct file_row text_row = {
	.is_there = map_is_there,
	.show_later = file_task_show,
	.write = file_task_write,
	.work = &map_work,
};

static const struct file_row other_row = {
	.is_there = map_is_there,
	.show_later = file_task_show,
	.work = &map_work,
};

const struct file_row maps_row = {
	.name = "maps",
	.is_directory = true,
	.find = maps_find,
	.list = maps_list,
};
