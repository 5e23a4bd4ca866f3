/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.c - owns the programs: their requests in order, and the replacing
 * of one version by the next. Knows nothing of the compiler's process, of
 * ELF or of perf events.
 */
#include "engine_state.h"

#include "compile.h"
#include "error.h"
#include "held.h"
#include "stream.h"
#include "suggest.h"
#include "compiler/job.h"
#include "include/probefs/record.h"

#include <errno.h>
#include <string.h>

#define N_NAME_BYTES_MAX   64
#define N_SOURCE_BYTES_MAX (4 << 20)
#define N_ERROR_BYTES_MAX  (128 << 10)

/* A write or a removal that waits for its turn, or has it. */
struct request {
	struct program *program; /* borrowed */
	engine_done_fn done;
	void *data;
	bool is_removal;

	/* Of a write: the source, all owned. */
	struct engine_source source;
	struct engine_header *headers;
	GBytes *object; /* owned, as are its types, which may be NULL */
	GBytes *types;

	/* While it is carried out. */
	struct version *version;  /* owned reference; the new one */
	GString *notes;           /* owned; for "errors", of a success */
	GPtrArray *attachments;   /* of the new version */
	GPtrArray *old;           /* owned attachments that are detached */
	struct version *replaced; /* owned reference */
	struct stream_ring *replaced_ring;
	GError *error;
};

static void program_next(struct program *program);

/* --- Names and owners -------------------------------------------------- */

bool engine_program_name_check(const char *name, GError **error)
{
	size_t n = strlen(name);

	if (n > N_NAME_BYTES_MAX) {
		probefs_set_error(error, ENAMETOOLONG,
				  "the name of a program has at most %d bytes",
				  N_NAME_BYTES_MAX);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!g_ascii_isalnum(name[i]) && !strchr("_-.", name[i]))
			n = 0;
	if (n && name[0] != '.' && name[0] != '-')
		return true;
	probefs_set_error(error, EINVAL,
			  "the name of a program is made of letters, digits, "
			  "'_', '-' and '.', and does not begin with the last "
			  "two");
	return false;
}

bool program_check_owner(const struct program *program, uid_t uid,
			 GError **error)
{
	if (uid == 0 || uid == program->uid)
		return true;
	probefs_set_error(error, EACCES, "program %s belongs to uid %u",
			  program->name, program->uid);
	return false;
}

struct program *engine_program(struct engine *engine, const char *name)
{
	return g_hash_table_lookup(engine->programs, name);
}

bool engine_program_exists(struct engine *engine, const char *name)
{
	return engine_program(engine, name);
}

GPtrArray *program_functions(const struct program *program)
{
	return program->version
		       ? object_user_functions(version_object(program->version))
		       : g_ptr_array_new();
}

void program_add_error(struct program *program, const char *where,
		       const GError *error)
{
	if (program->errors->len > N_ERROR_BYTES_MAX)
		g_string_erase(program->errors, 0,
			       (gssize)program->errors->len / 2);
	if (where)
		g_string_append_printf(program->errors, "%s: ", where);
	g_string_append(program->errors, error->message);
	if (!g_str_has_suffix(error->message, "\n"))
		g_string_append_c(program->errors, '\n');
}

static struct program *program_new(struct engine *engine, const char *name,
				   uid_t uid)
{
	struct program *program = g_new0(struct program, 1);

	program->engine = engine;
	program->name = g_strdup(name);
	program->uid = uid;
	program->errors = g_string_new(NULL);
	program->stream = stream_new(engine->hub, name);
	g_queue_init(&program->requests);
	g_hash_table_insert(engine->programs, program->name, program);
	return program;
}

void program_free(gpointer data)
{
	struct program *program = data;

	stream_ring_free(program->ring);
	stream_free(program->stream);
	version_unref(program->version);
	g_string_free(program->errors, TRUE);
	g_free(program->name);
	g_free(program);
}

/* --- Requests ---------------------------------------------------------- */

static void request_free(struct request *request)
{
	for (size_t i = 0; i < request->source.n_headers; i++) {
		g_free((char *)(uintptr_t)request->headers[i].name);
		g_bytes_unref(request->headers[i].text);
	}
	g_free(request->headers);
	g_free((char *)(uintptr_t)request->source.name);
	g_free((char *)(uintptr_t)request->source.cflags);
	g_clear_pointer(&request->source.text, g_bytes_unref);
	g_clear_pointer(&request->object, g_bytes_unref);
	g_clear_pointer(&request->types, g_bytes_unref);
	g_clear_pointer(&request->attachments, g_ptr_array_unref);
	g_clear_pointer(&request->old, g_ptr_array_unref);
	version_unref(request->version);
	version_unref(request->replaced);
	g_clear_error(&request->error);
	if (request->notes)
		g_string_free(request->notes, TRUE);
	g_free(request);
}

static void request_copy_source(struct request *request,
				const struct engine_source *source)
{
	struct engine_source *copy = &request->source;

	*copy = *source;
	copy->name = g_strdup(source->name);
	copy->cflags = g_strdup(source->cflags);
	copy->text = g_bytes_ref(source->text);
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

static void program_changed(const struct program *program)
{
	struct engine *engine = program->engine;

	if (engine->watch.program_changed)
		engine->watch.program_changed(program->name,
					      engine->watch_data);
}

/* The end of a request, good or not: tell its caller, begin the next. */
static void request_finish(struct request *request)
{
	struct program *program = request->program;
	engine_done_fn done = request->done;
	void *data = request->data;
	GError *error = g_steal_pointer(&request->error);

	request_free(request);
	program->is_busy = false;
	done(error, data);
	g_clear_error(&error);
	program_next(program);
}

/* --- A new version, step by step --------------------------------------- */

/*
 * The steps of an install operation: open the object and make its maps
 * (worker); see what is to be attached (loop); load and attach (worker); let
 * it run in the old one's place (loop); detach the old one's (worker).
 */

static void install_finish(void *data)
{
	struct request *request = data;
	struct program *program = request->program;

	stream_ring_free(g_steal_pointer(&request->replaced_ring));
	operations_finish(program->engine->operations);
	request_finish(request);
}

static void install_detach_old(void *data)
{
	struct request *request = data;

	attachments_detach(request->old);
}

static void install_failed(struct request *request)
{
	struct program *program = request->program;

	program_add_error(program, NULL, request->error);
	operations_finish(program->engine->operations);
	program_changed(program);
	request_finish(request);
}

static void version_set_active(const struct version *version, uint32_t active)
{
	struct probefs_control *control = version_control(version);

	if (control)
		__atomic_store_n(&control->active, active, __ATOMIC_SEQ_CST);
}

/* Where the old version had this function at this place: its index. */
static int take_old_place(struct request *request,
			  const struct attachment *attachment)
{
	struct engine *engine = request->program->engine;
	struct point *point = points_find(engine->points,
					  attachment->plan->kind,
					  attachment->plan->target);
	struct attachment *old = point_find_line(point, attachment->line);
	guint index;

	if (!old)
		return -1;
	g_ptr_array_find(point->attachments, old, &index);
	g_ptr_array_add(request->old, points_remove(engine->points, old));
	return (int)index;
}

static void swap_attachments(struct request *request)
{
	struct engine *engine = request->program->engine;
	g_autoptr(GPtrArray) gone = NULL;

	for (guint i = 0; i < request->attachments->len; i++) {
		struct attachment *attachment = request->attachments->pdata[i];
		int index = take_old_place(request, attachment);

		points_add(engine->points, attachment, index);
		if (index < 0)
			engine_point_changed(engine, attachment->plan);
	}
	gone = points_list(engine->points, request->program->name);
	for (guint i = 0; i < gone->len; i++) {
		struct attachment *old = gone->pdata[i];

		if (old->version == request->version)
			continue;
		points_remove(engine->points, old);
		g_ptr_array_add(request->old, old);
		engine_point_changed(engine, old->plan);
	}
	/* They are the points' now. */
	g_ptr_array_set_free_func(request->attachments, NULL);
}

static void free_attachment(gpointer attachment)
{
	attachment_free(attachment);
}

static void install_take_over(struct request *request, struct stream_ring *ring)
{
	struct program *program = request->program;

	request->replaced = program->version;
	request->replaced_ring = program->ring;
	program->version = version_ref(request->version);
	program->ring = ring;
	program->uid = request->source.uid;
	request->old = g_ptr_array_new_with_free_func(free_attachment);
	/* Both are attached: an event is seen by one of them or, for some
	 * nanoseconds, by both, and never by none. */
	version_set_active(request->version, 1);
	if (request->replaced)
		version_set_active(request->replaced, 0);
	swap_attachments(request);
	if (request->notes->len)
		g_string_append(program->errors, request->notes->str);
	program_changed(program);
	operations_work(program->engine->operations, install_detach_old,
			install_finish, request);
}

static void install_attached(void *data)
{
	struct request *request = data;
	struct program *program = request->program;
	const struct version *version = request->version;
	const struct object *object = version_object(version);
	g_autoptr(GBytes)
		formats = object_section(object, PROBEFS_FORMATS_SECTION);
	g_autoptr(GBytes) btf = object_section(object, ".BTF");
	struct stream_ring *ring = NULL;

	if (!request->error && version_ring_fd(version) >= 0)
		ring = stream_ring_new(program->stream,
				       version_ring_fd(version),
				       version_ring_bytes(version),
				       version_control(version), formats, btf,
				       &request->error);
	if (!request->error) {
		install_take_over(request, ring);
		return;
	}
	/* No event has come: it was never active. */
	attachments_detach(request->attachments);
	install_failed(request);
}

static void install_attach(void *data)
{
	struct request *request = data;

	attachments_attach(request->attachments, &request->error);
}

static bool plan_one(struct request *request, const char *function,
		     const struct kind *kind, const char *target,
		     const struct attach_options *options, const char *text,
		     bool is_self)
{
	struct engine *engine = request->program->engine;
	g_autoptr(GError) cause = NULL;
	struct attachment *attachment;

	if (kind->find(&engine->world, target, &cause) == ENGINE_TARGET_FILE) {
		attachment = attachment_new(&engine->world, request->version,
					    function, kind, target, options,
					    text, &request->error);
		if (!attachment)
			return false;
		attachment->is_self = is_self;
		attachment->plan->cookie = points_new_cookie(engine->points,
							     kind, target);
		g_ptr_array_add(request->attachments, attachment);
		return true;
	}
	probefs_set_error(&request->error, cause ? cause->code : ENOENT,
			  "%s cannot be attached to %s/%s: %s", function,
			  kind->shown.directory, target,
			  cause ? cause->message : "it is a directory");
	return false;
}

/* The functions that name their target. */
static bool plan_self(struct request *request)
{
	g_autoptr(GPtrArray) functions = object_user_functions(
		version_object(request->version));
	const struct attach_options none = {};
	bool is_good = true;

	for (guint i = 0; is_good && i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		const struct kind_section *row;
		g_autofree char *target = NULL;
		const struct kind *kind = kind_of_section(function->section,
							  &row, &target);

		if (kind && target && !function->is_optional)
			is_good = plan_one(request, function->name, kind,
					   target, &none, "", true);
	}
	return is_good;
}

static bool is_planned(const struct request *request,
		       const struct attachment *old)
{
	for (guint i = 0; i < request->attachments->len; i++) {
		const struct attachment *attachment =
			request->attachments->pdata[i];

		if (attachment->plan->kind == old->plan->kind &&
		    !strcmp(attachment->plan->target, old->plan->target) &&
		    !strcmp(attachment->line, old->line))
			return true;
	}
	return false;
}

/* What the user attached the old version's functions to. */
static bool plan_taken_over(struct request *request)
{
	struct program *program = request->program;
	const struct object *object = version_object(request->version);
	g_autoptr(GPtrArray)
		old = points_list(program->engine->points, program->name);

	for (guint i = 0; i < old->len; i++) {
		const struct attachment *attachment = old->pdata[i];
		const struct link_plan *plan = attachment->plan;

		if (attachment->is_self || is_planned(request, attachment))
			continue;
		if (!object_function(object, attachment->function)) {
			g_string_append_printf(
				program->errors,
				"%s/%s: detached, for the new source has no "
				"function %s\n",
				plan->kind->shown.directory, plan->target,
				attachment->function);
			continue;
		}
		if (!plan_one(request, attachment->function, plan->kind,
			      plan->target, &plan->options,
			      attachment->options_text, false))
			return false;
	}
	return true;
}

static void install_opened(void *data)
{
	struct request *request = data;
	struct program *program = request->program;

	request->attachments = g_ptr_array_new_with_free_func(free_attachment);
	if (request->error || !plan_self(request) ||
	    !plan_taken_over(request)) {
		install_failed(request);
		return;
	}
	operations_work(program->engine->operations, install_attach,
			install_attached, request);
}

static void install_open(void *data)
{
	struct request *request = data;
	struct program *program = request->program;
	const struct engine_config *config = &program->engine->config;
	struct object *object = object_new(request->object, request->types,
					   program->name, &request->error);

	if (!object)
		return;
	if (!config->allow_changing_helpers &&
	    !object_check_harmless(object, &request->error)) {
		object_free(object);
		return;
	}
	request->version = version_new(object, program->version,
				       config->ring_bytes, &request->error);
	request->notes = g_string_new(NULL);
	if (request->version)
		held_load(request->version, request->notes, &request->error);
}

static bool request_is_cancelled(struct request *request)
{
	if (!operations_are_ending(request->program->engine->operations))
		return false;
	g_clear_error(&request->error);
	probefs_set_error(&request->error, ECANCELED, "probefs is ending");
	return true;
}

static void install_start(void *data)
{
	struct request *request = data;

	if (request_is_cancelled(request) || request->error)
		install_failed(request);
	else
		operations_work(request->program->engine->operations,
				install_open, install_opened, request);
}

/* --- Compiling --------------------------------------------------------- */

static void request_compiled(const struct compile_result *result,
			     const GError *error, void *data)
{
	struct request *request = data;
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
	request_finish(request);
}

static void write_start(struct request *request)
{
	struct program *program = request->program;

	g_string_truncate(program->errors, 0);
	if (request->source.is_object)
		request->object = g_bytes_ref(request->source.text);
	else if (compiler_run(program->engine->compiler, &request->source,
			      request_compiled, request, &request->error))
		return;
	operations_push(program->engine->operations, install_start, request);
}

/* --- Removal ----------------------------------------------------------- */

static void request_move(gpointer request, gpointer program)
{
	((struct request *)request)->program = program;
}

static void removal_finish(void *data)
{
	struct request *request = data;
	struct program *program = request->program;
	struct engine *engine = program->engine;
	engine_done_fn done = request->done;
	void *done_data = request->data;
	GQueue waiting = program->requests;
	GError *error = g_steal_pointer(&request->error);

	g_hash_table_steal(engine->programs, program->name);
	program_changed(program);
	request_free(request);
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
	struct request *request = data;

	attachments_detach(request->old);
}

static void removal_start(void *data)
{
	struct request *request = data;
	struct program *program = request->program;
	struct engine *engine = program->engine;
	g_autoptr(GPtrArray) all = points_list(engine->points, program->name);

	request->old = g_ptr_array_new_with_free_func(free_attachment);
	if (program->version)
		version_set_active(program->version, 0);
	for (guint i = 0; i < all->len; i++) {
		struct attachment *attachment = all->pdata[i];

		g_ptr_array_add(request->old,
				points_remove(engine->points, attachment));
		engine_point_changed(engine, attachment->plan);
	}
	operations_work(engine->operations, removal_detach, removal_finish,
			request);
}

/* --- The queue --------------------------------------------------------- */

static void program_next(struct program *program)
{
	struct request *request;

	if (program->is_busy)
		return;
	request = g_queue_pop_head(&program->requests);
	if (!request)
		return;
	if (program->engine->is_ending) {
		probefs_set_error(&request->error, ECANCELED,
				  "probefs is ending");
		request_finish(request);
		return;
	}
	program->is_busy = true;
	if (request->is_removal)
		operations_push(program->engine->operations, removal_start,
				request);
	else
		write_start(request);
}

static struct request *request_new(struct program *program, engine_done_fn done,
				   void *data)
{
	struct request *request = g_new0(struct request, 1);

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

	if (!engine_program_name_check(source->name, error))
		return false;
	if (program && !program_check_owner(program, source->uid, error))
		return false;
	if (n_bytes <= N_SOURCE_BYTES_MAX)
		return true;
	probefs_set_error(error, EFBIG,
			  "%s has %zu bytes, too large: the limit is %d",
			  source->name, n_bytes, N_SOURCE_BYTES_MAX);
	return false;
}

void engine_program_set(struct engine *engine,
			const struct engine_source *source, engine_done_fn done,
			void *data)
{
	struct program *program = engine_program(engine, source->name);
	GError *error = NULL;
	struct request *request;

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
	struct request *request;

	if (!program)
		probefs_set_error(&error, ENOENT, "no program %s", name);
	if (!program || !program_check_owner(program, uid, &error)) {
		engine_answer_later(engine, done, data, error);
		return;
	}
	request = request_new(program, done, data);
	request->is_removal = true;
	g_queue_push_tail(&program->requests, request);
	program_next(program);
}
