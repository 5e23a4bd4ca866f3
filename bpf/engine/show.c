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
	g_autoptr(GPtrArray) all = points_list(engine->points, NULL);
	struct stream_counts sum = {};
	uint64_t n_map_bytes = 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct program *program = value;
		struct stream_counts counts;

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
			       g_hash_table_size(engine->programs), all->len,
			       sum.n_events, sum.n_lost,
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
		g_autoptr(GPtrArray)
			links = points_list(engine->points, program->name);
		struct stream_counts counts;

		stream_counts(program->stream, &counts);
		g_string_append_printf(text,
				       "program %s: uid=%u attachments=%u "
				       "events=%" G_GUINT64_FORMAT
				       " bytes=%" G_GUINT64_FORMAT
				       " lost=%" G_GUINT64_FORMAT
				       " readers=%" G_GUINT64_FORMAT "%s\n",
				       program->name, program->uid, links->len,
				       counts.n_events, counts.n_bytes,
				       counts.n_lost, counts.n_readers,
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

static GBytes *show_functions(const struct program *program, GError **error)
{
	g_autoptr(GPtrArray) functions = program_functions(program);
	g_autoptr(GPtrArray)
		all = points_list(program->engine->points, program->name);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		bool is_first = true;

		g_string_append_printf(text, "%s\t", function->name);
		append_fitting_kinds(text, function);
		g_string_append_c(text, '\t');
		for (guint j = 0; j < all->len; j++) {
			const struct attachment *attachment = all->pdata[j];

			if (strcmp(attachment->function, function->name))
				continue;
			g_string_append_printf(
				text, "%s%s/%s%s", is_first ? "" : " ",
				attachment->plan->kind->shown.directory,
				attachment->plan->target,
				attachment->options_text);
			is_first = false;
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
static void count_function(const GPtrArray *attachments, const char *function,
			   struct function_counts *counts)
{
	for (guint i = 0; i < attachments->len; i++) {
		const struct attachment *attachment = attachments->pdata[i];
		struct bpf_prog_info info = {};
		uint32_t n_bytes = sizeof(info);
		bool is_counted = false;

		for (guint j = 0; j < i; j++) {
			const struct attachment *other = attachments->pdata[j];

			if (other->instance == attachment->instance)
				is_counted = true;
		}
		if (is_counted || strcmp(attachment->function, function) ||
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
	g_autoptr(GPtrArray)
		all = points_list(program->engine->points, program->name);
	GString *text = g_string_new(NULL);
	struct stream_counts counts;

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		struct function_counts sum = {};

		count_function(all, function->name, &sum);
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

static const struct {
	const char *name;
	GBytes *(*show)(const struct program *program, GError **error);
} files[] = {
	{"errors", show_errors},
	{"functions", show_functions},
	{"object", show_object},
	{"stats", show_stats},
};

const char *const *engine_program_files(void)
{
	static const char *names[G_N_ELEMENTS(files) + 1];

	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		names[i] = files[i].name;
	return names;
}

GBytes *engine_program_show(struct engine *engine, const char *program,
			    const char *file, GError **error)
{
	const struct program *found = engine_program(engine, program);

	for (guint i = 0; found && i < G_N_ELEMENTS(files); i++)
		if (!strcmp(files[i].name, file))
			return files[i].show(found, error);
	probefs_set_error(error, ENOENT, "no file progs/%s/%s", program, file);
	return NULL;
}
