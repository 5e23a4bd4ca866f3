/* SPDX-License-Identifier: GPL-2.0-only */
/* points.c - owns the table of places. Attaches nothing itself. */
#include "points.h"

#include <string.h>

#define N_COOKIES_KEPT 8192

struct points {
	GHashTable *by_path;  /* owned: "kprobes/vfs_read" to struct point */
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

struct points *points_new(void)
{
	struct points *points = g_new0(struct points, 1);

	points->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						point_free);
	points->cookies = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						g_free, g_free);
	points->first_cookie = 1;
	return points;
}

void points_free(struct points *points)
{
	if (!points)
		return;
	g_hash_table_unref(points->by_path);
	g_hash_table_unref(points->cookies);
	g_free(points);
}

struct point *points_find(struct points *points, const struct kind *kind,
			  const char *target)
{
	g_autofree char *path = point_path(kind, target);

	return g_hash_table_lookup(points->by_path, path);
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
	g_hash_table_insert(points->by_path, point_path(kind, target), point);
	return point;
}

static void point_touch(struct point *point)
{
	point->changed_ns = g_get_real_time() * 1000;
}

void points_add(struct points *points, struct attachment *attachment, int index)
{
	const struct link_plan *plan = attachment->plan;
	struct point *point = points_get(points, plan->kind, plan->target);

	if (index > (int)point->attachments->len)
		index = -1;
	g_ptr_array_insert(point->attachments, index, attachment);
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
	version_drop_attachment(attachment->version);
	return g_ptr_array_steal_index(point->attachments, index);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static GPtrArray *list(struct points *points,
		       bool (*is_meant)(const struct attachment *attachment,
					const void *what),
		       const void *what)
{
	GList *paths = g_list_sort(g_hash_table_get_keys(points->by_path),
				   compare_strings);
	GPtrArray *found = g_ptr_array_new();

	for (GList *at = paths; at; at = at->next) {
		const struct point *point = g_hash_table_lookup(points->by_path,
								at->data);

		for (guint i = 0; i < point->attachments->len; i++) {
			struct attachment *attachment =
				point->attachments->pdata[i];

			if (is_meant(attachment, what))
				g_ptr_array_add(found, attachment);
		}
	}
	g_list_free(paths);
	return found;
}

static bool is_of_program(const struct attachment *attachment, const void *name)
{
	return attachment_is_seen(attachment) &&
	       (!name || !strcmp(attachment->program, name));
}

GPtrArray *points_list(struct points *points, const char *program)
{
	return list(points, is_of_program, program);
}

static bool is_of_version(const struct attachment *attachment,
			  const void *version)
{
	return !version || attachment->version == version;
}

GPtrArray *points_list_version(struct points *points,
			       const struct version *version)
{
	return list(points, is_of_version, version);
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
