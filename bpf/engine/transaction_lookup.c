/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction_lookup.c - owns the finding of the function that an attach line
 * names, and the suggestion where there is none. Knows no probe point.
 */
#include "transaction_plan.h"

#include "bpf/error.h"
#include "bpf/suggest.h"

#include <errno.h>
#include <string.h>

static bool program_has_function(const struct program *program,
				 const char *name)
{
	g_autoptr(GPtrArray) functions = program_functions(program);

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];

		if (!strcmp(function->name, name))
			return true;
	}
	return false;
}

/* All functions as "hello" and "hello:hello", to suggest one. */
static char *suggest_function(struct engine *engine, const char *program_name,
			      const char *function)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *wanted = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct program *program = value;
		g_autoptr(GPtrArray) functions = program_functions(program);

		for (guint i = 0; i < functions->len; i++) {
			const struct object_function *f = functions->pdata[i];

			g_ptr_array_add(
				names, program_name
					       ? g_strconcat(program->name, ":",
							     f->name, NULL)
					       : g_strdup(f->name));
		}
	}
	wanted = program_name ? g_strconcat(program_name, ":", function, NULL)
			      : g_strdup(function);
	return suggest_phrase(wanted, names);
}

static struct program *find_in_program(struct engine *engine,
				       const struct attach_line *line,
				       GError **error)
{
	struct program *program = engine_program(engine, line->program);
	g_autofree char *hint = NULL;

	if (program && program_has_function(program, line->function))
		return program;
	hint = suggest_function(engine, line->program, line->function);
	if (!program)
		probefs_set_error(error, ENOENT, "no program %s for %s:%s%s",
				  line->program, line->program, line->function,
				  hint);
	else if (!program->version)
		probefs_set_error(error, ENOENT,
				  "program %s has not compiled yet, see "
				  "progs/%s/errors",
				  program->name, program->name);
	else
		probefs_set_error(error, ENOENT,
				  "program %s has no function %s%s",
				  program->name, line->function, hint);
	return NULL;
}

static int compare_programs(gconstpointer a, gconstpointer b)
{
	const struct program *const *x = a;
	const struct program *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void set_ambiguous(const char *function, GPtrArray *found,
			  GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);
	const struct program *first;

	g_ptr_array_sort(found, compare_programs);
	for (guint i = 0; i < found->len; i++) {
		const struct program *program = found->pdata[i];

		g_string_append_printf(names, "%s%s:%s", i ? ", " : "",
				       program->name, function);
	}
	first = found->pdata[0];
	probefs_set_error(error, EEXIST,
			  "%s is ambiguous: %s; write the program's name, as "
			  "%s:%s",
			  function, names->str, first->name, function);
}

struct program *find_program(struct engine *engine,
			     const struct attach_line *line, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	g_autofree char *hint = NULL;
	GHashTableIter iter;
	gpointer program;

	if (line->program)
		return find_in_program(engine, line, error);
	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &program))
		if (program_has_function(program, line->function))
			g_ptr_array_add(found, program);
	if (found->len == 1)
		return found->pdata[0];
	if (found->len) {
		set_ambiguous(line->function, found, error);
		return NULL;
	}
	hint = suggest_function(engine, NULL, line->function);
	probefs_set_error(error, ENOENT, "no program has a function %s%s",
			  line->function, hint);
	return NULL;
}
