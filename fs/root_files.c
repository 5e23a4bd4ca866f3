/* SPDX-License-Identifier: GPL-2.0-only */
/* root_files.c - the read-only files of the root. Knows the engine's texts. */
#include <string.h>

#include "errors.h"
#include "readme.h"
#include "tree.h"

static GBytes *to_bytes(char *text)
{
	return g_bytes_new_take(text, strlen(text));
}

static GBytes *readme_show(struct node *node, GError **error)
{
	GString *text = g_string_new(readme_text);

	g_string_append(text, "\nWhere a function can be attached:\n\n");
	for (const struct engine_kind *kind = engine_kinds(); kind->directory;
	     kind++)
		g_string_append_printf(text, "    %-18s %s\n", kind->directory,
				       kind->about);
	return g_string_free_to_bytes(text);
}

static GBytes *status_show(struct node *node, GError **error)
{
	const struct tree *tree = node->tree;
	g_autofree char *engine = engine_show_status(tree->engine);

	return to_bytes(g_strdup_printf(
		"%sopen_files: %zu\nreaders: %zu\nrequests_waiting: %zu\n"
		"failures: %lu\n",
		engine, tree->n_handles, tree->n_readers, tree->n_waiting,
		errors_count(tree->errors)));
}

static GBytes *errors_file_show(struct node *node, GError **error)
{
	return errors_show(node->tree->errors);
}

static GBytes *attached_show(struct node *node, GError **error)
{
	return to_bytes(engine_show_attached(node->tree->engine));
}

const struct node_type readme_type = {
	.name = "README",
	.mode = S_IFREG | 0444,
	.show = readme_show,
};

const struct node_type status_type = {
	.name = "status",
	.mode = S_IFREG | 0444,
	.show = status_show,
};

const struct node_type errors_type = {
	.name = "errors",
	.mode = S_IFREG | 0444,
	.show = errors_file_show,
};

const struct node_type attached_type = {
	.name = "attached",
	.mode = S_IFREG | 0444,
	.show = attached_show,
};
