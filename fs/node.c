/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * node.c - owns nodes, their names, counts and snapshots. Knows no FUSE.
 *
 * The table of nodes maps (parent, name) to the node; it does not count. A
 * node lives as long as the kernel remembers it, something has it open, or a
 * child needs it for its path.
 */
#include "node.h"

#include <errno.h>
#include <string.h>

#include "tree.h"

/* A GETATTR, an OPEN and an fstat of one command are together within this. */
#define SNAPSHOT_US G_USEC_PER_SEC

static guint key_hash(gconstpointer key)
{
	const struct node *node = key;

	return (guint)node->key;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const struct node *one = a, *other = b;

	return one->parent == other->parent &&
	       strcmp(one->name, other->name) == 0;
}

/* FNV-1a over the parent's number and the name: stable over restarts. */
uint64_t node_ino(const struct node *parent, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ parent->ino;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ull;
	return hash;
}

struct node *node_new_root(struct tree *tree, const struct node_type *type)
{
	struct node *node = g_new0(struct node, 1);

	tree->nodes = g_hash_table_new(key_hash, key_equal);
	tree->nameless = g_hash_table_new(NULL, NULL);
	node->type = type;
	node->tree = tree;
	node->name = g_strdup("");
	node->ino = 1;
	node->n_refs = 1;
	return node;
}

struct node *node_peek(struct node *parent, const char *name)
{
	struct node key = {.parent = parent, .key = node_ino(parent, name)};

	/* The table only compares it. */
	key.name = (char *)(uintptr_t)name;
	return g_hash_table_lookup(parent->tree->nodes, &key);
}

struct node *node_get(struct node *parent, const char *name,
		      const struct node_type *type)
{
	struct node *node = node_peek(parent, name);

	if (node && node->type == type)
		return node_ref(node);
	if (node)
		node_unname(parent, name);
	node = g_new0(struct node, 1);
	node->type = type;
	node->tree = parent->tree;
	node->parent = node_ref(parent);
	node->name = g_strdup(name);
	node->key = node_ino(parent, name);
	node->ino = node->key;
	node->n_refs = 1;
	node->is_named = true;
	g_hash_table_add(parent->tree->nodes, node);
	return node;
}

struct node *node_ref(struct node *node)
{
	node->n_refs++;
	return node;
}

void node_unref(struct node *node)
{
	while (node && --node->n_refs == 0) {
		struct node *parent = node->parent;

		if (parent)
			g_hash_table_remove(node->is_named
						    ? node->tree->nodes
						    : node->tree->nameless,
					    node);
		if (node->type->forget)
			node->type->forget(node);
		if (node->snapshot)
			g_bytes_unref(node->snapshot);
		g_free(node->name);
		g_free(node);
		node = parent;
	}
}

void node_looked_up(struct node *node)
{
	if (node->n_lookups++ == 0)
		node_ref(node);
}

void node_forgotten(struct node *node, uint64_t n_lookups)
{
	node->n_lookups -= MIN(n_lookups, node->n_lookups);
	if (node->n_lookups == 0)
		node_unref(node);
}

static void append_path(GString *path, const struct node *node)
{
	if (!node->parent)
		return;
	append_path(path, node->parent);
	if (path->len > 0)
		g_string_append_c(path, '/');
	g_string_append(path, node->name);
}

char *node_path(const struct node *node)
{
	GString *path = g_string_new(NULL);

	append_path(path, node);
	return g_string_free(path, FALSE);
}

void node_unname(struct node *parent, const char *name)
{
	struct node *node = node_peek(parent, name);

	if (!node)
		return;
	g_hash_table_remove(parent->tree->nodes, node);
	g_hash_table_add(parent->tree->nameless, node);
	node->is_named = false;
}

void node_rename(struct node *parent, const char *from, const char *to)
{
	struct node *node = node_peek(parent, from);

	node_unname(parent, to);
	if (!node)
		return;
	node_unname(parent, from);
	g_hash_table_remove(parent->tree->nameless, node);
	g_free(node->name);
	node->name = g_strdup(to);
	node->key = node_ino(parent, to);
	node->is_named = true;
	g_hash_table_add(parent->tree->nodes, node);
}

static const struct node_type *child_type(const struct node_type *type,
					  const char *name)
{
	if (!type->children)
		return NULL;
	for (size_t i = 0; type->children[i]; i++)
		if (strcmp(type->children[i]->name, name) == 0)
			return type->children[i];
	return NULL;
}

const struct node_type *node_lookup(struct node *directory, const char *name,
				    GError **error)
{
	const struct node_type *type = child_type(directory->type, name);

	if (type)
		return type;
	if (directory->type->lookup)
		return directory->type->lookup(directory, name, error);
	probefs_set_error(error, ENOENT, "%s: no such file", name);
	return NULL;
}

/* A prompt that shows the branch looks for .git wherever it stands. */
bool node_tells_missing(const struct node *directory, const char *name)
{
	return (directory->type->flags & NODE_TELLS_MISSING) && name[0] != '.';
}

bool node_list(struct node *directory, struct listing *listing, GError **error)
{
	const struct node_type *type = directory->type;

	for (size_t i = 0; type->children && type->children[i]; i++)
		listing_add(listing, type->children[i]->name,
			    type->children[i]);
	return !type->list || type->list(directory, listing, error);
}

bool node_expire(struct node *node, int64_t now_us)
{
	if (node->snapshot && now_us - node->snapshot_us >= SNAPSHOT_US)
		g_clear_pointer(&node->snapshot, g_bytes_unref);
	return node->snapshot != NULL;
}

static gboolean expire_snapshots(gpointer data)
{
	struct tree *tree = data;
	int64_t now_us = g_get_monotonic_time();

	for (guint n = g_queue_get_length(&tree->snapshots); n > 0; n--) {
		struct node *node = g_queue_pop_head(&tree->snapshots);

		if (node_expire(node, now_us))
			g_queue_push_tail(&tree->snapshots, node);
		else
			node_unref(node);
	}
	if (!g_queue_is_empty(&tree->snapshots))
		return G_SOURCE_CONTINUE;
	tree->snapshot_timer = 0;
	return G_SOURCE_REMOVE;
}

static void keep_snapshot(struct node *node, GBytes *content)
{
	struct tree *tree = node->tree;

	if (!node->snapshot)
		g_queue_push_tail(&tree->snapshots, node_ref(node));
	else
		g_bytes_unref(node->snapshot);
	node->snapshot = g_bytes_ref(content);
	node->snapshot_us = g_get_monotonic_time();
	if (!tree->snapshot_timer)
		tree->snapshot_timer = g_timeout_add(1000, expire_snapshots,
						     tree);
}

static bool has_snapshot(const struct node *node)
{
	return node->snapshot &&
	       g_get_monotonic_time() - node->snapshot_us < SNAPSHOT_US;
}

/* A node that can tell its size needs no content kept for that. */
static bool is_sized_by_content(struct node *node)
{
	struct node_stat stat = {};

	return !node->type->stat ||
	       (node->type->stat(node, &stat, NULL) && stat.is_unsized);
}

GBytes *node_show(struct node *node, GError **error)
{
	GBytes *content;

	if (has_snapshot(node))
		return g_bytes_ref(node->snapshot);
	content = node->type->show(node, error);
	if (content && is_sized_by_content(node))
		keep_snapshot(node, content);
	return content;
}

/* A content in the making, and who waits for it. */
struct showing {
	struct node *node; /* counted */
	GArray *waiters;   /* owned struct waiter */
};

struct waiter {
	node_shown_fn done;
	void *data;
};

static void shown(GBytes *content, const GError *error, void *data)
{
	struct showing *showing = data;
	struct node *node = showing->node;

	if (node->showing == showing) {
		node->showing = NULL;
		if (content && is_sized_by_content(node))
			keep_snapshot(node, content);
	}
	for (guint i = 0; i < showing->waiters->len; i++) {
		const struct waiter *waiter = &g_array_index(showing->waiters,
							     struct waiter, i);

		waiter->done(content, error, waiter->data);
	}
	g_array_unref(showing->waiters);
	g_free(showing);
	node_unref(node);
}

void node_show_later(struct node *node, node_shown_fn done, void *data)
{
	const struct waiter waiter = {done, data};
	struct showing *showing = node->showing;

	if (has_snapshot(node)) {
		done(node->snapshot, NULL, data);
		return;
	}
	if (showing) {
		g_array_append_val(showing->waiters, waiter);
		return;
	}
	showing = g_new0(struct showing, 1);
	showing->node = node_ref(node);
	showing->waiters = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	g_array_append_val(showing->waiters, waiter);
	node->showing = showing;
	node->type->show_later(node, shown, showing);
}

bool node_size_is_unknown(struct node *node)
{
	return node->type->show_later && !has_snapshot(node) &&
	       is_sized_by_content(node);
}

void node_changed(struct node *node)
{
	/* Too old from now on; the timer drops it. */
	node->snapshot_us = 0;
	/* Who waits for it gets it; nobody else does. */
	node->showing = NULL;
}

bool node_stat(struct node *node, bool is_fresh, struct node_stat *stat,
	       GError **error)
{
	const struct node_type *type = node->type;
	g_autoptr(GBytes) content = NULL;

	*stat = (struct node_stat){.uid = (uid_t)-1};
	if (is_fresh)
		node_changed(node);
	if (type->stat && !type->stat(node, stat, error))
		return false;
	if (type->stat ? !stat->is_unsized : !type->show)
		return true;
	if (is_fresh)
		return true;
	if (type->show && !(content = node_show(node, error)))
		return false;
	if (node->snapshot)
		stat->size = g_bytes_get_size(node->snapshot);
	return true;
}
