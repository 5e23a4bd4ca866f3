/* SPDX-License-Identifier: GPL-2.0-only */
/* program_dir.c - progs/NAME/ and types/: where the engine's files hang. */
#include <errno.h>
#include <string.h>

#include "bpf/files.h"
#include "engine_files.h"
#include "prog_store.h"
#include "tree.h"

static struct engine_file *program_bind(struct node *node)
{
	return engine_program_directory(node->tree->engine, node->name);
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
	.bind = program_bind,
	.lookup = engine_files_lookup,
	.list = engine_files_list,
	.unlink = program_unlink,
	.forget = engine_files_forget,
};

static struct engine_file *types_bind(struct node *node)
{
	return engine_types_directory(node->tree->engine);
}

const struct node_type types_type = {
	.name = "types",
	.mode = S_IFDIR | 0777,
	.flags = NODE_LASTING,
	.bind = types_bind,
	.lookup = engine_files_lookup,
	.list = engine_files_list,
	.forget = engine_files_forget,
};
