/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.c - owns what a program is: its name, its owner, what it told.
 * Knows nothing of how it is compiled or attached.
 */
#include "program_request.h"

#include "bpf/error.h"
#include "bpf/streams/streams.h"
#include "bpf/include/probefs/record.h"

#include <errno.h>
#include <string.h>

#define N_NAME_BYTES_MAX  64
#define N_ERROR_BYTES_MAX (128 << 10)

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

bool engine_program_check_owner(struct engine *engine, const char *name,
				uid_t uid, GError **error)
{
	const struct program *program = engine_program(engine, name);

	return !program || program_check_owner(program, uid, error);
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

struct program *program_new(struct engine *engine, const char *name, uid_t uid)
{
	struct program *program = g_new0(struct program, 1);

	program->engine = engine;
	program->name = g_strdup(name);
	program->serial = ++engine->last_serial;
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

void program_changed(const struct program *program)
{
	struct engine *engine = program->engine;

	if (engine->watch.program_changed)
		engine->watch.program_changed(program->name,
					      engine->watch_data);
}

void version_set_active(const struct version *version, bool is_active)
{
	struct probefs_control *control = version_control(version);

	if (control)
		__atomic_store_n(&control->active, is_active, __ATOMIC_SEQ_CST);
}
