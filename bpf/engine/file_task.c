/* SPDX-License-Identifier: GPL-2.0-only */
/* file_task.c - owns the way to a worker and back. Knows no row's work. */
#include "file_task.h"

#include "bpf/error.h"
#include "tasks.h"

#include <errno.h>

static struct file_task *task_new(struct engine_file *file, void *data)
{
	struct file_task *task = g_new0(struct file_task, 1);

	task->file = engine_file_ref(file);
	task->version = version_ref(file_program(file)->version);
	task->own = g_malloc0(file->row->work->own_bytes);
	task->data = data;
	file->row->work->prepare(task);
	return task;
}

static void task_free(struct file_task *task)
{
	engine_file_unref(task->file);
	version_unref(task->version);
	g_clear_pointer(&task->content, g_bytes_unref);
	g_clear_error(&task->error);
	g_free(task->text);
	g_free(task->own);
	g_free(task);
}

static void task_work(void *data)
{
	struct file_task *task = data;
	const struct file_work *work = task->file->row->work;

	task->is_begun = true;
	if (task->shown)
		work->show(task);
	else
		work->write(task);
}

static void task_end(void *data)
{
	struct file_task *task = data;
	const struct file_work *work = task->file->row->work;

	if (!task->is_begun)
		probefs_set_error(&task->error, ECANCELED, "probefs is ending");
	if (task->shown)
		task->shown(task->content, task->error, task->data);
	else if (task->error || !work->finish || !work->finish(task))
		task->done(task->error, task->data);
	task_free(task);
}

void file_task_show(struct engine_file *file, engine_show_fn done, void *data)
{
	struct file_task *task = task_new(file, data);

	task->shown = done;
	tasks_add(file->engine->tasks, task_work, task_end, task);
}

void file_task_write(struct engine_file *file, const char *text, size_t n_bytes,
		     enum file_write what, uid_t uid, engine_done_fn done,
		     void *data)
{
	GError *error = NULL;
	struct file_task *task;

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
