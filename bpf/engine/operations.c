/* SPDX-License-Identifier: GPL-2.0-only */
/* operations.c - owns the queue and the worker. Knows not what they do. */
#include "operations.h"

#include <malloc.h>

/* So long after the last operation memory goes back. */
enum { QUIET_MS = 200 };

struct step {
	operation_fn work; /* NULL: begin an operation */
	operation_fn then;
	void *data;
};

struct operations {
	GQueue waiting; /* owned struct step */
	bool is_busy;
	bool is_ending;
	struct step current;
	GThread *worker; /* owned; NULL: none runs */
	guint source;    /* of the next call in the loop; 0: none */
	guint quiet;     /* source of the call that trims; 0: none */
};

static void operations_start_next(struct operations *operations);

struct operations *operations_new(void)
{
	struct operations *operations = g_new0(struct operations, 1);

	g_queue_init(&operations->waiting);
	return operations;
}

bool operations_are_ending(const struct operations *operations)
{
	return operations->is_ending;
}

static gboolean begin_in_loop(void *data)
{
	struct operations *operations = data;

	operations->source = 0;
	operations_start_next(operations);
	return G_SOURCE_REMOVE;
}

/* The loop begins the next operation soon, unless something is under way. */
static void operations_schedule(struct operations *operations)
{
	if (operations->is_busy || operations->source ||
	    operations->is_ending || !operations->waiting.length)
		return;
	operations->source = g_idle_add_full(G_PRIORITY_DEFAULT, begin_in_loop,
					     operations, NULL);
}

static void operations_start_next(struct operations *operations)
{
	struct step *step = g_queue_pop_head(&operations->waiting);

	if (!step)
		return;
	operations->is_busy = true;
	operations->current = *step;
	g_free(step);
	operations->current.then(operations->current.data);
}

void operations_push(struct operations *operations, operation_fn start,
		     void *data)
{
	struct step *step = g_new0(struct step, 1);

	step->then = start;
	step->data = data;
	g_queue_push_tail(&operations->waiting, step);
	operations_schedule(operations);
}

/*
 * One small block that stays at the end of an arena keeps all that was freed
 * before it: now and then 5 MB after a load.
 */
static gboolean trim(void *data)
{
	struct operations *operations = data;

	operations->quiet = 0;
	malloc_trim(0);
	return G_SOURCE_REMOVE;
}

void operations_finish(struct operations *operations)
{
	operations->is_busy = false;
	operations_schedule(operations);
	if (operations->quiet)
		g_source_remove(operations->quiet);
	operations->quiet = 0;
	if (!operations->source && !operations->is_ending)
		operations->quiet = g_timeout_add(QUIET_MS, trim, operations);
}

static void operations_join(struct operations *operations)
{
	g_thread_join(g_steal_pointer(&operations->worker));
	operations->source = 0;
	operations->current.then(operations->current.data);
}

static gboolean worker_ended(void *data)
{
	operations_join(data);
	return G_SOURCE_REMOVE;
}

static void *work(void *data)
{
	struct operations *operations = data;

	operations->current.work(operations->current.data);
	/* Read by the loop only after it joined this thread. */
	operations->source = g_idle_add_full(G_PRIORITY_DEFAULT, worker_ended,
					     operations, NULL);
	return NULL;
}

void operations_work(struct operations *operations, operation_fn worker,
		     operation_fn then, void *data)
{
	operations->current = (struct step){worker, then, data};
	if (operations->is_ending) {
		worker(data);
		then(data);
		return;
	}
	operations->worker = g_thread_new("operation", work, operations);
}

void operations_free(struct operations *operations)
{
	if (!operations)
		return;
	operations->is_ending = true;
	if (operations->worker) {
		g_thread_join(g_steal_pointer(&operations->worker));
		g_source_remove(operations->source);
		operations->source = 0;
		operations->current.then(operations->current.data);
	}
	if (operations->source)
		g_source_remove(operations->source);
	while (operations->waiting.length)
		operations_start_next(operations);
	if (operations->quiet)
		g_source_remove(operations->quiet);
	g_free(operations);
}
