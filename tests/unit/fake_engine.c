/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake_engine.c - engine.h in memory, for tests of the file system.
 *
 * Knows the targets kprobes/{vfs_read,vfs_write,sys_clone} and
 * tracepoints/skb/{kfree_skb,consume_skb}. A source that holds "syntax error"
 * does not compile, one that holds "slow" takes long. A program is its own only
 * function. All done functions come from the main loop. A marker is an event.
 */
#include "bpf/engine.h"
#include "bpf/files.h"

#include <errno.h>
#include <string.h>

struct engine {
	const struct engine_watch *watch;
	void *watch_data;
	GHashTable *programs; /* name → struct program */
	GHashTable *points;   /* "kind/target" → GPtrArray of lines */
	GPtrArray *readers;
	GPtrArray *jobs; /* struct later *, under way */
};

struct program {
	GBytes *object;
	char *errors;
	GString *events;
};

struct engine_reader {
	struct engine *engine;
	char *program;
	size_t at;
	void (*ready)(void *data);
	void *data;
	bool is_armed, has_ended;
	guint source;
};

struct engine_transaction {
	struct engine *engine;
	char *point;
	GPtrArray *lines; /* of the replacement */
	bool replaces, has_failed, is_dirty, is_committed;
};

/* --- answers from the loop ------------------------------------------------ */

struct later {
	struct engine *engine;
	engine_done_fn done;
	void *data;
	GError *error;
	guint source;
};

static void finish(struct later *later, const GError *error)
{
	g_ptr_array_remove(later->engine->jobs, later);
	later->done(error, later->data);
	g_clear_error(&later->error);
	g_free(later);
}

static gboolean answer(gpointer data)
{
	struct later *later = data;

	finish(later, later->error);
	return G_SOURCE_REMOVE;
}

/* Takes @error. */
static void answer_in(struct engine *engine, guint ms, engine_done_fn done,
		      void *data, GError *error)
{
	struct later *later = g_new0(struct later, 1);

	later->engine = engine;
	later->done = done;
	later->data = data;
	later->error = error;
	later->source = g_timeout_add(ms, answer, later);
	g_ptr_array_add(engine->jobs, later);
}

static void answer_later(struct engine *engine, engine_done_fn done, void *data,
			 GError *error)
{
	answer_in(engine, 2, done, data, error);
}

/* --- the engine ------------------------------------------------------------ */

static void program_free(gpointer data)
{
	struct program *program = data;

	if (program->object)
		g_bytes_unref(program->object);
	g_free(program->errors);
	g_string_free(program->events, TRUE);
	g_free(program);
}

struct engine *engine_new(const struct engine_config *config,
			  const struct engine_watch *watch, void *data,
			  GError **error)
{
	struct engine *engine = g_new0(struct engine, 1);

	engine->watch = watch;
	engine->watch_data = data;
	engine->programs = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, program_free);
	engine->points =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				      (GDestroyNotify)g_ptr_array_unref);
	engine->readers = g_ptr_array_new();
	engine->jobs = g_ptr_array_new();
	return engine;
}

void engine_free(struct engine *engine)
{
	g_autoptr(GError) error = NULL;

	if (!engine)
		return;
	probefs_set_error(&error, ECANCELED, "probefs ends");
	while (engine->jobs->len > 0) {
		struct later *later = engine->jobs->pdata[0];

		g_source_remove(later->source);
		finish(later, error);
	}
	g_assert_cmpuint(engine->readers->len, ==, 0);
	g_ptr_array_unref(engine->jobs);
	g_ptr_array_unref(engine->readers);
	g_hash_table_unref(engine->points);
	g_hash_table_unref(engine->programs);
	g_free(engine);
}

char *engine_show_status(struct engine *engine)
{
	return g_strdup_printf("programs: %u\n",
			       g_hash_table_size(engine->programs));
}

static char *join_lines(GPtrArray *lines, const char *prefix)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; lines && i < lines->len; i++)
		g_string_append_printf(text, "%s%s\n", prefix,
				       (char *)lines->pdata[i]);
	return g_string_free(text, FALSE);
}

char *engine_show_attached(struct engine *engine)
{
	GString *text = g_string_new(NULL);
	GHashTableIter iter;
	gpointer point, lines;

	g_hash_table_iter_init(&iter, engine->points);
	while (g_hash_table_iter_next(&iter, &point, &lines)) {
		g_autofree char *prefix = g_strdup_printf("%s\t",
							  (char *)point);
		g_autofree char *one = join_lines(lines, prefix);

		g_string_append(text, one);
	}
	return g_string_free(text, FALSE);
}

/* --- programs -------------------------------------------------------------- */

bool engine_program_name_check(const char *name, GError **error)
{
	bool is_good = *name && *name != '.' && *name != '-';

	for (const char *at = name; *at; at++)
		is_good &= g_ascii_isalnum(*at) || strchr("_-.", *at);
	if (!is_good)
		probefs_set_error(error, EINVAL, "%s: not a program's name",
				  name);
	return is_good;
}

void engine_program_set(struct engine *engine,
			const struct engine_source *source, engine_done_fn done,
			void *data)
{
	struct program *program = g_hash_table_lookup(engine->programs,
						      source->name);
	g_autofree char *text = g_strndup(g_bytes_get_data(source->text, NULL),
					  g_bytes_get_size(source->text));
	bool is_bad = strstr(text, "syntax error") ||
		      (source->cflags && strstr(source->cflags, "bad"));
	GError *error = NULL;

	if (!program) {
		program = g_new0(struct program, 1);
		program->events = g_string_new(NULL);
		g_hash_table_insert(engine->programs, g_strdup(source->name),
				    program);
	}
	g_free(program->errors);
	program->errors = g_strdup(is_bad ? "hello.c:1:1: error\n" : "");
	if (is_bad) {
		probefs_set_error(&error, EINVAL, "%s.c:1:1: a syntax error",
				  source->name);
	} else {
		if (program->object)
			g_bytes_unref(program->object);
		program->object = g_bytes_ref(source->text);
	}
	answer_in(engine, strstr(text, "slow") ? 2000 : 2, done, data, error);
}

static void set_ready(struct engine_reader *reader);

void engine_program_remove(struct engine *engine, const char *name, uid_t uid,
			   engine_done_fn done, void *data)
{
	GError *error = NULL;

	for (guint i = 0; i < engine->readers->len; i++) {
		struct engine_reader *reader = engine->readers->pdata[i];

		if (g_strcmp0(reader->program, name) == 0) {
			reader->has_ended = true;
			set_ready(reader);
		}
	}
	if (!g_hash_table_remove(engine->programs, name))
		probefs_set_error(&error, ENOENT, "%s: no such program", name);
	answer_later(engine, done, data, error);
}

bool engine_program_check_owner(struct engine *engine, const char *name,
				uid_t uid, GError **error)
{
	return true;
}

bool engine_program_exists(struct engine *engine, const char *name)
{
	return g_hash_table_contains(engine->programs, name);
}

/* --- files ----------------------------------------------------------------- */

/* progs/NAME with errors and object; types/structs/sock. */
struct engine_file {
	int n_refs;
	struct engine *engine;
	char *program; /* NULL: of types */
	char *name;    /* "" the directory */
};

static struct engine_file *file_new(struct engine *engine, const char *program,
				    const char *name)
{
	struct engine_file *file = g_new0(struct engine_file, 1);

	file->n_refs = 1;
	file->engine = engine;
	file->program = g_strdup(program);
	file->name = g_strdup(name);
	return file;
}

struct engine_file *engine_program_directory(struct engine *engine,
					     const char *program)
{
	return g_hash_table_contains(engine->programs, program)
		       ? file_new(engine, program, "")
		       : NULL;
}

struct engine_file *engine_types_directory(struct engine *engine)
{
	return file_new(engine, NULL, "");
}

struct engine_file *engine_file_ref(struct engine_file *file)
{
	file->n_refs++;
	return file;
}

void engine_file_unref(struct engine_file *file)
{
	if (!file || --file->n_refs)
		return;
	g_free(file->program);
	g_free(file->name);
	g_free(file);
}

bool engine_file_is_directory(const struct engine_file *file)
{
	return !*file->name ||
	       (!file->program && !strcmp(file->name, "structs"));
}

bool engine_file_is_writable(const struct engine_file *file)
{
	return false;
}

static GBytes *show_file(const struct engine_file *file)
{
	const struct program *program = g_hash_table_lookup(
		file->engine->programs, file->program ? file->program : "");

	if (!file->program && !strcmp(file->name, "sock"))
		return g_bytes_new_static("struct sock;\n", 13);
	if (program && !strcmp(file->name, "errors"))
		return g_bytes_new(program->errors, strlen(program->errors));
	if (program && program->object && !strcmp(file->name, "object"))
		return g_bytes_ref(program->object);
	return NULL;
}

bool engine_file_is_gone(const struct engine_file *file)
{
	g_autoptr(GBytes) content = NULL;

	if (engine_file_is_directory(file))
		return file->program &&
		       !g_hash_table_contains(file->engine->programs,
					      file->program);
	content = show_file(file);
	return !content;
}

struct engine_file *engine_file_find(const struct engine_file *directory,
				     const char *name, GError **error)
{
	struct engine_file *file = file_new(directory->engine,
					    directory->program, name);

	if (!engine_file_is_gone(file))
		return file;
	engine_file_unref(file);
	probefs_set_error(error, ENOENT, "%s: nothing to show", name);
	return NULL;
}

static void name_free(gpointer data)
{
	struct engine_name *name = data;

	g_free(name->name);
	g_free(name);
}

GPtrArray *engine_file_list(const struct engine_file *directory, GError **error)
{
	static const char *const all[] = {"errors", "object", "sock",
					  "structs"};
	GPtrArray *names = g_ptr_array_new_with_free_func(name_free);

	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		struct engine_file *file = engine_file_find(directory, all[i],
							    NULL);
		struct engine_name *name;

		if (file && strcmp(directory->name, all[i])) {
			name = g_new0(struct engine_name, 1);
			name->name = g_strdup(all[i]);
			name->is_directory = engine_file_is_directory(file);
			g_ptr_array_add(names, name);
		}
		engine_file_unref(file);
	}
	return names;
}

ssize_t engine_file_bytes(const struct engine_file *file, GError **error)
{
	g_autoptr(GBytes) content = show_file(file);

	if (content)
		return (ssize_t)g_bytes_get_size(content);
	probefs_set_error(error, ENOENT, "%s: nothing to show", file->name);
	return ENGINE_BYTES_NONE;
}

void engine_file_show(struct engine_file *file, engine_show_fn done, void *data)
{
	g_autoptr(GBytes) content = show_file(file);
	g_autoptr(GError) error = NULL;

	if (!content)
		probefs_set_error(&error, ENOENT, "%s: nothing to show",
				  file->name);
	done(content, error, data);
}

struct engine_edit *engine_edit_new(struct engine_file *file, uid_t uid,
				    bool replaces)
{
	return NULL;
}

void engine_edit_write(struct engine_edit *edit, const char *text,
		       size_t n_bytes, engine_done_fn done, void *data)
{
	g_assert_not_reached();
}

void engine_edit_commit(struct engine_edit *edit, engine_done_fn done,
			void *data)
{
	g_assert_not_reached();
}

void engine_edit_free(struct engine_edit *edit)
{
	g_assert_not_reached();
}

/* --- targets --------------------------------------------------------------- */

static const char *const kprobes[] = {"sys_clone", "vfs_read", "vfs_write"};
static const char *const skb[] = {"consume_skb", "kfree_skb"};

char *engine_suggest(const char *wanted, const GPtrArray *names)
{
	return g_strdup("");
}

const struct engine_kind *engine_kinds(void)
{
	static const struct engine_kind kinds[] = {
		{"kprobes", "the entry of a kernel function", false},
		{"tracepoints", "a static event of the kernel", false},
		{NULL, NULL, false},
	};

	return kinds;
}

static bool has(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

enum engine_target_type engine_target_find(struct engine *engine,
					   const char *kind, const char *path,
					   GError **error)
{
	bool is_kprobe = strcmp(kind, "kprobes") == 0;

	if (!*path || (!is_kprobe && strcmp(path, "skb") == 0))
		return ENGINE_TARGET_DIRECTORY;
	if (is_kprobe && has(kprobes, G_N_ELEMENTS(kprobes), path))
		return ENGINE_TARGET_FILE;
	if (!is_kprobe && g_str_has_prefix(path, "skb/") &&
	    has(skb, G_N_ELEMENTS(skb), path + 4))
		return ENGINE_TARGET_FILE;
	probefs_set_error(error, ENOENT, "%s/%s: no such target", kind, path);
	return ENGINE_TARGET_NONE;
}

GPtrArray *engine_target_list(struct engine *engine, const char *kind,
			      const char *path, bool *are_directories,
			      GError **error)
{
	bool is_kprobe = strcmp(kind, "kprobes") == 0;
	const char *const *from = is_kprobe ? kprobes : skb;
	size_t n = is_kprobe ? G_N_ELEMENTS(kprobes) : G_N_ELEMENTS(skb);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	*are_directories = !is_kprobe && !*path;
	if (*are_directories)
		g_ptr_array_add(names, g_strdup("skb"));
	else
		for (size_t i = 0; i < n; i++)
			g_ptr_array_add(names, g_strdup(from[i]));
	return names;
}

char *engine_point_show(struct engine *engine, const char *kind,
			const char *target, int64_t *changed_ns)
{
	g_autofree char *point = g_strdup_printf("%s/%s", kind, target);

	*changed_ns = 0;
	return join_lines(g_hash_table_lookup(engine->points, point), "");
}

struct engine_transaction *engine_transaction_new(struct engine *engine,
						  const char *kind,
						  const char *target, uid_t uid,
						  bool replace)
{
	struct engine_transaction *t = g_new0(struct engine_transaction, 1);

	t->engine = engine;
	t->point = g_strdup_printf("%s/%s", kind, target);
	t->replaces = replace;
	t->lines = g_ptr_array_new_with_free_func(g_free);
	return t;
}

static GPtrArray *lines_of(struct engine_transaction *t)
{
	GPtrArray *lines = g_hash_table_lookup(t->engine->points, t->point);

	if (!lines) {
		lines = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(t->engine->points, g_strdup(t->point),
				    lines);
	}
	return lines;
}

/* A line names an existing program, or is "!" and one attached. */
static bool carry_out(struct engine_transaction *t, const char *line,
		      GError **error)
{
	GPtrArray *lines = t->replaces && !t->is_committed ? t->lines
							   : lines_of(t);
	bool detaches = line[0] == '!';
	guint index;
	bool is_there = g_ptr_array_find_with_equal_func(lines, line + detaches,
							 g_str_equal, &index);

	if (detaches && is_there) {
		g_ptr_array_remove_index(lines, index);
		return true;
	}
	if (!detaches && g_hash_table_contains(t->engine->programs, line)) {
		if (!is_there)
			g_ptr_array_add(lines, g_strdup(line));
		return true;
	}
	probefs_set_error(error, ENOENT, "%s: no function named %s", t->point,
			  line + detaches);
	return false;
}

void engine_transaction_write(struct engine_transaction *t, const char *text,
			      size_t n_bytes, engine_done_fn done, void *data)
{
	g_autofree char *copy = g_strndup(text, n_bytes);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	GError *error = NULL;

	t->is_dirty = true;
	for (char **line = lines; *line && !error; line++)
		if (**line && !carry_out(t, *line, &error))
			t->has_failed = true;
	answer_later(t->engine, done, data, error);
}

void engine_transaction_commit(struct engine_transaction *t,
			       engine_done_fn done, void *data)
{
	if (t->replaces && !t->has_failed && !t->is_committed) {
		g_hash_table_insert(t->engine->points, g_strdup(t->point),
				    g_ptr_array_ref(t->lines));
		t->is_committed = true;
	}
	t->is_dirty = false;
	answer_later(t->engine, done, data, NULL);
}

bool engine_transaction_is_dirty(const struct engine_transaction *t)
{
	return t->is_dirty;
}

void engine_transaction_free(struct engine_transaction *t)
{
	g_ptr_array_unref(t->lines);
	g_free(t->point);
	g_free(t);
}

/* --- streams --------------------------------------------------------------- */

static GString *events_of(const struct engine_reader *reader)
{
	const struct program *program;

	if (!reader->program)
		return NULL;
	program = g_hash_table_lookup(reader->engine->programs,
				      reader->program);
	return program ? program->events : NULL;
}

struct engine_reader *engine_reader_new(struct engine *engine,
					const char *program,
					enum engine_stream_format format,
					pid_t pid, void (*ready)(void *data),
					void *data, GError **error)
{
	struct engine_reader *reader = g_new0(struct engine_reader, 1);

	reader->engine = engine;
	reader->program = g_strdup(program);
	reader->ready = ready;
	reader->data = data;
	g_ptr_array_add(engine->readers, reader);
	return reader;
}

ssize_t engine_reader_read(struct engine_reader *reader, char *buffer,
			   size_t size)
{
	const GString *events = events_of(reader);
	size_t n = events ? MIN(size, events->len - reader->at) : 0;

	if (n > 0) {
		memcpy(buffer, events->str + reader->at, n);
		reader->at += n;
		return (ssize_t)n;
	}
	if (reader->has_ended)
		return -1;
	reader->is_armed = true;
	return 0;
}

bool engine_reader_is_ready(struct engine_reader *reader)
{
	const GString *events = events_of(reader);

	return reader->has_ended || (events && events->len > reader->at);
}

void engine_reader_free(struct engine_reader *reader)
{
	g_clear_handle_id(&reader->source, g_source_remove);
	g_ptr_array_remove(reader->engine->readers, reader);
	g_free(reader->program);
	g_free(reader);
}

static gboolean call_ready(gpointer data)
{
	struct engine_reader *reader = data;

	reader->source = 0;
	if (reader->is_armed) {
		reader->is_armed = false;
		reader->ready(reader->data);
	}
	return G_SOURCE_REMOVE;
}

static void set_ready(struct engine_reader *reader)
{
	if (!reader->source)
		reader->source = g_idle_add(call_ready, reader);
}

void engine_stream_clear(struct engine *engine, const char *program)
{
	struct program *one = program ? g_hash_table_lookup(engine->programs,
							    program)
				      : NULL;

	if (one)
		g_string_truncate(one->events, 0);
	for (guint i = 0; one && i < engine->readers->len; i++) {
		struct engine_reader *reader = engine->readers->pdata[i];

		if (g_strcmp0(reader->program, program) == 0)
			reader->at = 0;
	}
}

void engine_stream_mark(struct engine *engine, const char *program,
			const char *text)
{
	struct program *one = program ? g_hash_table_lookup(engine->programs,
							    program)
				      : NULL;

	if (one)
		g_string_append_printf(one->events, "%s\n", text);
	for (guint i = 0; i < engine->readers->len; i++)
		set_ready(engine->readers->pdata[i]);
}
