/* SPDX-License-Identifier: GPL-2.0-only */
/* tree.c - owns what all nodes are told and tell: failures, and news. */
#include "tree.h"

#include <string.h>

#include "errors.h"

static struct node *find(struct tree *tree, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	struct node *node = tree->root;

	for (char **name = names; node && *name; name++)
		node = node_peek(node, *name);
	return node;
}

static void path_changed(struct tree *tree, const char *path)
{
	struct node *node = find(tree, path);

	if (node)
		tree_changed(tree, node);
}

void tree_failed(struct tree *tree, const char *path, uid_t uid,
		 const GError *error)
{
	errors_add(tree->errors, path, uid, error->message);
	path_changed(tree, "errors");
}

void tree_missing(struct tree *tree, const char *path, uid_t uid,
		  const GError *error)
{
	int64_t now_us = g_get_monotonic_time();
	bool is_same = g_strcmp0(tree->missing, path) == 0 &&
		       now_us - tree->missing_us < G_USEC_PER_SEC;

	if (is_same)
		return;
	tree_failed(tree, path, uid, error);
	g_free(tree->missing);
	tree->missing = g_strdup(path);
	tree->missing_us = now_us;
}

void tree_changed(struct tree *tree, struct node *node)
{
	node_changed(node);
	if (tree->invalidate)
		tree->invalidate(node, tree->invalidate_data);
}

void tree_program_changed(struct tree *tree, const char *program)
{
	g_autofree char *path = g_strdup_printf("progs/%s", program);

	path_changed(tree, "progs");
	path_changed(tree, path);
	path_changed(tree, "attached");
}

void tree_point_changed(struct tree *tree, const char *kind, const char *target)
{
	g_autofree char *path = g_strdup_printf("%s/%s", kind, target);

	path_changed(tree, path);
	path_changed(tree, "attached");
}
