/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.c - owns the texts about the engine's state: status and attached.
 * Changes nothing.
 */
#include "engine_state.h"

#include "bpf/compile/compile.h"
#include "bpf/object/kernel_log.h"
#include "bpf/streams/streams.h"

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
