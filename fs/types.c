/* SPDX-License-Identifier: GPL-2.0-only */
/* types.c - types/: C declarations, as the engine lists and shows them. */
#include <string.h>

#include "tree.h"

static const struct node_type type_file_type;
static const struct node_type type_directory_type;

/* What follows "types" and its slash in the node's path. */
static char *type_path(struct node *node, const char *name)
{
	g_autofree char *path = node_path(node);
	const char *below = strchr(path, '/');

	if (!below)
		return g_strdup(name ? name : "");
	if (!name)
		return g_strdup(below + 1);
	return g_strconcat(below + 1, "/", name, NULL);
}

static const struct node_type *types_lookup(struct node *directory,
					    const char *name, GError **error)
{
	g_autofree char *path = type_path(directory, name);

	switch (engine_type_find(directory->tree->engine, path, error)) {
	case ENGINE_TARGET_FILE:
		return &type_file_type;
	case ENGINE_TARGET_DIRECTORY:
		return &type_directory_type;
	case ENGINE_TARGET_NONE:
		break;
	}
	return NULL;
}

static bool types_list(struct node *directory, struct listing *listing,
		       GError **error)
{
	g_autofree char *path = type_path(directory, NULL);
	bool are_directories = false;
	GPtrArray *names = engine_type_list(directory->tree->engine, path,
					    &are_directories, error);

	if (!names)
		return false;
	listing_take(listing, names,
		     are_directories ? &type_directory_type : &type_file_type);
	return true;
}

static GBytes *type_show(struct node *node, GError **error)
{
	g_autofree char *path = type_path(node, NULL);
	char *text = engine_type_show(node->tree->engine, path, error);

	return text ? g_bytes_new_take(text, strlen(text)) : NULL;
}

static const struct node_type type_file_type = {
	.mode = S_IFREG | 0444,
	.show = type_show,
};

static const struct node_type type_directory_type = {
	.mode = S_IFDIR | 0777,
	.lookup = types_lookup,
	.list = types_list,
};

const struct node_type types_type = {
	.name = "types",
	.mode = S_IFDIR | 0777,
	.flags = NODE_LASTING,
	.lookup = types_lookup,
	.list = types_list,
};
