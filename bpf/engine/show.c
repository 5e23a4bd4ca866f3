/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.c - owns the texts about the engine's state: status, attached and the
 * read-only files of a program. Changes nothing.
 */
#include "engine_state.h"

#include "bpf/compile/compile.h"
#include "bpf/error.h"
#include "bpf/object/kernel_log.h"
#include "bpf/streams/streams.h"
#include "bpf/compiler/job.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

/* --- attached and status ----------------------------------------------- */

char *engine_show_attached(struct engine *engine)
{
	g_autoptr(GPtrArray) all = points_list(engine->points, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < all->len; i++) {
		const struct attachment *attachment = all->pdata[i];
		const struct link_plan *plan = attachment->plan;

		g_string_append_printf(text, "%s/%s\t%s\n",
				       plan->kind->shown.directory,
				       plan->target, attachment->line);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void append_kinds(struct engine *engine, GString *text)
{
	const struct kind *const *kinds = kinds_all();

	for (guint i = 0; kinds[i]; i++) {
		const struct kind *kind = kinds[i];
		g_autofree char *why =
			kind->unavailable ? kind->unavailable(&engine->world)
					  : NULL;

		g_string_append_printf(text, "%s: %s%s\n",
				       kind->shown.directory,
				       why ? "no, " : "yes", why ? why : "");
	}
	g_string_append_printf(text, "kernel memory reads: %s\n",
			       kernel_lets_read_memory()
				       ? "yes"
				       : "no, the kernel is locked down "
					 "(lockdown=confidentiality)");
}

/* Bytes of this process alone: not the rings, which are the kernel's and
 * mapped, and not the libraries. */
static uint64_t own_memory_bytes(void)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents("/proc/self/status", &text, NULL, NULL))
		return 0;
	at = strstr(text, "RssAnon:");
	return at ? g_ascii_strtoull(at + 8, NULL, 10) * 1024 : 0;
}

static void append_counts(struct engine *engine, GString *text)
{
	struct stream_counts sum = {};
	uint64_t n_map_bytes = 0;
	guint n_attachments = 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct program *program = value;
		struct stream_counts counts;

		n_attachments += points_count(engine->points, program->name);
		stream_counts(program->stream, &counts);
		sum.n_events += counts.n_events;
		sum.n_lost += counts.n_lost;
		sum.n_backlog_bytes += counts.n_backlog_bytes;
		if (program->version)
			n_map_bytes += version_memory_bytes(program->version);
	}
	g_string_append_printf(text,
			       "programs: %u\n"
			       "attachments: %u\n"
			       "events: %" G_GUINT64_FORMAT "\n"
			       "lost: %" G_GUINT64_FORMAT "\n"
			       "ring bytes per program: %" G_GUINT64_FORMAT "\n"
			       "memory: %" G_GUINT64_FORMAT " kB\n"
			       "memory of backlogs: %" G_GUINT64_FORMAT " kB\n"
			       "memory of maps: %" G_GUINT64_FORMAT " kB\n"
			       "memory of compiler: %" G_GUINT64_FORMAT " kB\n",
			       g_hash_table_size(engine->programs),
			       n_attachments, sum.n_events, sum.n_lost,
			       engine->config.ring_bytes,
			       own_memory_bytes() / 1024,
			       sum.n_backlog_bytes / 1024, n_map_bytes / 1024,
			       compiler_memory_bytes(engine->compiler) / 1024);
}

static void append_programs(struct engine *engine, GString *text)
{
	GList *names = g_list_sort(g_hash_table_get_keys(engine->programs),
				   (GCompareFunc)strcmp);

	for (GList *at = names; at; at = at->next) {
		const struct program *program = engine_program(engine,
							       at->data);
		struct stream_counts counts;

		stream_counts(program->stream, &counts);
		g_string_append_printf(
			text,
			"program %s: uid=%u attachments=%u "
			"events=%" G_GUINT64_FORMAT " bytes=%" G_GUINT64_FORMAT
			" lost=%" G_GUINT64_FORMAT " readers=%" G_GUINT64_FORMAT
			"%s\n",
			program->name, program->uid,
			points_count(engine->points, program->name),
			counts.n_events, counts.n_bytes, counts.n_lost,
			counts.n_readers,
			program->version ? "" : " not loaded");
	}
	g_list_free(names);
}

char *engine_show_status(struct engine *engine)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct utsname kernel = {};

	uname(&kernel);
	g_string_append_printf(text,
			       "version: " PROBEFS_VERSION "\n"
			       "kernel: %s %s\n",
			       kernel.release, kernel.machine);
	append_kinds(engine, text);
	append_counts(engine, text);
	append_programs(engine, text);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* --- Files of a program ------------------------------------------------ */

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

static GBytes *show_functions(const struct program *program, GError **error)
{
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

static GBytes *show_stats(const struct program *program, GError **error)
{
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

static GBytes *show_errors(const struct program *program, GError **error)
{
	return g_bytes_new(program->errors->str, program->errors->len);
}

static ssize_t errors_bytes(const struct program *program, GError **error)
{
	return (ssize_t)program->errors->len;
}

static GBytes *show_object(const struct program *program, GError **error)
{
	if (program->version)
		return g_bytes_ref(
			object_bytes(version_object(program->version)));
	probefs_set_error(error, ENOENT,
			  "program %s has no object: it has not compiled yet",
			  program->name);
	return NULL;
}

static ssize_t program_object_bytes(const struct program *program,
				    GError **error)
{
	g_autoptr(GBytes) object = show_object(program, error);

	return object ? (ssize_t)g_bytes_get_size(object) : ENGINE_BYTES_NONE;
}

struct program_file {
	const char *name;
	GBytes *(*show)(const struct program *program, GError **error);
	/* NULL: unknown. */
	ssize_t (*n_bytes)(const struct program *program, GError **error);
};

static const struct program_file files[] = {
	{"errors", show_errors, errors_bytes},
	{"functions", show_functions, NULL},
	{"object", show_object, program_object_bytes},
	{"stats", show_stats, NULL},
};

const char *const *engine_program_files(void)
{
	static const char *names[G_N_ELEMENTS(files) + 1];

	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		names[i] = files[i].name;
	return names;
}

static const struct program_file *find_file(const struct program *program,
					    const char *name, const char *file,
					    GError **error)
{
	for (guint i = 0; program && i < G_N_ELEMENTS(files); i++)
		if (!strcmp(files[i].name, file))
			return &files[i];
	probefs_set_error(error, ENOENT, "no file progs/%s/%s", name, file);
	return NULL;
}

GBytes *engine_program_show(struct engine *engine, const char *program,
			    const char *file, GError **error)
{
	const struct program *found = engine_program(engine, program);
	const struct program_file *row = find_file(found, program, file, error);

	return row ? row->show(found, error) : NULL;
}

ssize_t engine_program_file_bytes(struct engine *engine, const char *program,
				  const char *file, GError **error)
{
	const struct program *found = engine_program(engine, program);
	const struct program_file *row = find_file(found, program, file, error);

	if (!row)
		return ENGINE_BYTES_NONE;
	return row->n_bytes ? row->n_bytes(found, error) : ENGINE_BYTES_UNKNOWN;
}
