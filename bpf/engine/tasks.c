/* SPDX-License-Identifier: GPL-2.0-only */
/* tasks.c - owns the workers and who waits for one. Knows not what they do. */
#include "tasks.h"

#include <glib.h>
#include <stdbool.h>

/* A worker more would only take its time from those who are traced. */
#define N_WORKERS_MAX 4

struct task {
	struct tasks *tasks; /* borrowed */
	task_fn work;
	task_fn then;
	void *data;
	GThread *worker; /* owned; NULL: not begun */
	guint source;    /* of the end, in the loop; set by the worker */
};

struct tasks {
	GQueue waiting; /* owned struct task */
	GQueue running; /* owned struct task */
	bool is_ending;
};

struct tasks *tasks_new(void)
{
	struct tasks *tasks = g_new0(struct tasks, 1);

	g_queue_init(&tasks->waiting);
	g_queue_init(&tasks->running);
	return tasks;
}

static void tasks_start(struct tasks *tasks);

static void task_end(struct task *task)
{
	task->then(task->data);
	g_free(task);
}

static gboolean worker_ended(void *data)
{
	struct task *task = data;
	struct tasks *tasks = task->tasks;

	g_thread_join(task->worker);
	g_queue_remove(&tasks->running, task);
	task_end(task);
	tasks_start(tasks);
	return G_SOURCE_REMOVE;
}

static void *work(void *data)
{
	struct task *task = data;

	task->work(task->data);
	/* Read by the loop only after it joined this thread. */
	task->source = g_idle_add_full(G_PRIORITY_DEFAULT, worker_ended, task,
				       NULL);
	return NULL;
}

static void tasks_start(struct tasks *tasks)
{
	while (!tasks->is_ending && tasks->waiting.length &&
	       tasks->running.length < N_WORKERS_MAX) {
		struct task *task = g_queue_pop_head(&tasks->waiting);

		g_queue_push_tail(&tasks->running, task);
		task->worker = g_thread_new("task", work, task);
	}
}

void tasks_add(struct tasks *tasks, task_fn worker, task_fn then, void *data)
{
	struct task *task = g_new0(struct task, 1);

	task->tasks = tasks;
	task->work = worker;
	task->then = then;
	task->data = data;
	g_queue_push_tail(&tasks->waiting, task);
	tasks_start(tasks);
}

void tasks_free(struct tasks *tasks)
{
	struct task *task;

	if (!tasks)
		return;
	tasks->is_ending = true;
	while ((task = g_queue_pop_head(&tasks->running))) {
		g_thread_join(task->worker);
		g_source_remove(task->source);
		task_end(task);
	}
	while ((task = g_queue_pop_head(&tasks->waiting)))
		task_end(task);
	g_free(tasks);
}
