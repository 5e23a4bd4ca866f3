/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program_files.c - owns the table of the files in progs/NAME/, and the texts
 * of those that are short. Changes nothing.
 */
#include "file_row.h"

#include "bpf/compiler/job.h"
#include "bpf/streams/streams.h"

#include <bpf/bpf.h>
#include <string.h>

/* Where the program is gone, files.c has said so before it calls these. */

/* Where a function may go: "any", kinds, or why nowhere. */
static void append_fitting_kinds(GString *text,
				 const struct object_function *function)
{
	const struct kind *const *kinds = kinds_all();
	size_t n_before = text->len;

	if (g_str_has_prefix(function->section, JOB_SECTION_PREFIX)) {
		g_string_append(text, "any");
		return;
	}
	for (guint i = 0; kinds[i]; i++)
		if (attachment_fits(kinds[i], function))
			g_string_append_printf(text, "%s%s",
					       text->len > n_before ? " " : "",
					       kinds[i]->shown.directory);
	if (text->len == n_before)
		g_string_append_printf(text,
				       "nothing: this probefs does not attach "
				       "SEC(\"%s\")",
				       function->section);
}

/* What is attached of each function: its name to its attachments. */
static GHashTable *attachments_by_function(const struct program *program)
{
	g_autoptr(GPtrArray)
		all = points_list(program->engine->points, program->name);
	GHashTable *table =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
				      (GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < all->len; i++) {
		const struct attachment *attachment = all->pdata[i];
		GPtrArray *some = g_hash_table_lookup(table,
						      attachment->function);

		if (!some) {
			some = g_ptr_array_new();
			g_hash_table_insert(table, attachment->function, some);
		}
		g_ptr_array_add(some, all->pdata[i]);
	}
	return table;
}

static GBytes *show_functions(const struct engine_file *file, GError **error)
{
	const struct program *program = file_program(file);
	g_autoptr(GPtrArray) functions = program_functions(program);
	g_autoptr(GHashTable) attached = attachments_by_function(program);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		const GPtrArray *some = g_hash_table_lookup(attached,
							    function->name);

		g_string_append_printf(text, "%s\t", function->name);
		append_fitting_kinds(text, function);
		g_string_append_c(text, '\t');
		for (guint j = 0; some && j < some->len; j++) {
			const struct attachment *attachment = some->pdata[j];

			g_string_append_printf(
				text, "%s%s/%s%s", j ? " " : "",
				attachment->plan->kind->shown.directory,
				attachment->plan->target,
				attachment->options_text);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free_to_bytes(text);
}

struct function_counts {
	uint64_t n_runs;
	uint64_t ns;
	uint64_t n_missed;
};

/* Attachments may share one loaded program; each is counted once. */
static void count_runs(const GPtrArray *attachments,
		       struct function_counts *counts)
{
	g_autoptr(GHashTable) counted = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < attachments->len; i++) {
		const struct attachment *attachment = attachments->pdata[i];
		struct bpf_prog_info info = {};
		uint32_t n_bytes = sizeof(info);

		if (!g_hash_table_add(counted, attachment->instance) ||
		    bpf_obj_get_info_by_fd(attachment->instance->fd, &info,
					   &n_bytes))
			continue;
		counts->n_runs += info.run_cnt;
		counts->ns += info.run_time_ns;
		counts->n_missed += info.recursion_misses;
	}
}

/* The kernel counts runs and their time only when told to. */
static bool are_runs_counted(void)
{
	g_autofree char *text = NULL;

	return !g_file_get_contents("/proc/sys/kernel/bpf_stats_enabled", &text,
				    NULL, NULL) ||
	       g_ascii_strtoull(text, NULL, 10);
}

static GBytes *show_stats(const struct engine_file *file, GError **error)
{
	const struct program *program = file_program(file);
	g_autoptr(GPtrArray) functions = program_functions(program);
	g_autoptr(GHashTable) attached = attachments_by_function(program);
	GString *text = g_string_new(NULL);
	struct stream_counts counts;

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		const GPtrArray *some = g_hash_table_lookup(attached,
							    function->name);
		struct function_counts sum = {};

		if (some)
			count_runs(some, &sum);
		g_string_append_printf(text,
				       "%s: runs=%" G_GUINT64_FORMAT
				       " ns=%" G_GUINT64_FORMAT
				       " missed=%" G_GUINT64_FORMAT "\n",
				       function->name, sum.n_runs, sum.ns,
				       sum.n_missed);
	}
	if (!are_runs_counted())
		g_string_append(text, "# runs and ns stand still until: sysctl "
				      "kernel.bpf_stats_enabled=1\n");
	stream_counts(program->stream, &counts);
	g_string_append_printf(text,
			       "events: %" G_GUINT64_FORMAT
			       "\nbytes: %" G_GUINT64_FORMAT
			       "\nlost: %" G_GUINT64_FORMAT
			       "\nreaders: %" G_GUINT64_FORMAT "\n",
			       counts.n_events, counts.n_bytes, counts.n_lost,
			       counts.n_readers);
	return g_string_free_to_bytes(text);
}

static GBytes *show_errors(const struct engine_file *file, GError **error)
{
	const GString *errors = file_program(file)->errors;

	return g_bytes_new(errors->str, errors->len);
}

static ssize_t errors_bytes(const struct engine_file *file, GError **error)
{
	return (ssize_t)file_program(file)->errors->len;
}

/* Nothing has compiled yet: there is none. */
static bool has_object(const struct engine_file *file)
{
	return file_program(file)->version;
}

static GBytes *show_object(const struct engine_file *file, GError **error)
{
	const struct version *version = file_program(file)->version;

	return g_bytes_ref(object_bytes(version_object(version)));
}

static ssize_t count_object_bytes(const struct engine_file *file,
				  GError **error)
{
	g_autoptr(GBytes) object = show_object(file, error);

	return (ssize_t)g_bytes_get_size(object);
}

static const struct file_row errors_row = {
	.name = "errors",
	.show = show_errors,
	.n_bytes = errors_bytes,
};

static const struct file_row functions_row = {
	.name = "functions",
	.show = show_functions,
};

static const struct file_row object_row = {
	.name = "object",
	.is_there = has_object,
	.show = show_object,
	.n_bytes = count_object_bytes,
};

static const struct file_row stats_row = {
	.name = "stats",
	.show = show_stats,
};

static const struct file_row *const program_children[] = {
	&errors_row, &functions_row, &maps_row, &object_row,
	&stats_row,  &vars_row,      NULL,
};

const struct file_row program_directory_row = {
	.is_directory = true,
	.children = program_children,
};
