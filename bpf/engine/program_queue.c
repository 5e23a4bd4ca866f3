/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_queue.c - owns the requests of programs: their order, their answers,
 * and the compiling before an installation. Knows nothing of probe points.
 */
#include "program_request.h"

#include "bpf/compile/compile.h"
#include "bpf/error.h"
#include "bpf/streams/ring_ahead.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- Requests ---------------------------------------------------------- */

void program_request_free(struct program_request *request)
{
	for (size_t i = 0; i < request->source.n_headers; i++) {
		g_free((char *)(uintptr_t)request->headers[i].name);
		g_bytes_unref(request->headers[i].text);
	}
	g_free(request->headers);
	g_free((char *)(uintptr_t)request->source.name);
	g_free((char *)(uintptr_t)request->source.cflags);
	g_free((char *)(uintptr_t)request->source.successor_of);
	g_clear_pointer(&request->source.text, g_bytes_unref);
	g_clear_pointer(&request->object, g_bytes_unref);
	g_clear_pointer(&request->types, g_bytes_unref);
	g_clear_pointer(&request->attachments, g_ptr_array_unref);
	g_clear_pointer(&request->old, g_ptr_array_unref);
	ring_ahead_free(request->ahead);
	ring_clear(&request->ring);
	version_unref(request->version);
	version_unref(request->replaced);
	g_clear_error(&request->error);
	if (request->notes)
		g_string_free(request->notes, TRUE);
	g_free(request);
}

/* Lines and columns are then as editors count them. */
static GBytes *without_byte_order_mark(GBytes *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t n_mark = sizeof(mark) - 1;
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(text, &n_bytes);

	if (n_bytes < n_mark || memcmp(bytes, mark, n_mark))
		return g_bytes_ref(text);
	return g_bytes_new_from_bytes(text, n_mark, n_bytes - n_mark);
}

static void request_copy_source(struct program_request *request,
				const struct engine_source *source)
{
	struct engine_source *copy = &request->source;

	*copy = *source;
	copy->name = g_strdup(source->name);
	copy->cflags = g_strdup(source->cflags);
	copy->successor_of = g_strdup(source->successor_of);
	copy->text = without_byte_order_mark(source->text);
	request->headers = g_new0(struct engine_header, source->n_headers);
	for (size_t i = 0; i < source->n_headers; i++) {
		request->headers[i].name = g_strdup(source->headers[i].name);
		request->headers[i].text = g_bytes_ref(source->headers[i].text);
	}
	copy->headers = request->headers;
}

struct answer {
	struct operations *operations; /* borrowed */
	engine_done_fn done;
	void *data;
	GError *error; /* owned */
};

/* A failure before anything began; the caller is not called back at once. */
static void answer_failure(void *data)
{
	struct answer *answer = data;
	struct answer copy = *answer;

	g_free(answer);
	operations_finish(copy.operations);
	copy.done(copy.error, copy.data);
	g_clear_error(&copy.error);
}

void engine_answer_later(struct engine *engine, engine_done_fn done, void *data,
			 GError *error)
{
	struct answer *answer = g_new0(struct answer, 1);

	*answer = (struct answer){engine->operations, done, data, error};
	operations_push(engine->operations, answer_failure, answer);
}

void program_request_finish(struct program_request *request)
{
	struct program *program = request->program;
	engine_done_fn done = request->done;
	void *data = request->data;
	GError *error = g_steal_pointer(&request->error);

	program_request_free(request);
	program->is_busy = false;
	done(error, data);
	g_clear_error(&error);
	program_next(program);
}

/* --- Compiling --------------------------------------------------------- */

static void write_compiled(const struct compile_result *result,
			   const GError *error, void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;

	g_string_assign(program->errors, result->diagnostics);
	if (!error) {
		request->object = g_bytes_ref(result->object);
		request->types = result->types ? g_bytes_ref(result->types)
					       : NULL;
		operations_push(program->engine->operations, install_start,
				request);
		return;
	}
	request->error = g_error_copy(error);
	if (!*result->diagnostics)
		program_add_error(program, NULL, error);
	program_changed(program);
	program_request_finish(request);
}

/* Objects need no compiler: a daemon without one is of some use. */
static bool has_compiler(const struct engine_config *config, GError **error)
{
	const char *missing = config->compiler;
	int err = 0;

	if (access(config->compiler, X_OK)) {
		err = errno;
	} else if (access(config->include_dir, R_OK)) {
		missing = config->include_dir;
		err = errno;
	}
	if (!err)
		return true;
	probefs_set_error(error, ENOPKG,
			  "the compiler is not installed: %s: %s; build or "
			  "install all of probefs (ready-made .o files work "
			  "without it)",
			  missing, g_strerror(err));
	return false;
}

static void write_start(struct program_request *request)
{
	struct program *program = request->program;

	g_string_truncate(program->errors, 0);
	if (request->source.is_object) {
		request->object = g_bytes_ref(request->source.text);
	} else if (has_compiler(&program->engine->config, &request->error) &&
		   compiler_run(program->engine->compiler, &request->source,
				write_compiled, request, &request->error)) {
		request->ahead = ring_ahead_new(
			program->engine->config.ring_bytes);
		return;
	}
	operations_push(program->engine->operations, install_start, request);
}

/* --- The queue --------------------------------------------------------- */

void program_next(struct program *program)
{
	struct program_request *request;

	if (program->is_busy)
		return;
	request = g_queue_pop_head(&program->requests);
	if (!request)
		return;
	if (!request->is_removal &&
	    (program->is_removed || program->engine->is_ending)) {
		probefs_set_error(&request->error, ECANCELED, "%s",
				  program->is_removed ? "it was removed"
						      : "probefs is ending");
		program_request_finish(request);
		return;
	}
	program->is_busy = true;
	if (request->is_removal)
		operations_push(program->engine->operations, removal_start,
				request);
	else
		write_start(request);
}

static struct program_request *request_new(struct program *program,
					   engine_done_fn done, void *data)
{
	struct program_request *request = g_new0(struct program_request, 1);

	request->program = program;
	request->done = done;
	request->data = data;
	return request;
}

static bool source_check(struct engine *engine,
			 const struct engine_source *source, GError **error)
{
	const struct program *program = engine_program(engine, source->name);
	size_t n_bytes = g_bytes_get_size(source->text);
	size_t n_max = source->is_object ? ENGINE_OBJECT_BYTES_MAX
					 : ENGINE_SOURCE_BYTES_MAX;

	if (!engine_program_name_check(source->name, error))
		return false;
	if (program && !program_check_owner(program, source->uid, error))
		return false;
	if (n_bytes <= n_max)
		return true;
	probefs_set_error(error, EFBIG,
			  "%s has %zu bytes, too large: the limit is %zu",
			  source->name, n_bytes, n_max);
	return false;
}

void engine_program_set(struct engine *engine,
			const struct engine_source *source, engine_done_fn done,
			void *data)
{
	struct program *program = engine_program(engine, source->name);
	GError *error = NULL;
	struct program_request *request;

	if (!source_check(engine, source, &error)) {
		engine_answer_later(engine, done, data, error);
		return;
	}
	if (!program) {
		program = program_new(engine, source->name, source->uid);
		program_changed(program);
	}
	request = request_new(program, done, data);
	request_copy_source(request, source);
	g_queue_push_tail(&program->requests, request);
	program_next(program);
}

void engine_program_remove(struct engine *engine, const char *name, uid_t uid,
			   engine_done_fn done, void *data)
{
	struct program *program = engine_program(engine, name);
	GError *error = NULL;
	struct program_request *request;

	if (!program)
		probefs_set_error(&error, ENOENT, "no program %s", name);
	if (!program || !program_check_owner(program, uid, &error)) {
		engine_answer_later(engine, done, data, error);
		return;
	}
	request = request_new(program, done, data);
	request->is_removal = true;
	program_leave(program);
	g_queue_push_tail(&program->requests, request);
	program_next(program);
}
