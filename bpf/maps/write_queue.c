// SPDX-License-Identifier: GPL-2.0-only
/*
 * write_queue.c - queues and stacks. Of neither can the kernel take back what
 * was put in last and first, so all of it is taken out first.
 */
#include "write_queue.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "bpf/error.h"
#include "change.h"
#include "map_view.h"

static bool fail(const struct map_view *view, int err, GError **error)
{
	if (err == E2BIG)
		probefs_set_error(error, err, "%s: full, with %u values",
				  view->name, view->info.max_entries);
	else
		probefs_set_error(error, err, "%s: cannot be written: %s",
				  view->name, g_strerror(err));
	return false;
}

/* What was in it, in the order in which it has to be put in again. */
static GPtrArray *take_all(const struct map_view *view)
{
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
	bool is_stack = view->info.type == BPF_MAP_TYPE_STACK;

	while (values->len < view->info.max_entries) {
		void *value = g_malloc(view->info.value_size);

		if (bpf_map_lookup_and_delete_elem(view->fd, NULL, value)) {
			g_free(value);
			break;
		}
		g_ptr_array_insert(values, is_stack ? 0 : -1, value);
	}
	return values;
}

static int put(const struct map_view *view, const void *value)
{
	return -bpf_map_update_elem(view->fd, NULL, value, BPF_ANY);
}

static int put_changes(const struct map_view *view, const GArray *changes)
{
	int err = 0;

	for (guint i = 0; i < changes->len && !err; i++)
		err = put(view, g_array_index(changes, struct change, i).value);
	return err;
}

static void put_values(const struct map_view *view, const GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++)
		put(view, g_ptr_array_index(values, i));
}

bool write_queue(const struct map_view *view, const GArray *changes,
		 bool replaces, GError **error)
{
	g_autoptr(GPtrArray) before = NULL;
	int err;

	if (changes->len > view->info.max_entries)
		return fail(view, E2BIG, error);
	if (!replaces && changes->len < 2) {
		err = put_changes(view, changes);
		return !err || fail(view, err, error);
	}
	before = take_all(view);
	if (!replaces)
		put_values(view, before);
	err = put_changes(view, changes);
	if (!err)
		return true;
	g_ptr_array_unref(take_all(view));
	put_values(view, before);
	return fail(view, err, error);
}
