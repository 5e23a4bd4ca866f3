/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_remove.c - owns the end of a program. Knows nothing of compiling.
 *
 * The end has two parts: at once nobody sees the program any more and its name
 * is free; in its turn a worker detaches its functions, which takes long.
 */
#include "program_request.h"

void program_leave(struct program *program)
{
	struct engine *engine = program->engine;
	g_autoptr(GPtrArray) all = points_list(engine->points, program->name);

	program->is_removed = true;
	if (program->version) {
		version_set_active(program->version, false);
		version_retire(program->version);
	}
	for (guint i = 0; i < all->len; i++) {
		const struct attachment *attachment = all->pdata[i];

		engine_point_changed(engine, attachment->plan);
	}
	g_hash_table_steal(engine->programs, program->name);
	program_changed(program);
}

static void removal_finish(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;
	struct engine *engine = program->engine;
	engine_done_fn done = request->done;
	void *done_data = request->data;

	program_request_free(request);
	program_free(program);
	operations_finish(engine->operations);
	done(NULL, done_data);
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
	g_autoptr(GPtrArray) all = NULL;

	request->old = attachments_new();
	if (program->version)
		all = points_list_version(engine->points, program->name,
					  program->version);
	for (guint i = 0; all && i < all->len; i++)
		g_ptr_array_add(request->old,
				points_remove(engine->points, all->pdata[i]));
	operations_work(engine->operations, removal_detach, removal_finish,
			request);
}
