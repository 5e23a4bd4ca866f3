/* SPDX-License-Identifier: GPL-2.0-only */
/* points.c - owns the table of places. Attaches nothing itself. */
#include "points.h"

#include <string.h>

#define N_COOKIES_KEPT 8192

struct points {
	GTree *by_path;         /* owned: "kprobes/vfs_read" to struct point */
	GHashTable *by_program; /* owned: name to a set of attachments */
	guint n_attachments;
	GHashTable *cookies;  /* owned: number to its path */
	uint64_t last_cookie; /* the next is one more */
	uint64_t first_cookie;
};

static void point_free(gpointer data)
{
	struct point *point = data;

	g_ptr_array_unref(point->attachments);
	g_free(point->target);
	g_free(point);
}

static char *point_path(const struct kind *kind, const char *target)
{
	return g_strconcat(kind->shown.directory, "/", target, NULL);
}

static int compare_paths(gconstpointer a, gconstpointer b, gpointer unused)
{
	return strcmp(a, b);
}

struct points *points_new(void)
{
	struct points *points = g_new0(struct points, 1);

	points->by_path = g_tree_new_full(compare_paths, NULL, g_free,
					  point_free);
	points->by_program =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				      (GDestroyNotify)g_hash_table_unref);
	points->cookies = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						g_free, g_free);
	points->first_cookie = 1;
	return points;
}

void points_free(struct points *points)
{
	if (!points)
		return;
	g_tree_unref(points->by_path);
	g_hash_table_unref(points->by_program);
	g_hash_table_unref(points->cookies);
	g_free(points);
}

struct point *points_find(struct points *points, const struct kind *kind,
			  const char *target)
{
	g_autofree char *path = point_path(kind, target);

	return g_tree_lookup(points->by_path, path);
}

static struct point *points_get(struct points *points, const struct kind *kind,
				const char *target)
{
	struct point *point = points_find(points, kind, target);

	if (point)
		return point;
	point = g_new0(struct point, 1);
	point->kind = kind;
	point->target = g_strdup(target);
	point->attachments = attachments_new();
	g_tree_insert(points->by_path, point_path(kind, target), point);
	return point;
}

static void point_touch(struct point *point)
{
	point->changed_ns = g_get_real_time() * 1000;
}

/* The set of what is attached of a program, or NULL. */
static GHashTable *program_set(struct points *points, const char *program)
{
	return g_hash_table_lookup(points->by_program, program);
}

static void program_add(struct points *points, struct attachment *attachment)
{
	GHashTable *set = program_set(points, attachment->program);

	if (!set) {
		set = g_hash_table_new(NULL, NULL);
		g_hash_table_insert(points->by_program,
				    g_strdup(attachment->program), set);
	}
	g_hash_table_add(set, attachment);
	points->n_attachments++;
}

static void program_drop(struct points *points, struct attachment *attachment)
{
	GHashTable *set = program_set(points, attachment->program);

	g_hash_table_remove(set, attachment);
	if (!g_hash_table_size(set))
		g_hash_table_remove(points->by_program, attachment->program);
	points->n_attachments--;
}

void points_add(struct points *points, struct attachment *attachment, int index)
{
	const struct link_plan *plan = attachment->plan;
	struct point *point = points_get(points, plan->kind, plan->target);

	if (index > (int)point->attachments->len)
		index = -1;
	g_ptr_array_insert(point->attachments, index, attachment);
	program_add(points, attachment);
	version_add_attachment(attachment->version, plan->cookie);
	point_touch(point);
}

struct attachment *points_remove(struct points *points,
				 struct attachment *attachment)
{
	const struct link_plan *plan = attachment->plan;
	struct point *point = points_find(points, plan->kind, plan->target);
	guint index;

	if (!point || !g_ptr_array_find(point->attachments, attachment, &index))
		return NULL;
	point_touch(point);
	program_drop(points, attachment);
	version_drop_attachment(attachment->version);
	return g_ptr_array_steal_index(point->attachments, index);
}

/* --- Lists ------------------------------------------------------------- */

/* What is seen at paths that begin with @prefix. */
static GPtrArray *list_below(struct points *points, const char *prefix)
{
	GPtrArray *found = g_ptr_array_new();

	for (GTreeNode *at = g_tree_lower_bound(points->by_path, prefix);
	     at && g_str_has_prefix(g_tree_node_key(at), prefix);
	     at = g_tree_node_next(at)) {
		const struct point *point = g_tree_node_value(at);

		for (guint i = 0; i < point->attachments->len; i++)
			if (attachment_is_seen(point->attachments->pdata[i]))
				g_ptr_array_add(found,
						point->attachments->pdata[i]);
	}
	return found;
}

GPtrArray *points_list_below(struct points *points, const struct kind *kind,
			     const char *target)
{
	g_autofree char *prefix = g_strconcat(kind->shown.directory, "/",
					      target, *target ? "/" : "", NULL);

	return list_below(points, prefix);
}

/* The order of paths; lines of one place are in the order of their making. */
static int compare_places(gconstpointer a, gconstpointer b)
{
	const struct attachment *one = *(const struct attachment *const *)a;
	const struct attachment *other = *(const struct attachment *const *)b;
	int order = strcmp(one->plan->kind->shown.directory,
			   other->plan->kind->shown.directory);

	if (!order)
		order = strcmp(one->plan->target, other->plan->target);
	if (!order)
		order = (one->plan->cookie > other->plan->cookie) -
			(one->plan->cookie < other->plan->cookie);
	return order;
}

GPtrArray *points_list(struct points *points, const char *program)
{
	GHashTable *set = program ? program_set(points, program) : NULL;
	GPtrArray *found;
	GHashTableIter iter;
	gpointer attachment;

	if (!program)
		return list_below(points, "");
	found = g_ptr_array_new();
	if (!set)
		return found;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &attachment, NULL))
		if (attachment_is_seen(attachment))
			g_ptr_array_add(found, attachment);
	g_ptr_array_sort(found, compare_places);
	return found;
}

guint points_count(struct points *points, const char *program)
{
	GHashTable *set = program_set(points, program);
	GHashTableIter iter;
	gpointer attachment;
	guint n = 0;

	if (!set)
		return 0;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &attachment, NULL))
		n += attachment_is_seen(attachment);
	return n;
}

GPtrArray *points_list_version(struct points *points, const char *program,
			       const struct version *version)
{
	GHashTable *set = program_set(points, program);
	GPtrArray *found = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key;

	if (!set)
		return found;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (((const struct attachment *)key)->version == version)
			g_ptr_array_add(found, key);
	return found;
}

GPtrArray *points_list_all(struct points *points)
{
	GPtrArray *found = g_ptr_array_sized_new(points->n_attachments);
	GHashTableIter iter;
	gpointer set;

	g_hash_table_iter_init(&iter, points->by_program);
	while (g_hash_table_iter_next(&iter, NULL, &set)) {
		GHashTableIter of_one;
		gpointer attachment;

		g_hash_table_iter_init(&of_one, set);
		while (g_hash_table_iter_next(&of_one, &attachment, NULL))
			g_ptr_array_add(found, attachment);
	}
	return found;
}

void points_share(struct points *points, struct attachment *attachment)
{
	GHashTable *set = program_set(points, attachment->program);
	GHashTableIter iter;
	gpointer other;

	if (!set)
		return;
	g_hash_table_iter_init(&iter, set);
	while (!attachment->instance &&
	       g_hash_table_iter_next(&iter, &other, NULL))
		attachment_share(attachment, other);
}

struct attachment *point_find_line(const struct point *point, const char *line)
{
	for (guint i = 0; point && i < point->attachments->len; i++) {
		struct attachment *attachment = point->attachments->pdata[i];

		if (attachment_is_seen(attachment) &&
		    !strcmp(attachment->line, line))
			return attachment;
	}
	return NULL;
}

uint64_t points_new_cookie(struct points *points, const struct kind *kind,
			   const char *target)
{
	gint64 *key = g_new(gint64, 1);

	*key = (gint64)++points->last_cookie;
	g_hash_table_insert(points->cookies, key, point_path(kind, target));
	if (points->last_cookie - points->first_cookie >= N_COOKIES_KEPT) {
		gint64 oldest = (gint64)points->first_cookie++;

		g_hash_table_remove(points->cookies, &oldest);
	}
	return points->last_cookie;
}

const char *points_describe(uint64_t cookie, void *points)
{
	/* Above the number of an argument list, see kind_usdt.c. */
	gint64 key = (gint64)(cookie >> 32 ? cookie >> 32 : cookie);

	return g_hash_table_lookup(((struct points *)points)->cookies, &key);
}
