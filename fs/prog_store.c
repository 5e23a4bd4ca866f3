/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_store.c - owns the files of progs/, their names and references.
 *
 * What a commit, a removal and a rename mean to the engine is in
 * prog_build.c.
 */
#include "prog_store.h"

#include <errno.h>
#include <string.h>

#include "tree.h"

/* Of the daemon's memory, whoever writes. */
#define ALL_FILES_MAX_BYTES (256u << 20)

#define N_FILES_MAX         4096

static const struct {
	const char *suffix;
	enum prog_role role;
} suffixes[] = {
	{".c", PROG_SOURCE},
	{".o", PROG_OBJECT},
	{".cflags", PROG_CFLAGS},
	{".h", PROG_HEADER},
};

struct progs *progs_new(struct tree *tree)
{
	struct progs *progs = g_new0(struct progs, 1);

	progs->tree = tree;
	progs->last_ino = 1; /* the root's */
	progs->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					     (GDestroyNotify)prog_file_unref);
	progs->graces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      NULL);
	return progs;
}

void progs_free(struct progs *progs)
{
	GHashTableIter iter;
	gpointer grace;

	g_hash_table_iter_init(&iter, progs->graces);
	while (g_hash_table_iter_next(&iter, NULL, &grace))
		g_source_remove(GPOINTER_TO_UINT(grace));
	g_hash_table_unref(progs->graces);
	g_hash_table_unref(progs->files);
	g_free(progs);
}

struct prog_file *prog_file_ref(struct prog_file *file)
{
	file->n_refs++;
	return file;
}

void prog_file_unref(struct prog_file *file)
{
	if (--file->n_refs > 0)
		return;
	file->progs->n_bytes -= g_bytes_get_size(file->content);
	g_bytes_unref(file->content);
	g_free(file->name);
	g_free(file);
}

bool prog_file_check_owner(const struct prog_file *file, uid_t uid,
			   GError **error)
{
	if (uid == 0 || uid == file->uid)
		return true;
	probefs_set_error(error, EACCES,
			  "progs/%s belongs to uid %u; only that user and root "
			  "may change it",
			  file->name, (unsigned int)file->uid);
	return false;
}

enum prog_role prog_role(const char *name, char **program)
{
	if (program)
		*program = NULL;
	/* Editors' temporary files: .hello.c.swp, #hello.c#, .#hello.c */
	if (name[0] == '.' || name[0] == '#')
		return PROG_PLAIN;
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		const char *suffix = suffixes[i].suffix;

		if (!g_str_has_suffix(name, suffix))
			continue;
		if (program)
			*program = g_strndup(name,
					     strlen(name) - strlen(suffix));
		return suffixes[i].role;
	}
	return PROG_PLAIN;
}

bool prog_role_is_program(enum prog_role role)
{
	return role == PROG_SOURCE || role == PROG_OBJECT;
}

size_t prog_file_limit(const char *name)
{
	return prog_role(name, NULL) == PROG_OBJECT ? ENGINE_OBJECT_BYTES_MAX
						    : ENGINE_SOURCE_BYTES_MAX;
}

bool progs_check_room(const struct progs *progs, const char *name,
		      size_t n_more, GError **error)
{
	if (n_more <=
	    ALL_FILES_MAX_BYTES - MIN(progs->n_bytes, ALL_FILES_MAX_BYTES))
		return true;
	probefs_set_error(
		error, EDQUOT,
		"progs/%s: the files of progs/ have %zu bytes and may "
		"have %u together; remove some",
		name, progs->n_bytes, ALL_FILES_MAX_BYTES);
	return false;
}

void progs_count_bytes(struct progs *progs, ssize_t n_more)
{
	progs->n_bytes += (size_t)n_more;
}

struct prog_file *progs_find(struct progs *progs, const char *name)
{
	return g_hash_table_lookup(progs->files, name);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *progs_file_names(struct progs *progs)
{
	GPtrArray *names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, progs->files);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, name);
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* The file that makes @program, or NULL. */
static struct prog_file *maker_of(struct progs *progs, const char *program,
				  const char *suffix)
{
	g_autofree char *name = g_strconcat(program, suffix, NULL);

	return progs_find(progs, name);
}

static void add_program(struct progs *progs, GPtrArray *names, char *program)
{
	if (engine_program_exists(progs->tree->engine, program))
		g_ptr_array_add(names, program);
	else
		g_free(program);
}

GPtrArray *progs_program_names(struct progs *progs)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, progs->files);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		char *program;

		if (prog_role_is_program(prog_role(name, &program)))
			add_program(progs, names, program);
		else
			g_free(program);
	}
	g_hash_table_iter_init(&iter, progs->graces);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!maker_of(progs, name, ".c") &&
		    !maker_of(progs, name, ".o"))
			add_program(progs, names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

static bool check_program(struct progs *progs, const char *name,
			  enum prog_role role, const char *program, uid_t uid,
			  GError **error)
{
	const char *other = role == PROG_SOURCE ? ".o" : ".c";

	/* It may run on for a moment without a file. */
	if (!engine_program_name_check(program, error) ||
	    !engine_program_check_owner(progs->tree->engine, program, uid,
					error))
		return false;
	if (maker_of(progs, program, other)) {
		probefs_set_error(error, EEXIST,
				  "progs/%s%s already makes the program %s; "
				  "remove it first",
				  program, other, program);
		return false;
	}
	if (progs_find(progs, program)) {
		probefs_set_error(error, EEXIST,
				  "progs/%s is a file, but the program's "
				  "directory must have this name",
				  program);
		return false;
	}
	return true;
}

/* Flags and headers of others are not used: see prog_build.c. */
static bool check_source_owner(struct progs *progs, const char *name,
			       const char *program, uid_t uid, GError **error)
{
	const struct prog_file *source = maker_of(progs, program, ".c");

	if (!source || uid == 0 || uid == source->uid)
		return true;
	probefs_set_error(error, EACCES,
			  "progs/%s belongs to uid %u; only that user and root "
			  "may write progs/%s",
			  source->name, (unsigned int)source->uid, name);
	return false;
}

bool progs_check_name(struct progs *progs, const char *name, uid_t uid,
		      GError **error)
{
	g_autofree char *program = NULL;
	enum prog_role role;

	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f) {
			probefs_set_error(error, EINVAL,
					  "a file name here must not hold "
					  "control characters");
			return false;
		}
	role = prog_role(name, &program);
	if (prog_role_is_program(role))
		return check_program(progs, name, role, program, uid, error);
	if (role == PROG_CFLAGS &&
	    !check_source_owner(progs, name, program, uid, error))
		return false;
	if (engine_program_exists(progs->tree->engine, name)) {
		probefs_set_error(error, EEXIST,
				  "progs/%s is the directory of a program",
				  name);
		return false;
	}
	return true;
}

/*
 * Different numbers become different ones all over 64 bits, as the hashes of
 * other files are. By its number alone a writer's descriptor is known (see
 * descriptors.h), and terminals, pipes and devices have small ones.
 */
static uint64_t spread(uint64_t n)
{
	return n * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
}

struct prog_file *progs_create(struct progs *progs, const char *name, uid_t uid,
			       GError **error)
{
	struct prog_file *file;

	if (!progs_check_name(progs, name, uid, error))
		return NULL;
	if (g_hash_table_size(progs->files) >= N_FILES_MAX) {
		probefs_set_error(error, EDQUOT,
				  "progs/ has %d files, which is the limit",
				  N_FILES_MAX);
		return NULL;
	}
	file = g_new0(struct prog_file, 1);
	file->progs = progs;
	file->name = g_strdup(name);
	file->content = g_bytes_new_static("", 0);
	file->mtime_ns = g_get_real_time() * 1000;
	file->ino = spread(++progs->last_ino);
	file->uid = uid;
	file->n_refs = 1;
	g_hash_table_insert(progs->files, file->name, file);
	return file;
}

/* The kernel may not know the directory at the moment. */
static struct node *directory_node(struct progs *progs)
{
	return node_peek(progs->tree->root, progs_type.name);
}

void progs_unlink(struct progs *progs, const char *name)
{
	struct prog_file *file = progs_find(progs, name);

	if (!file)
		return;
	file->is_removed = true;
	g_hash_table_remove(progs->files, name);
	if (directory_node(progs))
		node_unname(directory_node(progs), name);
}

void progs_move(struct progs *progs, struct prog_file *file, const char *to)
{
	g_autofree char *from = g_strdup(file->name);

	prog_file_ref(file);
	progs_unlink(progs, to);
	g_hash_table_remove(progs->files, from);
	g_free(file->name);
	file->name = g_strdup(to);
	/* The reference taken above is the table's now. */
	g_hash_table_insert(progs->files, file->name, file);
	if (directory_node(progs))
		node_rename(directory_node(progs), from, to);
}
