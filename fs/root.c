/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * root.c - owns the table of the root, and the tree's birth and end. Knows the
 * engine's kinds only as directories of the root.
 */
#include "root.h"

#include <errno.h>
#include <string.h>

#include "errors.h"
#include "progs.h"

#define N_ERRORS_KEPT 1000

static const struct node_type *const root_children[] = {
	&readme_type,   &status_type, &errors_type,
	&attached_type, &output_type, &output_json_type,
	&progs_type,    &types_type,  NULL,
};

/* Only what looks like a slip is worth telling: much is looked for in vain. */
static void set_missing(const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL;

	for (const struct engine_kind *kind = engine_kinds(); kind->directory;
	     kind++)
		g_ptr_array_add(names, (char *)(uintptr_t)kind->directory);
	for (const struct node_type *const *type = root_children; *type; type++)
		g_ptr_array_add(names, (char *)(uintptr_t)(*type)->name);
	hint = engine_suggest(name, names);
	if (*hint)
		probefs_set_error(error, ENOENT, "%s: no such file%s", name,
				  hint);
}

static const struct node_type *root_lookup(struct node *root, const char *name,
					   GError **error)
{
	for (const struct engine_kind *kind = engine_kinds(); kind->directory;
	     kind++)
		if (strcmp(kind->directory, name) == 0)
			return kind_row(kind);
	set_missing(name, error);
	return NULL;
}

static bool root_list(struct node *root, struct listing *listing,
		      GError **error)
{
	for (const struct engine_kind *kind = engine_kinds(); kind->directory;
	     kind++)
		listing_add(listing, kind->directory, kind_row(kind));
	return true;
}

static const struct node_type root_type = {
	.mode = S_IFDIR | 0777,
	.flags = NODE_LASTING | NODE_TELLS_MISSING,
	.children = root_children,
	.lookup = root_lookup,
	.list = root_list,
};

struct tree *tree_new(struct engine *engine, const struct tree_config *config)
{
	struct tree *tree = g_new0(struct tree, 1);

	tree->engine = engine;
	tree->config = *config;
	tree->started_ns = g_get_real_time() * 1000;
	tree->errors = errors_new(N_ERRORS_KEPT);
	tree->root = node_new_root(tree, &root_type);
	tree->progs = progs_new(tree);
	return tree;
}

/* The kernel sends no FORGET for what it remembers when a mount ends. */
static void forget_nodes(struct tree *tree)
{
	g_autoptr(GList)
		nodes = g_list_concat(g_hash_table_get_keys(tree->nodes),
				      g_hash_table_get_keys(tree->nameless));

	/* There may be 250,000; out of the table with all of them at once. */
	g_hash_table_remove_all(tree->nodes);
	g_hash_table_remove_all(tree->nameless);
	for (GList *at = nodes; at; at = at->next)
		node_ref(at->data)->is_named = false;
	for (GList *at = nodes; at; at = at->next) {
		struct node *node = at->data;

		if (node->n_lookups > 0)
			node_forgotten(node, node->n_lookups);
		node_unref(node);
	}
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	g_clear_handle_id(&tree->snapshot_timer, g_source_remove);
	g_queue_clear_full(&tree->snapshots, (GDestroyNotify)node_unref);
	forget_nodes(tree);
	node_unref(tree->root);
	g_hash_table_unref(tree->nodes);
	g_hash_table_unref(tree->nameless);
	progs_free(tree->progs);
	errors_free(tree->errors);
	g_free(tree->missing);
	g_free(tree);
}
