/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * files.c - owns the engine's files as files.h has them: finds the row of a
 * table and calls it. Knows no row's meaning.
 */
#include "file_row.h"

#include "bpf/error.h"
#include "bpf/suggest.h"

#include <errno.h>
#include <string.h>

static struct engine_file *file_new(struct engine *engine,
				    const struct file_row *row,
				    const struct program *program, char *path)
{
	struct engine_file *file = g_new0(struct engine_file, 1);

	g_atomic_ref_count_init(&file->n_refs);
	file->engine = engine;
	file->row = row;
	file->program = program ? g_strdup(program->name) : NULL;
	file->serial = program ? program->serial : 0;
	file->path = path;
	return file;
}

struct engine_file *engine_file_ref(struct engine_file *file)
{
	g_atomic_ref_count_inc(&file->n_refs);
	return file;
}

void engine_file_unref(struct engine_file *file)
{
	if (!file || !g_atomic_ref_count_dec(&file->n_refs))
		return;
	g_free(file->program);
	g_free(file->path);
	g_free(file);
}

struct engine_file *engine_program_directory(struct engine *engine,
					     const char *program)
{
	const struct program *found = engine_program(engine, program);

	return found ? file_new(engine, &program_directory_row, found,
				g_strdup(""))
		     : NULL;
}

struct engine_file *file_new_root(struct engine *engine,
				  const struct file_row *row)
{
	return file_new(engine, row, NULL, g_strdup(""));
}

struct engine_file *engine_types_directory(struct engine *engine)
{
	return file_new_root(engine, &types_directory_row);
}

const char *file_name(const struct engine_file *file)
{
	const char *slash = strrchr(file->path, '/');

	return slash ? slash + 1 : file->path;
}

struct program *file_program(const struct engine_file *file)
{
	struct program *program = engine_program(file->engine, file->program);

	return program && program->serial == file->serial ? program : NULL;
}

void file_set_missing(const struct engine_file *directory, const char *what,
		      const char *name, const GPtrArray *names, GError **error)
{
	g_autofree char *hint = suggest_phrase(name, names);

	probefs_set_error(error, ENOENT, "program %s has no %s %s%s",
			  directory->program, what, name, hint);
}

bool engine_file_is_directory(const struct engine_file *file)
{
	return file->row->is_directory;
}

bool engine_file_is_writable(const struct engine_file *file)
{
	return file->row->write;
}

bool engine_file_is_gone(const struct engine_file *file)
{
	if (file->program && !file_program(file))
		return true;
	return file->row->is_there && !file->row->is_there(file);
}

/* False: a sentence says what is gone. */
static bool check_there(const struct engine_file *file, GError **error)
{
	if (file->program && !file_program(file))
		probefs_set_error(error, ENOENT, "the program %s was removed",
				  file->program);
	else if (engine_file_is_gone(file))
		probefs_set_error(error, ENOENT, "%s is no longer there",
				  file->path);
	else
		return true;
	return false;
}

static bool check_going_on(const struct engine *engine, GError **error)
{
	if (engine->is_ending)
		probefs_set_error(error, ECANCELED, "probefs is ending");
	return !engine->is_ending;
}

/* --- Directories ------------------------------------------------------- */

static void name_free(gpointer data)
{
	struct engine_name *name = data;

	g_free(name->name);
	g_free(name);
}

void names_add(GPtrArray *names, const char *name, const struct file_row *row)
{
	struct engine_name *entry = g_new0(struct engine_name, 1);

	entry->name = g_strdup(name);
	entry->is_directory = row->is_directory;
	entry->is_writable = row->write;
	g_ptr_array_add(names, entry);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const struct engine_name *const *one = a;
	const struct engine_name *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

static struct engine_file *child_new(const struct engine_file *directory,
				     const struct file_row *row,
				     const char *name)
{
	struct engine_file *file =
		file_new(directory->engine, row, NULL,
			 g_strconcat(directory->path,
				     *directory->path ? "/" : "", name, NULL));

	file->program = g_strdup(directory->program);
	file->serial = directory->serial;
	return file;
}

/* A child of the table, NULL where it is not there at the moment. */
static struct engine_file *child_there(const struct engine_file *directory,
				       const struct file_row *row)
{
	struct engine_file *file = child_new(directory, row, row->name);

	if (!engine_file_is_gone(file))
		return file;
	engine_file_unref(file);
	return NULL;
}

struct engine_file *engine_file_find(const struct engine_file *directory,
				     const char *name, GError **error)
{
	const struct file_row *const *child = directory->row->children;
	struct engine_file *file;
	const struct file_row *row;

	if (!check_there(directory, error))
		return NULL;
	for (; child && *child; child++)
		if (!strcmp((*child)->name, name) &&
		    (file = child_there(directory, *child)))
			return file;
	if (directory->row->find) {
		row = directory->row->find(directory, name, error);
		return row ? child_new(directory, row, name) : NULL;
	}
	probefs_set_error(error, ENOENT, "%s: no such file", name);
	return NULL;
}

GPtrArray *engine_file_list(const struct engine_file *directory, GError **error)
{
	const struct file_row *const *child = directory->row->children;
	GPtrArray *names;

	if (!check_there(directory, error))
		return NULL;
	names = g_ptr_array_new_with_free_func(name_free);
	for (; child && *child; child++) {
		struct engine_file *file = child_there(directory, *child);

		if (file)
			names_add(names, (*child)->name, *child);
		engine_file_unref(file);
	}
	if (directory->row->list &&
	    !directory->row->list(directory, names, error)) {
		g_ptr_array_unref(names);
		return NULL;
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* --- Files ------------------------------------------------------------- */

ssize_t engine_file_bytes(const struct engine_file *file, GError **error)
{
	if (!check_there(file, error))
		return ENGINE_BYTES_NONE;
	return file->row->n_bytes ? file->row->n_bytes(file, error)
				  : ENGINE_BYTES_UNKNOWN;
}

void engine_file_show(struct engine_file *file, engine_show_fn done, void *data)
{
	g_autoptr(GBytes) content = NULL;
	g_autoptr(GError) error = NULL;

	if (check_going_on(file->engine, &error) && check_there(file, &error) &&
	    file->row->show_later) {
		file->row->show_later(file, done, data);
		return;
	}
	if (!error)
		content = file->row->show(file, &error);
	done(content, error, data);
}

/* --- Writing ----------------------------------------------------------- */

#define EDIT_BYTES_MAX (64u << 20)

struct engine_edit {
	struct engine_file *file; /* counted */
	uid_t uid;
	bool replaces;
	bool is_committed;
	GString *text;    /* owned: an unfinished line; of a replacement, all */
	size_t n_checked; /* of a replacement: so much is good */
	GError *failure;  /* owned: of a replacement, which changes nothing */
	engine_done_fn done; /* of the write or commit under way */
	void *data;
};

struct engine_edit *engine_edit_new(struct engine_file *file, uid_t uid,
				    bool replaces)
{
	struct engine_edit *edit = g_new0(struct engine_edit, 1);

	edit->file = engine_file_ref(file);
	edit->uid = uid;
	edit->replaces = replaces;
	edit->text = g_string_new(NULL);
	return edit;
}

static void edit_done(const GError *error, void *data)
{
	struct engine_edit *edit = data;

	if (error && edit->replaces && !edit->failure)
		edit->failure = g_error_copy(error);
	/* The callback may free the edit. */
	edit->done(error, edit->data);
}

static void edit_answer(struct engine_edit *edit, GError *error)
{
	engine_answer_later(edit->file->engine, edit_done, edit, error);
}

/* The end of the engine waits for nobody. */
static void edit_cancel(struct engine_edit *edit, GError *error)
{
	edit->done(error, edit->data);
	g_error_free(error);
}

static void carry_out(struct engine_edit *edit, size_t from, size_t n_bytes,
		      enum file_write what)
{
	GError *error = NULL;

	if (check_there(edit->file, &error))
		edit->file->row->write(edit->file, edit->text->str + from,
				       n_bytes, what, edit->uid, edit_done,
				       edit);
	else
		edit_answer(edit, error);
}

static void set_too_long(const struct engine_edit *edit, GError **error)
{
	probefs_set_error(error, EFBIG, "more than %u bytes in one write of %s",
			  EDIT_BYTES_MAX, edit->file->path);
}

void engine_edit_write(struct engine_edit *edit, const char *text,
		       size_t n_bytes, engine_done_fn done, void *data)
{
	size_t from = edit->n_checked, n;
	GError *error = NULL;
	const char *last;

	edit->done = done;
	edit->data = data;
	if (!check_going_on(edit->file->engine, &error)) {
		edit_cancel(edit, error);
		return;
	}
	if (edit->failure) {
		edit_answer(edit, g_error_copy(edit->failure));
		return;
	}
	if (edit->text->len + n_bytes > EDIT_BYTES_MAX) {
		set_too_long(edit, &error);
		edit_answer(edit, error);
		return;
	}
	g_string_append_len(edit->text, text, (gssize)n_bytes);
	last = memrchr(edit->text->str + from, '\n', edit->text->len - from);
	if (!last) {
		edit_answer(edit, NULL);
		return;
	}
	n = (size_t)(last - edit->text->str) + 1 - from;
	carry_out(edit, from, n, edit->replaces ? FILE_CHECK : FILE_CHANGE);
	if (edit->replaces)
		edit->n_checked += n;
	else
		g_string_erase(edit->text, 0, (gssize)n);
}

void engine_edit_commit(struct engine_edit *edit, engine_done_fn done,
			void *data)
{
	bool replaces = edit->replaces && !edit->is_committed;
	GError *error = NULL;

	edit->done = done;
	edit->data = data;
	if (!check_going_on(edit->file->engine, &error)) {
		edit_cancel(edit, error);
		return;
	}
	edit->is_committed = true;
	/* Who wrote what was wrong has been told. */
	if (!edit->failure && (replaces || edit->text->len))
		carry_out(edit, 0, edit->text->len,
			  replaces ? FILE_REPLACE : FILE_CHANGE);
	else
		edit_answer(edit, NULL);
	g_string_truncate(edit->text, 0);
	edit->n_checked = 0;
}

void engine_edit_free(struct engine_edit *edit)
{
	engine_file_unref(edit->file);
	g_string_free(edit->text, TRUE);
	g_clear_error(&edit->failure);
	g_free(edit);
}
