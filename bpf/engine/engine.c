/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.c - owns the engine's birth and end, and the questions about
 * targets and places. What changes something is in program_*.c and
 * transaction.c.
 */
#include "engine_state.h"
#include "tasks.h"

#include "bpf/compile/compile.h"
#include "bpf/error.h"
#include "bpf/kernel/events.h"
#include "bpf/object/kernel_log.h"
#include "bpf/probes/kprobe_events.h"
#include "bpf/streams/streams.h"
#include "bpf/suggest.h"
#include "bpf/kernel/symbols.h"
#include "bpf/kernel/tracefs.h"
#include "bpf/probes/user_elf.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

/* --- Birth and end ----------------------------------------------------- */

static void engine_set_config(struct engine *engine,
			      const struct engine_config *config)
{
	engine->config = *config;
	engine->config.compiler = g_strdup(config->compiler);
	engine->config.include_dir = g_strdup(config->include_dir);
	if (!engine->config.ring_bytes)
		engine->config.ring_bytes = stream_ring_bytes_default();
}

static void engine_start_streams(struct engine *engine)
{
	const struct stream_hub_config hub = {
		.backlog_bytes = engine->config.backlog_bytes,
		.exclude_readers = engine->config.exclude_readers,
		.excluded_slack_ns = engine->slack_ns,
		.describe_cookie = points_describe,
		.data = engine->points,
	};

	engine->hub = stream_hub_new(&hub, engine->world.symbols);
}

struct engine *engine_new(const struct engine_config *config,
			  const struct engine_watch *watch, void *data,
			  GError **error)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct tracefs *tracefs = tracefs_new(error);
	struct engine *engine;

	if (!tracefs)
		return NULL;
	if (!g_file_test(VMLINUX_BTF, G_FILE_TEST_EXISTS)) {
		probefs_set_error(error, EOPNOTSUPP,
				  "this kernel has no BTF (" VMLINUX_BTF
				  "; CONFIG_DEBUG_INFO_BTF)");
		tracefs_free(tracefs);
		return NULL;
	}
	kernel_log_init();
	/*
	 * Large blocks, as the kernel's BTF that libbpf reads for each load,
	 * go back to the system when they are freed: left to itself malloc
	 * keeps 12 MB of them for each thread that ever loaded something.
	 */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 20);
	/*
	 * Workers come and go; by default each has an arena of its own, which
	 * keeps what one load left in pieces (5 MB more after 17 programs).
	 */
	mallopt(M_ARENA_MAX, 2);
	/* Kernels before 5.11 count maps there; some machines refuse. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	kprobe_events_clean(tracefs);
	engine = g_new0(struct engine, 1);
	engine_set_config(engine, config);
	if (watch)
		engine->watch = *watch;
	engine->watch_data = data;
	engine->world.tracefs = tracefs;
	engine->world.symbols = symbols_new(tracefs_fd(tracefs));
	engine->world.events = events_new(tracefs);
	engine->world.elves = user_elves_new();
	kind_fentry_find_out(&engine->world);
	engine->points = points_new();
	/* A few milliseconds; nobody else has it, nobody but root sees it. */
	engine->slack_ns = (uint32_t)g_random_int_range(1 << 20, 1 << 22);
	engine_start_streams(engine);
	engine->compiler = compiler_new(engine->config.compiler,
					engine->config.include_dir,
					&engine->world, engine->slack_ns);
	engine->operations = operations_new();
	engine->tasks = tasks_new();
	engine->programs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						 program_free);
	return engine;
}

static void engine_detach_all(struct engine *engine)
{
	g_autoptr(GPtrArray) all = points_list_all(engine->points);

	attachments_detach(all);
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	engine->is_ending = true;
	memset(&engine->watch, 0, sizeof(engine->watch));
	compiler_free(engine->compiler);
	tasks_free(engine->tasks);
	operations_free(engine->operations);
	engine_detach_all(engine);
	g_hash_table_unref(engine->programs);
	stream_hub_free(engine->hub);
	points_free(engine->points);
	kind_fentry_wait(&engine->world);
	user_elves_free(engine->world.elves);
	events_free(engine->world.events);
	symbols_free(engine->world.symbols);
	tracefs_free(engine->world.tracefs);
	g_free((char *)(uintptr_t)engine->config.compiler);
	g_free((char *)(uintptr_t)engine->config.include_dir);
	g_free(engine);
}

/* --- What the parts share ---------------------------------------------- */

void engine_point_changed(struct engine *engine, const struct link_plan *plan)
{
	if (engine->watch.point_changed)
		engine->watch.point_changed(plan->kind->shown.directory,
					    plan->target, engine->watch_data);
}

/* --- Kinds and targets ------------------------------------------------- */

const struct engine_kind *engine_kinds(void)
{
	/* The shown part of the table, made once: it never changes again. */
	static struct engine_kind shown[16];
	const struct kind *const *kinds = kinds_all();

	if (!shown[0].directory)
		for (guint i = 0; kinds[i]; i++) {
			g_assert(i + 1 < G_N_ELEMENTS(shown));
			shown[i] = kinds[i]->shown;
		}
	return shown;
}

char *engine_suggest(const char *wanted, const GPtrArray *names)
{
	return suggest_phrase(wanted, names);
}

static bool check_path(const char *path, GError **error)
{
	for (const char *at = path; *at; at++) {
		if (g_ascii_isprint(*at))
			continue;
		probefs_set_error(error, EINVAL,
				  "a target's name is made of printable "
				  "characters");
		return false;
	}
	return true;
}

enum engine_target_type engine_target_find(struct engine *engine,
					   const char *kind, const char *path,
					   GError **error)
{
	const struct kind *found = kind_find(kind);

	if (!found) {
		probefs_set_error(error, ENOENT, "no such kind of probe: %s",
				  kind);
		return ENGINE_TARGET_NONE;
	}
	if (!check_path(path, error))
		return ENGINE_TARGET_NONE;
	return found->find(&engine->world, path, error);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* The entry of the directory @path that leads to @target, or NULL. */
static char *entry_towards(const char *target, const char *path,
			   bool are_directories)
{
	size_t n = strlen(path);
	const char *rest = n ? target + n + 1 : target;
	const char *slash;

	if (n && (strncmp(target, path, n) || target[n] != '/'))
		return NULL;
	slash = strchr(rest, '/');
	if (!slash != !are_directories)
		return NULL;
	return slash ? g_strndup(rest, slash - rest) : g_strdup(rest);
}

/* Patterns and offsets that are attached, which no list of the kernel has. */
static void add_attached(struct engine *engine, const struct kind *kind,
			 const char *path, bool are_directories,
			 GPtrArray *names)
{
	g_autoptr(GPtrArray)
		all = points_list_below(engine->points, kind, path);
	guint n_listed = names->len;
	const char *last = NULL;

	for (guint i = 0; i < all->len; i++) {
		const struct attachment *attachment = all->pdata[i];
		g_autofree char *entry = NULL;

		entry = entry_towards(attachment->plan->target, path,
				      are_directories);
		if (!entry || !g_strcmp0(entry, last) ||
		    (n_listed && bsearch(&entry, names->pdata, n_listed,
					 sizeof(entry), compare_strings)))
			continue;
		last = entry;
		g_ptr_array_add(names, g_steal_pointer(&entry));
	}
	if (names->len != n_listed)
		g_ptr_array_sort(names, compare_strings);
}

GPtrArray *engine_target_list(struct engine *engine, const char *kind,
			      const char *path, bool *are_directories,
			      GError **error)
{
	const struct kind *found = kind_find(kind);
	GPtrArray *names;

	if (!found) {
		probefs_set_error(error, ENOENT, "no such kind of probe: %s",
				  kind);
		return NULL;
	}
	names = found->list(&engine->world, path, are_directories, error);
	if (names)
		add_attached(engine, found, path, *are_directories, names);
	return names;
}

char *engine_point_show(struct engine *engine, const char *kind,
			const char *target, int64_t *changed_ns)
{
	const struct kind *found = kind_find(kind);
	const struct point *point = found ? points_find(engine->points, found,
							target)
					  : NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	*changed_ns = point ? point->changed_ns : 0;
	for (guint i = 0; point && i < point->attachments->len; i++) {
		const struct attachment *attachment =
			point->attachments->pdata[i];

		if (attachment_is_seen(attachment))
			g_string_append_printf(text, "%s\n", attachment->line);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* --- Streams ----------------------------------------------------------- */

static struct stream *engine_stream(struct engine *engine, const char *program)
{
	const struct program *found = program ? engine_program(engine, program)
					      : NULL;

	return found ? found->stream : NULL;
}

struct engine_reader *engine_reader_new(struct engine *engine,
					const char *program,
					enum engine_stream_format format,
					pid_t pid, void (*ready)(void *data),
					void *data, GError **error)
{
	struct stream *stream = engine_stream(engine, program);

	if (program && !stream) {
		probefs_set_error(error, ENOENT, "no program %s", program);
		return NULL;
	}
	return stream_reader_new(engine->hub, stream, format, pid, ready, data);
}

void engine_stream_clear(struct engine *engine, const char *program)
{
	struct stream *stream = engine_stream(engine, program);

	if (stream || !program)
		stream_clear(engine->hub, stream);
}

void engine_stream_mark(struct engine *engine, const char *program,
			const char *text)
{
	struct stream *stream = engine_stream(engine, program);

	if (stream || !program)
		stream_mark(engine->hub, stream, text);
}
