/* SPDX-License-Identifier: GPL-2.0-only */
/* program_dir.c - progs/NAME/: what the engine shows of a program. */
#include <errno.h>
#include <string.h>

#include "prog_store.h"
#include "tree.h"

static GBytes *program_file_show(struct node *node, GError **error)
{
	return engine_program_show(node->tree->engine, node->parent->name,
				   node->name, error);
}

/* Exact size at any time: a debugger may map the object. */
static const struct node_type program_file_type = {
	.mode = S_IFREG | 0444,
	.flags = NODE_MAPPABLE,
	.show = program_file_show,
};

static bool is_shown(struct node *directory, const char *file, GError **error)
{
	g_autoptr(GBytes)
		content = engine_program_show(directory->tree->engine,
					      directory->name, file, error);

	return content != NULL;
}

static const struct node_type *program_lookup(struct node *directory,
					      const char *name, GError **error)
{
	for (const char *const *file = engine_program_files(); *file; file++)
		if (strcmp(*file, name) == 0)
			return is_shown(directory, name, error)
				       ? &program_file_type
				       : NULL;
	probefs_set_error(error, ENOENT, "%s: no such file of a program", name);
	return NULL;
}

/* A file that has nothing to show yet is not there. */
static bool program_list(struct node *directory, struct listing *listing,
			 GError **error)
{
	for (const char *const *file = engine_program_files(); *file; file++)
		if (is_shown(directory, *file, NULL))
			listing_add(listing, *file, &program_file_type);
	return true;
}

static enum answer program_unlink(struct node *directory, const char *name,
				  uid_t uid, struct request *request,
				  GError **error)
{
	const char *program = directory->name;
	g_autofree char *object = g_strconcat(program, ".o", NULL);

	probefs_set_error(error, EPERM,
			  "%s belongs to the program; what removes all of it "
			  "is: rm progs/%s.%s",
			  name, program,
			  progs_find(directory->tree->progs, object) ? "o"
								     : "c");
	return ANSWER_FAILED;
}

static const struct node_type *const program_children[] = {
	&output_type,
	&output_json_type,
	NULL,
};

const struct node_type program_type = {
	.mode = S_IFDIR | 0777,
	.children = program_children,
	.lookup = program_lookup,
	.list = program_list,
	.unlink = program_unlink,
};
