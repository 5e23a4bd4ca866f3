/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * var_files.c - owns progs/NAME/vars/: a global variable as a file, read and
 * set in workers. Knows no value's meaning.
 *
 * The verifier takes a constant's value for granted: a new one needs a new
 * version of the program, made from the same object, which takes the old
 * one's place as that of a new source does.
 */
#include "file_row.h"
#include "tasks.h"

#include "bpf/error.h"
#include "bpf/maps/maps.h"
#include "bpf/suggest.h"

#include <errno.h>
#include <string.h>

static const struct file_row variable_row;

static bool find_variable(const struct version *version, const char *name,
			  struct version_variable *variable)
{
	for (guint i = 0; version && version_variable(version, i, variable);
	     i++)
		if (!strcmp(variable->name, name))
			return true;
	return false;
}

static bool variable_is_there(const struct engine_file *file)
{
	const struct program *program = file_program(file);
	struct version_variable variable;

	return program &&
	       find_variable(program->version, file_name(file), &variable);
}

static void set_missing(const struct program *program, const char *name,
			GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL;
	struct version_variable variable;

	for (guint i = 0; program->version &&
			  version_variable(program->version, i, &variable);
	     i++)
		g_ptr_array_add(names, (char *)(uintptr_t)variable.name);
	hint = suggest_phrase(name, names);
	probefs_set_error(error, ENOENT,
			  "program %s has no global variable %s%s",
			  program->name, name, hint);
}

static const struct file_row *vars_find(const struct engine_file *directory,
					const char *name, GError **error)
{
	const struct program *program = file_program(directory);
	struct version_variable variable;

	if (find_variable(program->version, name, &variable))
		return &variable_row;
	set_missing(program, name, error);
	return NULL;
}

static bool vars_list(const struct engine_file *directory, GPtrArray *names,
		      GError **error)
{
	const struct version *version = file_program(directory)->version;
	struct version_variable variable;

	for (guint i = 0; version && version_variable(version, i, &variable);
	     i++)
		names_add(names, variable.name, &variable_row);
	return true;
}

/* --- In a worker ------------------------------------------------------- */

struct variable_task {
	struct engine_file *file; /* counted */
	struct version *version;  /* counted: it has the variable */
	struct version_variable place;
	struct map_variable variable;
	bool is_begun;
	GError *error;
	/* Reading. */
	GBytes *content;
	engine_show_fn shown;
	/* Writing. */
	char *text;
	size_t n_bytes;
	enum file_write what;
	GBytes *object; /* owned: with the new value of a constant */
	engine_done_fn done;
	void *data;
};

/* The variable of @file, which is there. */
static struct variable_task *task_new(struct engine_file *file, void *data)
{
	struct variable_task *task = g_new0(struct variable_task, 1);

	task->file = engine_file_ref(file);
	task->version = version_ref(file_program(file)->version);
	find_variable(task->version, file_name(file), &task->place);
	task->variable = (struct map_variable){
		.name = task->place.name,
		.fd = task->place.fd,
		.map_bytes = task->place.map_bytes,
		.offset = task->place.offset,
		.n_bytes = task->place.n_bytes,
		.type_id = task->place.type_id,
	};
	task->data = data;
	return task;
}

static void write_value(struct variable_task *task, GBytes *btf)
{
	g_autoptr(GBytes)
		value = map_variable_parse(&task->variable, btf, task->text,
					   task->n_bytes, &task->error);

	if (!value || task->what == FILE_CHECK)
		return;
	if (task->place.is_constant)
		task->object = object_with_value(
			object_bytes(version_object(task->version)),
			task->place.section, task->place.offset,
			g_bytes_get_data(value, NULL), task->place.n_bytes);
	else
		map_variable_set(&task->variable, value, &task->error);
}

static void task_work(void *data)
{
	struct variable_task *task = data;
	g_autoptr(GBytes)
		btf = object_section(version_object(task->version), ".BTF");

	task->is_begun = true;
	if (task->shown)
		task->content = map_variable_render(&task->variable, btf,
						    &task->error);
	else
		write_value(task, btf);
}

static void task_free(struct variable_task *task)
{
	engine_file_unref(task->file);
	version_unref(task->version);
	g_clear_error(&task->error);
	g_clear_pointer(&task->content, g_bytes_unref);
	g_clear_pointer(&task->object, g_bytes_unref);
	g_free(task->text);
	g_free(task);
}

/* The program with the new constant, unless another has its place by now. */
static void reload(struct variable_task *task)
{
	const struct program *program = file_program(task->file);
	const struct engine_source source = {
		.name = task->file->program,
		.text = task->object,
		.is_object = true,
		.uid = program ? program->uid : 0,
	};

	if (program && program->version == task->version) {
		engine_program_set(task->file->engine, &source, task->done,
				   task->data);
		return;
	}
	probefs_set_error(&task->error, ECANCELED,
			  "the program %s was replaced or removed meanwhile",
			  task->file->program);
	task->done(task->error, task->data);
}

static void task_end(void *data)
{
	struct variable_task *task = data;

	if (!task->is_begun)
		probefs_set_error(&task->error, ECANCELED, "probefs is ending");
	if (task->shown)
		task->shown(task->content, task->error, task->data);
	else if (task->object)
		reload(task);
	else
		task->done(task->error, task->data);
	task_free(task);
}

static void variable_show(struct engine_file *file, engine_show_fn done,
			  void *data)
{
	struct variable_task *task = task_new(file, data);

	task->shown = done;
	tasks_add(file->engine->tasks, task_work, task_end, task);
}

static void variable_set(struct engine_file *file, const char *text,
			 size_t n_bytes, enum file_write what, uid_t uid,
			 engine_done_fn done, void *data)
{
	GError *error = NULL;
	struct variable_task *task;

	if (!program_check_owner(file_program(file), uid, &error)) {
		engine_answer_later(file->engine, done, data, error);
		return;
	}
	task = task_new(file, data);
	task->text = g_memdup2(text, n_bytes);
	task->n_bytes = n_bytes;
	task->what = what;
	task->done = done;
	tasks_add(file->engine->tasks, task_work, task_end, task);
}

static const struct file_row variable_row = {
	.is_there = variable_is_there,
	.show_later = variable_show,
	.write = variable_set,
};

const struct file_row vars_row = {
	.name = "vars",
	.is_directory = true,
	.find = vars_find,
	.list = vars_list,
};
