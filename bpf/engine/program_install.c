/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_install.c - owns the replacing of one version of a program by the
 * next. Knows nothing of compiling, of ELF or of perf events.
 *
 * The steps of the operation: open the object and make its maps (worker); see
 * what is to be attached (loop); load and attach (worker); let it run in the
 * old one's place (loop); detach the old one's, if any (worker).
 */
#include "program_request.h"

#include "bpf/error.h"
#include "held.h"
#include "bpf/streams/ring_ahead.h"
#include "bpf/streams/streams.h"
#include "bpf/include/probefs/record.h"

#include <errno.h>
#include <string.h>

static void install_finish(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;

	stream_ring_free(g_steal_pointer(&request->replaced_ring));
	operations_finish(program->engine->operations);
	program_request_finish(request);
}

static void install_detach_old(void *data)
{
	struct program_request *request = data;

	attachments_detach(request->old);
}

static void install_failed(struct program_request *request)
{
	struct program *program = request->program;

	program_add_error(program, NULL, request->error);
	operations_finish(program->engine->operations);
	program_changed(program);
	program_request_finish(request);
}

/* Where the old version had this function at this place: its index. */
static int take_old_place(struct program_request *request,
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

static void swap_attachments(struct program_request *request)
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

/* BCC's function for the slot of a histogram. An object may be the program's own,
 * with another constant. */
static bool has_log2(const struct program *program,
		     const struct engine_source *source)
{
	size_t n_bytes;
	const char *text = g_bytes_get_data(source->text, &n_bytes);

	if (source->is_object)
		return program->has_log2;
	/* An empty text is NULL. */
	return text && g_strstr_len(text, (gssize)n_bytes, "bpf_log2");
}

static void install_take_over(struct program_request *request,
			      struct stream_ring *ring)
{
	struct program *program = request->program;

	request->replaced = program->version;
	request->replaced_ring = program->ring;
	program->version = version_ref(request->version);
	program->ring = ring;
	program->uid = request->source.uid;
	program->has_log2 = has_log2(program, &request->source);
	request->old = attachments_new();
	/* Both are attached: an event is seen by one of them or, for some
	 * nanoseconds, by both, and never by none. */
	version_set_active(request->version, true);
	if (request->replaced)
		version_set_active(request->replaced, false);
	swap_attachments(request);
	if (request->notes->len)
		g_string_append(program->errors, request->notes->str);
	program_changed(program);
	if (request->old->len)
		operations_work(program->engine->operations, install_detach_old,
				install_finish, request);
	else
		install_finish(request);
}

static bool install_is_cancelled(struct program_request *request)
{
	bool is_removed = request->program->is_removed;

	if (!is_removed &&
	    !operations_are_ending(request->program->engine->operations))
		return false;
	g_clear_error(&request->error);
	probefs_set_error(&request->error, ECANCELED, "%s",
			  is_removed ? "it was removed" : "probefs is ending");
	return true;
}

static void install_undo(void *data)
{
	struct program_request *request = data;

	attachments_detach(request->attachments);
}

static void install_undone(void *data)
{
	install_failed(data);
}

static void install_attached(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;
	const struct version *version = request->version;
	const struct object *object = version_object(version);
	g_autoptr(GBytes)
		formats = object_section(object, PROBEFS_FORMATS_SECTION);
	g_autoptr(GBytes) btf = object_section(object, ".BTF");
	struct stream_ring *ring = NULL;

	if (!install_is_cancelled(request) && !request->error &&
	    version_ring_fd(version) >= 0)
		ring = stream_ring_new(program->stream,
				       version_ring_fd(version), &request->ring,
				       version_control(version), formats, btf,
				       &request->error);
	if (!request->error) {
		install_take_over(request, ring);
		return;
	}
	/* No event has come: it was never active. */
	operations_work(program->engine->operations, install_undo,
			install_undone, request);
}

static void install_attach(void *data)
{
	struct program_request *request = data;

	attachments_attach(request->attachments, &request->error);
}

static bool plan_one(struct program_request *request, const char *function,
		     const struct kind *kind, const char *target,
		     const struct attach_options *options, const char *text,
		     bool is_self, GError **error)
{
	struct engine *engine = request->program->engine;
	g_autoptr(GError) cause = NULL;
	struct attachment *attachment;

	if (kind->find(&engine->world, target, &cause) == ENGINE_TARGET_FILE) {
		attachment = attachment_new(&engine->world, request->version,
					    function, kind, target, options,
					    text, error);
		if (!attachment)
			return false;
		attachment->is_self = is_self;
		attachment->plan->cookie = points_new_cookie(engine->points,
							     kind, target);
		g_ptr_array_add(request->attachments, attachment);
		return true;
	}
	probefs_set_error(error, cause ? cause->code : ENOENT,
			  "%s cannot be attached to %s/%s: %s", function,
			  kind->shown.directory, target,
			  cause ? cause->message : "it is a directory");
	return false;
}

/* The first line is for all who ask; the program's own errors have all. */
static void add_failure(struct program_request *request, const GError *error)
{
	if (request->error) {
		g_autofree char *first = g_steal_pointer(
			&request->error->message);

		request->error->message = g_strconcat(first, "\n",
						      error->message, NULL);
	} else {
		request->error = g_error_copy(error);
	}
}

static void add_advice(struct program_request *request)
{
	g_autofree char *all = g_steal_pointer(&request->error->message);

	request->error->message = g_strconcat(
		all,
		"\nNothing is attached, the rest neither. A function whose "
		"section begins with a question mark, as SEC(\"?kprobe/…\"), "
		"or that names no target, waits for an echo.\n",
		NULL);
}

/* The functions that name their target: all of them, or none. */
static bool plan_self(struct program_request *request)
{
	g_autoptr(GPtrArray) functions = object_user_functions(
		version_object(request->version));
	const struct attach_options none = {};

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		const struct kind_section *row;
		g_autofree char *target = NULL;
		g_autoptr(GError) error = NULL;
		const struct kind *kind = kind_of_section(function->section,
							  &row, &target);

		if (kind && target && !function->is_optional &&
		    !plan_one(request, function->name, kind, target, &none, "",
			      true, &error))
			add_failure(request, error);
	}
	if (request->error && request->attachments->len)
		add_advice(request);
	return !request->error;
}

/* Is it, of whichever program it was? */
static bool is_planned(const struct program_request *request,
		       const struct attachment *old)
{
	for (guint i = 0; i < request->attachments->len; i++) {
		const struct attachment *attachment =
			request->attachments->pdata[i];

		if (attachment->plan->kind == old->plan->kind &&
		    !strcmp(attachment->plan->target, old->plan->target) &&
		    !strcmp(attachment->function, old->function) &&
		    !strcmp(attachment->options_text, old->options_text))
			return true;
	}
	return false;
}

/* What the user attached the functions of the program @name to. */
static bool plan_taken_over(struct program_request *request, const char *name)
{
	struct program *program = request->program;
	const struct object *object = version_object(request->version);
	g_autoptr(GPtrArray) old = points_list(program->engine->points, name);

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
			      attachment->options_text, false, &request->error))
			return false;
	}
	return true;
}

static bool plan(struct program_request *request)
{
	const char *other = request->source.successor_of;

	return plan_self(request) &&
	       plan_taken_over(request, request->program->name) &&
	       (!other || plan_taken_over(request, other));
}

static void install_opened(void *data)
{
	struct program_request *request = data;
	struct program *program = request->program;

	request->attachments = attachments_new();
	if (install_is_cancelled(request) || request->error || !plan(request)) {
		install_failed(request);
		return;
	}
	operations_work(program->engine->operations, install_attach,
			install_attached, request);
}

/* The version's ring, when it has one, mapped before the loop needs it. */
static bool install_map_ring(struct program_request *request)
{
	int fd = version_ring_fd(request->version);

	return fd < 0 || ring_ahead_take(request->ahead, &request->ring) ||
	       ring_init(&request->ring, fd,
			 version_ring_bytes(request->version), &request->error);
}

static void install_open(void *data)
{
	struct program_request *request = data;
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
				       config->ring_bytes,
				       ring_ahead_fd(request->ahead),
				       &request->error);
	request->notes = g_string_new(NULL);
	if (request->version && install_map_ring(request))
		held_load(request->version, request->notes, &request->error);
	g_clear_pointer(&request->ahead, ring_ahead_free);
}

void install_start(void *data)
{
	struct program_request *request = data;

	if (install_is_cancelled(request) || request->error)
		install_failed(request);
	else
		operations_work(request->program->engine->operations,
				install_open, install_opened, request);
}
