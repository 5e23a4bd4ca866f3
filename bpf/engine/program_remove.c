/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_remove.c - owns the end of a program. Knows nothing of compiling.
 */
#include "program_request.h"

static void request_move(gpointer request, gpointer program)
{
	((struct program_request *)request)->program = program;
}

static void removal_finish(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;
	struct engine *engine = program->engine;
	engine_done_fn done = request->done;
	void *done_data = request->data;
	GQueue waiting = program->requests;
	GError *error = g_steal_pointer(&request->error);

	g_hash_table_steal(engine->programs, program->name);
	program_changed(program);
	program_request_free(request);
	/* What was asked for after the removal makes it anew. */
	if (waiting.length) {
		struct program *anew = program_new(engine, program->name,
						   program->uid);

		anew->requests = waiting;
		g_queue_foreach(&waiting, request_move, anew);
		program_changed(anew);
		program_next(anew);
	}
	program_free(program);
	operations_finish(engine->operations);
	done(error, done_data);
}

static void removal_detach(void *data)
{
	struct program_request *request = data;

	attachments_detach(request->old);
}

void removal_start(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;
	struct engine *engine = program->engine;
	g_autoptr(GPtrArray) all = points_list(engine->points, program->name);

	request->old = attachments_new();
	if (program->version)
		version_set_active(program->version, false);
	for (guint i = 0; i < all->len; i++) {
		struct attachment *attachment = all->pdata[i];

		g_ptr_array_add(request->old,
				points_remove(engine->points, attachment));
		engine_point_changed(engine, attachment->plan);
	}
	operations_work(engine->operations, removal_detach, removal_finish,
			request);
}
