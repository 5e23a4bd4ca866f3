/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_files.c - the engine's tables of files. A kind of file that nobody
 * else knows needs the rows below and nothing more; nothing is mounted.
 */
#include "bpf/engine/file_row.h"
#include "bpf/error.h"

#include <errno.h>
#include <string.h>

static GString *note; /* the content of the file "note" */

static GBytes *show_answer(const struct engine_file *file, GError **error)
{
	return g_bytes_new_static("42\n", 3);
}

static GBytes *show_note(const struct engine_file *file, GError **error)
{
	return g_bytes_new(note->str, note->len);
}

static ssize_t note_bytes(const struct engine_file *file, GError **error)
{
	return (ssize_t)note->len;
}

static void write_note(struct engine_file *file, const char *text,
		       size_t n_bytes, enum file_write what, uid_t uid,
		       engine_done_fn done, void *data)
{
	g_autoptr(GError) error = NULL;

	if (g_strstr_len(text, (gssize)n_bytes, "bad"))
		probefs_set_error(&error, EINVAL, "a bad line");
	if (!error && what == FILE_REPLACE)
		g_string_truncate(note, 0);
	if (!error && what != FILE_CHECK)
		g_string_append_len(note, text, (gssize)n_bytes);
	done(error, data);
}

static bool is_note_there(const struct engine_file *file)
{
	return note;
}

static const struct file_row answer_row = {
	.name = "answer",
	.show = show_answer,
};

static const struct file_row note_row = {
	.name = "note",
	.is_there = is_note_there,
	.show = show_note,
	.n_bytes = note_bytes,
	.write = write_note,
};

static const struct file_row *const children[] = {&answer_row, &note_row, NULL};

static const struct file_row directory_row = {
	.is_directory = true,
	.children = children,
};

/* An engine that has nothing but what answers later. */
static struct engine_file *begin(struct engine *engine)
{
	note = g_string_new(NULL);
	engine->operations = operations_new();
	return file_new_root(engine, &directory_row);
}

static void end(struct engine *engine, struct engine_file *directory)
{
	engine_file_unref(directory);
	operations_free(engine->operations);
	if (note)
		g_string_free(note, TRUE);
	note = NULL;
}

static void keep_text(GBytes *content, const GError *error, void *data)
{
	gsize n_bytes;
	const char *bytes = g_bytes_get_data(content, &n_bytes);

	g_assert_no_error(error);
	*(char **)data = g_strdup_printf("%.*s", (int)n_bytes,
					 bytes ? bytes : "");
}

static void assert_shows(struct engine_file *directory, const char *name,
			 const char *text)
{
	struct engine_file *file = engine_file_find(directory, name, NULL);
	g_autofree char *shown = NULL;

	g_assert_nonnull(file);
	engine_file_show(file, keep_text, &shown);
	g_assert_cmpstr(shown, ==, text);
	engine_file_unref(file);
}

static void keep_errno(const GError *error, void *data)
{
	*(int *)data = error ? probefs_error_errno(error) : 0;
}

static int wait_for(const int *err)
{
	while (*err < 0)
		g_main_context_iteration(NULL, TRUE);
	return *err;
}

static int write_text(struct engine_edit *edit, const char *text)
{
	int err = -1;

	engine_edit_write(edit, text, strlen(text), keep_errno, &err);
	return wait_for(&err);
}

static int commit(struct engine_edit *edit)
{
	int err = -1;

	engine_edit_commit(edit, keep_errno, &err);
	wait_for(&err);
	engine_edit_free(edit);
	return err;
}

static void test_find_and_list(void)
{
	struct engine engine = {};
	struct engine_file *directory = begin(&engine);
	g_autoptr(GPtrArray) names = engine_file_list(directory, NULL);
	g_autoptr(GError) error = NULL;
	struct engine_file *file;

	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(((struct engine_name *)names->pdata[0])->name, ==,
			"answer");
	g_assert_true(((struct engine_name *)names->pdata[1])->is_writable);
	assert_shows(directory, "answer", "42\n");
	file = engine_file_find(directory, "answer", NULL);
	g_assert_cmpint(engine_file_bytes(file, NULL), ==,
			ENGINE_BYTES_UNKNOWN);
	engine_file_unref(file);
	g_assert_null(engine_file_find(directory, "question", &error));
	g_assert_cmpint(probefs_error_errno(error), ==, ENOENT);
	end(&engine, directory);
}

static void test_write(void)
{
	struct engine engine = {};
	struct engine_file *directory = begin(&engine);
	struct engine_file *file = engine_file_find(directory, "note", NULL);
	struct engine_edit *edit = engine_edit_new(file, 0, false);

	g_assert_cmpint(write_text(edit, "one\ntw"), ==, 0);
	assert_shows(directory, "note", "one\n");
	g_assert_cmpint(commit(edit), ==, 0);
	assert_shows(directory, "note", "one\ntw");
	edit = engine_edit_new(file, 0, true);
	g_assert_cmpint(write_text(edit, "new\n"), ==, 0);
	g_assert_cmpint(engine_file_bytes(file, NULL), ==, 6);
	g_assert_cmpint(commit(edit), ==, 0);
	assert_shows(directory, "note", "new\n");
	/* One bad line, and nothing of the replacement happens. */
	edit = engine_edit_new(file, 0, true);
	g_assert_cmpint(write_text(edit, "good\n"), ==, 0);
	g_assert_cmpint(write_text(edit, "bad\n"), ==, EINVAL);
	g_assert_cmpint(write_text(edit, "good\n"), ==, EINVAL);
	g_assert_cmpint(commit(edit), ==, 0);
	assert_shows(directory, "note", "new\n");
	/* `: > file` */
	g_assert_cmpint(commit(engine_edit_new(file, 0, true)), ==, 0);
	assert_shows(directory, "note", "");
	engine_file_unref(file);
	end(&engine, directory);
}

static void test_gone(void)
{
	struct engine engine = {};
	struct engine_file *directory = begin(&engine);
	struct engine_file *file = engine_file_find(directory, "note", NULL);
	struct engine_edit *edit = engine_edit_new(file, 0, false);

	g_string_free(g_steal_pointer(&note), TRUE);
	g_assert_true(engine_file_is_gone(file));
	g_assert_null(engine_file_find(directory, "note", NULL));
	g_assert_cmpint(write_text(edit, "one\n"), ==, ENOENT);
	engine_edit_free(edit);
	engine_file_unref(file);
	end(&engine, directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/files/find-and-list", test_find_and_list);
	g_test_add_func("/files/write", test_write);
	g_test_add_func("/files/gone", test_gone);
	return g_test_run();
}
