// SPDX-License-Identifier: GPL-2.0-only
/* check.c - looks at the tree as any program can, and at what its daemon holds. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "held.h"
#include "plan.h"

struct check {
	pid_t daemon;
	guint n_descriptors;   /* … of the daemon without programs */
	GHashTable *functions; /* owned: of a good file's GBytes, their names */
	GHashTable *held;      /* owned: when it was last sound */
	guint n_programs_total, n_attached_total;
	/* Of one look at it: */
	GString *wrong;
	GPtrArray *files, *programs; /* owned: names in progs/ */
};

/* --- Reading ----------------------------------------------------------- */

/* All of it, as cat has it: what stat says of the size is not believed. */
static GBytes *read_all(const char *path)
{
	GByteArray *bytes = g_byte_array_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	guint8 buffer[65536];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		g_byte_array_append(bytes, buffer, (guint)n);
	if (fd >= 0)
		close(fd);
	if (!n)
		return g_byte_array_free_to_bytes(bytes);
	g_byte_array_unref(bytes);
	return NULL;
}

/* Its lines without their newlines. */
static char **read_lines(struct check *check, const char *path)
{
	g_autoptr(GBytes) bytes = read_all(path);
	g_autofree char *text = NULL;

	if (!bytes)
		g_string_append_printf(check->wrong, "%s cannot be read: %s\n",
				       path, g_strerror(errno));
	/* The bytes of an empty file are NULL. */
	if (bytes && g_bytes_get_size(bytes))
		text = g_strndup(g_bytes_get_data(bytes, NULL),
				 g_bytes_get_size(bytes));
	else
		text = g_strdup("");
	if (g_str_has_suffix(text, "\n"))
		text[strlen(text) - 1] = '\0';
	return g_strsplit(text, "\n", -1);
}

/* The first column of `functions`. */
static char *first_column(char **lines)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_autofree char *name = g_strndup(*line, strcspn(*line, "\t"));

		g_string_append_printf(names, "%s ", name);
	}
	return g_string_free(g_steal_pointer(&names), FALSE);
}

/* --- Names ------------------------------------------------------------- */

static void look_around(struct check *check)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	DIR *dir = opendir("progs");
	struct dirent *entry;

	g_ptr_array_set_size(check->files, 0);
	g_ptr_array_set_size(check->programs, 0);
	while (dir && (entry = readdir(dir))) {
		GPtrArray *names = entry->d_type == DT_DIR ? check->programs
							   : check->files;
		char *name;

		if (entry->d_name[0] == '.')
			continue;
		name = g_strdup(entry->d_name);
		g_ptr_array_add(names, name);
		if (!g_hash_table_add(seen, name))
			g_string_append_printf(check->wrong,
					       "progs/%s is listed twice\n",
					       name);
	}
	if (dir)
		closedir(dir);
	else
		g_string_append(check->wrong, "progs/ cannot be listed\n");
}

static bool has_name(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++)
		if (!strcmp(names->pdata[i], name))
			return true;
	return false;
}

static void check_programs(struct check *check)
{
	for (guint i = 0; i < check->programs->len; i++) {
		const char *name = check->programs->pdata[i];
		g_autofree char *source = g_strconcat(name, ".c", NULL);
		g_autofree char *object = g_strconcat(name, ".o", NULL);

		if (!has_name(check->files, source) &&
		    !has_name(check->files, object))
			g_string_append_printf(
				check->wrong,
				"progs/%s is a program without a file\n", name);
	}
}

/* --- Files ------------------------------------------------------------- */

static void check_size(struct check *check, const char *path, GBytes *content)
{
	struct stat info;

	if (stat(path, &info) ||
	    (size_t)info.st_size != g_bytes_get_size(content))
		g_string_append_printf(check->wrong,
				       "%s has %" G_GSIZE_FORMAT
				       " bytes, but stat says %lld\n",
				       path, g_bytes_get_size(content),
				       (long long)info.st_size);
}

/* What is written there is what runs, or would if it were attached. */
static void check_runs(struct check *check, const char *file,
		       const char *expected)
{
	g_autofree char *program = g_strndup(file, strlen(file) - 2);
	g_autofree char *path = g_strdup_printf("progs/%s/functions", program);
	g_auto(GStrv) lines = NULL;
	g_autofree char *real = NULL;

	if (!has_name(check->programs, program)) {
		g_string_append_printf(
			check->wrong,
			"progs/%s compiles, but there is no progs/%s/\n", file,
			program);
		return;
	}
	lines = read_lines(check, path);
	real = first_column(lines);
	if (strcmp(real, expected) != 0)
		g_string_append_printf(check->wrong,
				       "progs/%s has the functions %s, but %s "
				       "run\n",
				       file, expected, real);
}

static void check_files(struct check *check)
{
	for (guint i = 0; i < check->files->len; i++) {
		const char *name = check->files->pdata[i];
		g_autofree char *path = g_strconcat("progs/", name, NULL);
		g_autoptr(GBytes) content = read_all(path);
		const char *functions;

		if (!content) {
			g_string_append_printf(check->wrong,
					       "%s cannot be read\n", path);
			continue;
		}
		check_size(check, path, content);
		functions = g_hash_table_lookup(check->functions, content);
		if (functions && (g_str_has_suffix(name, ".c") ||
				  g_str_has_suffix(name, ".o")))
			check_runs(check, name, functions);
	}
}

/* --- Attachments: said in three places --------------------------------- */

/* "PATH\tPROGRAM:FUNCTION" for each path of the third column. */
static void add_places(GPtrArray *all, const char *program, const char *line)
{
	g_auto(GStrv) columns = g_strsplit(line, "\t", 3);
	g_auto(GStrv) places = NULL;

	if (g_strv_length(columns) < 3 || !*columns[2])
		return;
	places = g_strsplit(columns[2], " ", -1);
	for (char **place = places; *place; place++)
		g_ptr_array_add(all, g_strdup_printf("%s\t%s:%s", *place,
						     program, columns[0]));
}

static GPtrArray *by_functions(struct check *check)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < check->programs->len; i++) {
		const char *name = check->programs->pdata[i];
		g_autofree char *path = g_strdup_printf("progs/%s/functions",
							name);
		g_auto(GStrv) lines = read_lines(check, path);

		for (char **line = lines; *line; line++)
			add_places(all, name, *line);
	}
	return all;
}

static GPtrArray *by_points(struct check *check)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (const char *const *point = plan_points; *point; point++) {
		g_auto(GStrv) lines = read_lines(check, *point);

		for (char **line = lines; *line; line++)
			g_ptr_array_add(all, g_strdup_printf("%s\t%s", *point,
							     *line));
	}
	return all;
}

static GPtrArray *by_attached(struct check *check)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = read_lines(check, "attached");

	for (char **line = lines; *line; line++)
		g_ptr_array_add(all, g_strdup(*line));
	return all;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted_text(GPtrArray *lines)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_ptr_array_sort(lines, by_text);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "  %s\n", (char *)lines->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void check_same(struct check *check, const char *attached,
		       const char *where, GPtrArray *lines)
{
	g_autofree char *other = sorted_text(lines);

	if (strcmp(attached, other) != 0)
		g_string_append_printf(check->wrong,
				       "attached says:\n%s%s:\n%s", attached,
				       where, other);
}

static void check_points_sizes(struct check *check)
{
	for (const char *const *point = plan_points; *point; point++) {
		g_autoptr(GBytes) content = read_all(*point);

		if (content)
			check_size(check, *point, content);
	}
}

/* Returns the number of attachments. */
static guint check_attachments(struct check *check)
{
	g_autoptr(GPtrArray) all = by_attached(check);
	g_autoptr(GPtrArray) functions = by_functions(check);
	g_autoptr(GPtrArray) points = by_points(check);
	g_autofree char *attached = sorted_text(all);

	check_same(check, attached, "progs/*/functions say", functions);
	check_same(check, attached, "the attach files say", points);
	check_points_sizes(check);
	return all->len;
}

/* --- The daemon -------------------------------------------------------- */

/* A link an attachment; those of one function may share its program. */
static void check_held(struct check *check, guint n_attached)
{
	guint n_links, n_programs;

	g_clear_pointer(&check->held, g_hash_table_unref);
	check->held = held_objects(check->daemon);
	n_links = held_count(check->held, "link_id");
	n_programs = held_count(check->held, "prog_id");
	if (n_links == n_attached && n_programs <= n_links &&
	    !n_programs == !n_links)
		return;
	g_string_append_printf(check->wrong,
			       "%u lines in attached, but the daemon holds %u "
			       "links and %u programs\n",
			       n_attached, n_links, n_programs);
}

/*
 * "program NAME: uid=…": one that is not loaded needs no file, for its errors
 * say why mv has failed.
 */
static void check_status_program(struct check *check, const char *line)
{
	const char *begin = line + strlen("program ");
	g_autofree char *name = g_strndup(begin, strcspn(begin, ":"));

	if (!has_name(check->programs, name) &&
	    !g_str_has_suffix(line, " not loaded"))
		g_string_append_printf(check->wrong,
				       "status has the program %s, but there "
				       "is no progs/%s\n",
				       name, name);
}

static void check_status(struct check *check, guint n_attached)
{
	static const char *const idle[] = {"requests_waiting: 0",
					   "open_files: 0", "readers: 0"};
	g_autofree char *attachments = g_strdup_printf("attachments: %u",
						       n_attached);
	g_auto(GStrv) lines = read_lines(check, "status");
	const char *const *all = (const char *const *)lines;

	for (guint i = 0; i < G_N_ELEMENTS(idle); i++)
		if (!g_strv_contains(all, idle[i]))
			g_string_append_printf(check->wrong,
					       "status should say %s\n",
					       idle[i]);
	if (!g_strv_contains(all, attachments))
		g_string_append_printf(check->wrong, "status should say %s\n",
				       attachments);
	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, "program "))
			check_status_program(check, *line);
}

static void check_lives(struct check *check)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", check->daemon);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    strstr(text, ") Z "))
		g_string_append(check->wrong, "the daemon is dead\n");
}

/* --- All of it --------------------------------------------------------- */

static void learn(struct check *check, const char *sources)
{
	for (const char *const *file = plan_good_files; *file; file++) {
		g_autofree char *path = g_strdup_printf("%s/%s", sources,
							*file);
		g_autofree char *functions = g_strconcat(path, ".functions",
							 NULL);
		g_auto(GStrv) lines = read_lines(check, functions);
		GBytes *content = read_all(path);

		if (!content)
			g_error("%s cannot be read", path);
		g_hash_table_insert(check->functions, content,
				    first_column(lines));
	}
}

struct check *check_new(pid_t daemon, const char *sources)
{
	struct check *check = g_new0(struct check, 1);

	check->daemon = daemon;
	check->n_descriptors = held_descriptors(daemon);
	check->functions = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						 (GDestroyNotify)g_bytes_unref,
						 g_free);
	check->wrong = g_string_new(NULL);
	check->files = g_ptr_array_new_with_free_func(g_free);
	check->programs = g_ptr_array_new_with_free_func(g_free);
	learn(check, sources);
	return check;
}

void check_free(struct check *check)
{
	g_hash_table_unref(check->functions);
	g_clear_pointer(&check->held, g_hash_table_unref);
	g_string_free(check->wrong, TRUE);
	g_ptr_array_unref(check->files);
	g_ptr_array_unref(check->programs);
	g_free(check);
}

static char *result(struct check *check)
{
	char *text = check->wrong->len ? g_strdup(check->wrong->str) : NULL;

	g_string_truncate(check->wrong, 0);
	return text;
}

void check_totals(const struct check *check, unsigned int *n_programs,
		  unsigned int *n_attached)
{
	*n_programs = check->n_programs_total;
	*n_attached = check->n_attached_total;
}

char *check_sound(struct check *check)
{
	guint n_attached;

	check_lives(check);
	look_around(check);
	check_programs(check);
	check_files(check);
	n_attached = check_attachments(check);
	check_held(check, n_attached);
	check_status(check, n_attached);
	if (!check->wrong->len) {
		check->n_programs_total += check->programs->len;
		check->n_attached_total += n_attached;
	}
	return result(check);
}

char *check_removed(struct check *check)
{
	check_lives(check);
	look_around(check);
	if (check->files->len || check->programs->len)
		g_string_append(check->wrong, "progs/ is not empty\n");
	if (check_attachments(check))
		g_string_append(check->wrong, "attached is not empty\n");
	return result(check);
}

/* What it held when it was last sound must be gone from the kernel, too. */
static void check_kernel(struct check *check)
{
	GHashTableIter iter;
	gpointer object;

	if (!check->held)
		return;
	g_hash_table_iter_init(&iter, check->held);
	while (g_hash_table_iter_next(&iter, &object, NULL))
		if (held_by_kernel(object))
			g_string_append_printf(check->wrong,
					       "the kernel has %s still\n",
					       (char *)object);
}

char *check_nothing_held(struct check *check)
{
	g_autoptr(GHashTable) held = held_objects(check->daemon);
	guint n = held_descriptors(check->daemon);
	GHashTableIter iter;
	gpointer object;

	check_kernel(check);
	g_hash_table_iter_init(&iter, held);
	while (g_hash_table_iter_next(&iter, &object, NULL))
		g_string_append_printf(check->wrong,
				       "the daemon holds %s still\n",
				       (char *)object);
	if (n != check->n_descriptors) {
		g_autofree char *text = held_descriptors_text(check->daemon);

		g_string_append_printf(check->wrong,
				       "%u descriptors became %u:\n%s",
				       check->n_descriptors, n, text);
	}
	check_status(check, 0);
	return result(check);
}
