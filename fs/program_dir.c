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

/* The same where the size is known without showing. */
static bool sized_file_stat(struct node *node, struct node_stat *stat,
			    GError **error)
{
	ssize_t n_bytes = engine_program_file_bytes(node->tree->engine,
						    node->parent->name,
						    node->name, error);

	stat->size = n_bytes > 0 ? (size_t)n_bytes : 0;
	return n_bytes >= 0;
}

static const struct node_type sized_file_type = {
	.mode = S_IFREG | 0444,
	.flags = NODE_MAPPABLE,
	.show = program_file_show,
	.stat = sized_file_stat,
};

/* NULL: it is not there. */
static const struct node_type *find_file(struct node *directory,
					 const char *name, GError **error)
{
	ssize_t n_bytes = engine_program_file_bytes(directory->tree->engine,
						    directory->name, name,
						    error);

	if (n_bytes >= 0)
		return &sized_file_type;
	return n_bytes == ENGINE_BYTES_UNKNOWN ? &program_file_type : NULL;
}

/* A file that has nothing to show yet is not there. */
static bool program_list(struct node *directory, struct listing *listing,
			 GError **error)
{
	for (const char *const *file = engine_program_files(); *file; file++) {
		const struct node_type *type = find_file(directory, *file,
							 NULL);

		if (type)
			listing_add(listing, *file, type);
	}
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
	.lookup = find_file,
	.list = program_list,
	.unlink = program_unlink,
};
