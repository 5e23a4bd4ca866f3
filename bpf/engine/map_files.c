/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_files.c - owns progs/NAME/maps/: a map as some files, read and changed
 * in workers. Knows no map's content.
 */
#include "file_row.h"
#include "tasks.h"

#include "bpf/error.h"
#include "bpf/maps/maps.h"
#include "bpf/suggest.h"

#include <bpf/btf.h>
#include <errno.h>
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

static bool has_form(const struct version_map_shown *map, enum map_form form)
{
	switch (form) {
	case MAP_PERCPU:
		return map->info->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		       map->info->type == BPF_MAP_TYPE_PERCPU_HASH ||
		       map->info->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	case MAP_ALL:
		return map->info->type == BPF_MAP_TYPE_ARRAY ||
		       map->info->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	case MAP_TEXT:
	case MAP_JSON:
		break;
	}
	return true;
}

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
			    has_form(map, forms[j].form))
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

static void set_missing(const struct program *program, const char *name,
			GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL;
	struct version_map_shown map;

	for (guint i = 0;
	     program->version && version_map_shown(program->version, i, &map);
	     i++)
		g_ptr_array_add(names, (char *)(uintptr_t)map.name);
	hint = suggest_phrase(name, names);
	probefs_set_error(error, ENOENT, "program %s has no map %s%s",
			  program->name, name, hint);
}

static const struct file_row *maps_find(const struct engine_file *directory,
					const char *name, GError **error)
{
	const struct program *program = file_program(directory);
	struct version_map_shown map;
	const struct form *form = find_map(program->version, name, &map);

	if (form)
		return form->row;
	set_missing(program, name, error);
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

			if (has_form(&map, forms[j].form))
				names_add(names, name, forms[j].row);
		}
	}
	return true;
}

/* --- In a worker ------------------------------------------------------- */

struct map_task {
	struct engine_file *file; /* counted */
	struct version *version;  /* counted: it has the map */
	struct version_map_shown map;
	enum map_form form;
	enum map_histogram histogram;
	bool is_begun;
	GError *error;
	/* Reading. */
	GBytes *content;
	engine_show_fn shown;
	/* Writing. */
	char *text;
	size_t n_bytes;
	enum file_write what;
	engine_done_fn done;
	void *data;
};

/* BCC's programs do not say what a histogram's slots are, their loaders do. */
static enum map_histogram histogram_of(const struct program *program,
				       const struct version_map_shown *map)
{
	if (!map->is_histogram)
		return MAP_HISTOGRAM_BY_NAME;
	return program->has_log2 ? MAP_HISTOGRAM_LOG2 : MAP_HISTOGRAM_LINEAR;
}

/* The map of @file, which is there. */
static struct map_task *task_new(struct engine_file *file)
{
	const struct program *program = file_program(file);
	struct map_task *task = g_new0(struct map_task, 1);
	const struct form *form;

	task->file = engine_file_ref(file);
	task->version = version_ref(program->version);
	form = find_map(task->version, file_name(file), &task->map);
	task->form = form ? form->form : MAP_TEXT;
	task->histogram = histogram_of(program, &task->map);
	return task;
}

static void task_free(struct map_task *task)
{
	engine_file_unref(task->file);
	version_unref(task->version);
	g_clear_error(&task->error);
	if (task->content)
		g_bytes_unref(task->content);
	g_free(task->text);
	g_free(task);
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

static void work(struct map_task *task)
{
	struct btf *types = open_types(task->version);
	const struct map_source source = {
		.fd = task->map.fd,
		.info = task->map.info,
		.btf = types,
		.key_type_id = task->map.key_type_id,
		.value_type_id = task->map.value_type_id,
		.name = task->map.name,
		.histogram = task->histogram,
	};
	struct map_view *view = map_view_new(&source, &task->error);

	task->is_begun = true;
	if (view && task->shown)
		task->content = map_render(view, task->form, SNAPSHOT_BYTES_MAX,
					   &task->error);
	else if (view && task->what == FILE_CHECK)
		map_check(view, task->text, task->n_bytes, &task->error);
	else if (view)
		map_write(view, task->text, task->n_bytes,
			  task->what == FILE_REPLACE, &task->error);
	map_view_free(view);
	btf__free(types);
}

static void task_work(void *data)
{
	work(data);
}

static void task_end(void *data)
{
	struct map_task *task = data;

	if (!task->is_begun)
		probefs_set_error(&task->error, ECANCELED, "probefs is ending");
	if (task->shown)
		task->shown(task->content, task->error, task->data);
	else
		task->done(task->error, task->data);
	task_free(task);
}

static void map_show(struct engine_file *file, engine_show_fn done, void *data)
{
	struct map_task *task = task_new(file);

	task->shown = done;
	task->data = data;
	tasks_add(file->engine->tasks, task_work, task_end, task);
}

static void map_change(struct engine_file *file, const char *text,
		       size_t n_bytes, enum file_write what, uid_t uid,
		       engine_done_fn done, void *data)
{
	GError *error = NULL;
	struct map_task *task;

	if (!program_check_owner(file_program(file), uid, &error)) {
		engine_answer_later(file->engine, done, data, error);
		return;
	}
	task = task_new(file);
	task->text = g_memdup2(text, n_bytes);
	task->n_bytes = n_bytes;
	task->what = what;
	task->done = done;
	task->data = data;
	tasks_add(file->engine->tasks, task_work, task_end, task);
}

/* --- Rows -------------------------------------------------------------- */

static const struct file_row text_row = {
	.is_there = map_is_there,
	.show_later = map_show,
	.write = map_change,
};

static const struct file_row other_row = {
	.is_there = map_is_there,
	.show_later = map_show,
};

const struct file_row maps_row = {
	.name = "maps",
	.is_directory = true,
	.find = maps_find,
	.list = maps_list,
};
