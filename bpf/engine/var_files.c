/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * var_files.c - owns progs/NAME/vars/: a global variable as a file, read and
 * set in workers. Knows no value's meaning.
 *
 * The verifier takes a constant's value for granted: a new one needs a new
 * version of the program, made from the same object, which takes the old
 * one's place as that of a new source does.
 */
#include "file_task.h"

#include "bpf/error.h"
#include "bpf/maps/maps.h"

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

static const struct file_row *vars_find(const struct engine_file *directory,
					const char *name, GError **error)
{
	const struct program *program = file_program(directory);
	struct version_variable variable;
	g_autoptr(GPtrArray) names = NULL;

	if (find_variable(program->version, name, &variable))
		return &variable_row;
	names = g_ptr_array_new();
	for (guint i = 0; program->version &&
			  version_variable(program->version, i, &variable);
	     i++)
		g_ptr_array_add(names, (char *)(uintptr_t)variable.name);
	file_set_missing(directory, "global variable", name, names, error);
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

struct variable_work {
	struct version_variable variable;
	GBytes *object; /* owned: with the new value of a constant, or NULL */
};

static void variable_prepare(struct file_task *task)
{
	struct variable_work *work = task->own;

	find_variable(task->version, file_name(task->file), &work->variable);
}

static GBytes *raw_types(const struct file_task *task)
{
	return object_section(version_object(task->version), ".BTF");
}

static void variable_show(struct file_task *task)
{
	const struct variable_work *work = task->own;
	g_autoptr(GBytes) btf = raw_types(task);

	task->content = map_variable_render(&work->variable, btf, &task->error);
}

static void variable_set(struct file_task *task)
{
	struct variable_work *work = task->own;
	g_autoptr(GBytes) btf = raw_types(task);
	g_autoptr(GBytes)
		value = map_variable_parse(&work->variable, btf, task->text,
					   task->n_bytes, &task->error);

	if (!value || task->what == FILE_CHECK)
		return;
	if (work->variable.is_constant)
		work->object = object_with_value(
			object_bytes(version_object(task->version)),
			work->variable.section, work->variable.offset,
			g_bytes_get_data(value, NULL), work->variable.n_bytes);
	else
		map_variable_set(&work->variable, value, &task->error);
}

/* A constant: the program with its new value, unless another has its place. */
static bool variable_reload(struct file_task *task)
{
	const struct variable_work *work = task->own;
	const struct program *program = file_program(task->file);
	g_autoptr(GBytes) object = work->object;
	const struct engine_source source = {
		.name = task->file->program,
		.text = object,
		.is_object = true,
		.uid = program ? program->uid : 0,
	};

	if (object && program && program->version == task->version) {
		engine_program_set(task->file->engine, &source, task->done,
				   task->data);
		return true;
	}
	if (object)
		probefs_set_error(&task->error, ECANCELED,
				  "the program %s was replaced or removed "
				  "meanwhile",
				  task->file->program);
	return false;
}

static const struct file_work variable_work = {
	.own_bytes = sizeof(struct variable_work),
	.prepare = variable_prepare,
	.show = variable_show,
	.write = variable_set,
	.finish = variable_reload,
};

static const struct file_row variable_row = {
	.is_there = variable_is_there,
	.show_later = file_task_show,
	.write = file_task_write,
	.work = &variable_work,
};

const struct file_row vars_row = {
	.name = "vars",
	.is_directory = true,
	.find = vars_find,
	.list = vars_list,
};
