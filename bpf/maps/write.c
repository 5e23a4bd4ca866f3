// SPDX-License-Identifier: GPL-2.0-only
/*
 * write.c - a written text, applied: checked as a whole, then entry by entry,
 * with what was there before kept to put it back.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/error.h"
#include "change.h"
#include "map_kind.h"
#include "map_view.h"
#include "maps.h"
#include "snapshot.h"
#include "write_queue.h"

/* A map while it is changed. */
struct writer {
	const struct map_view *view; /* borrowed */
	size_t value_bytes;
	GArray *undo; /* borrowed: struct change, what changed keys had */
	GHashTable *remembered; /* borrowed: the keys in it, GBytes */
};

static bool is_array(const struct map_view *view)
{
	return view->kind->access == MAP_ACCESS_ARRAY;
}

/* A frozen map and a read-only descriptor show at the first change only. */
static bool check_writable(const struct map_view *view, GError **error)
{
	if (view->kind->access != MAP_ACCESS_NONE)
		return true;
	probefs_set_error(error, EOPNOTSUPP, "%s: cannot be written: it is %s",
			  view->name, view->kind->what);
	return false;
}

static GBytes *key_of(const struct map_view *view, const uint8_t *key)
{
	return g_bytes_new(key, view->info.key_size);
}

static bool has_key(const struct writer *writer, const uint8_t *key)
{
	g_autofree void *value = g_malloc(writer->value_bytes);

	return !bpf_map_lookup_elem(writer->view->fd, key, value);
}

static bool fail_line(const struct map_view *view, size_t line, int err,
		      GError **error, const char *message)
{
	probefs_set_error(error, err, "%s: line %zu: %s", view->name, line,
			  message);
	return false;
}

/* @present: keys that were mentioned before, and whether they are there now. */
static bool check_change(const struct writer *writer,
			 const struct change *change, bool replaces,
			 GHashTable *present, GError **error)
{
	GBytes *key = key_of(writer->view, change->key);
	void *state = g_hash_table_lookup(present, key);
	bool is_there = state ? GPOINTER_TO_INT(state) > 0
			      : !replaces && (is_array(writer->view) ||
					      has_key(writer, change->key));

	g_hash_table_insert(present, key,
			    GINT_TO_POINTER(change->value ? 1 : -1));
	if (change->value && writer->view->kind->is_read_only)
		return fail_line(writer->view, change->line, EOPNOTSUPP, error,
				 "only BPF programs set entries of such a map; "
				 "!KEY deletes one");
	if (change->value || is_there)
		return true;
	return fail_line(writer->view, change->line, ENOENT, error,
			 "there is no such key to delete");
}

static size_t count_present(GHashTable *present)
{
	GHashTableIter iter;
	gpointer state;
	size_t n = 0;

	g_hash_table_iter_init(&iter, present);
	while (g_hash_table_iter_next(&iter, NULL, &state))
		n += GPOINTER_TO_INT(state) > 0;
	return n;
}

static bool check_changes(const struct writer *writer, const GArray *changes,
			  bool replaces, GHashTable *present, GError **error)
{
	const struct map_view *view = writer->view;
	size_t n;

	for (guint i = 0; i < changes->len; i++)
		if (!check_change(writer,
				  &g_array_index(changes, struct change, i),
				  replaces, present, error))
			return false;
	n = count_present(present);
	if (n <= view->info.max_entries || !view->info.max_entries)
		return true;
	probefs_set_error(error, E2BIG,
			  "%s: %zu keys, of which it holds at most %u",
			  view->name, n, view->info.max_entries);
	return false;
}

/* Delete @key, or where keys stay, set it to zero. 0 or an errno. */
static int erase(const struct writer *writer, const uint8_t *key)
{
	g_autofree void *zero = NULL;

	if (!is_array(writer->view))
		return -bpf_map_delete_elem(writer->view->fd, key);
	zero = g_malloc0(writer->value_bytes);
	return -bpf_map_update_elem(writer->view->fd, key, zero, BPF_ANY);
}

static int apply(const struct writer *writer, const uint8_t *key,
		 const uint8_t *value)
{
	if (!value)
		return erase(writer, key);
	return -bpf_map_update_elem(writer->view->fd, key, value, BPF_ANY);
}

/* Of a key that changes twice, what it had first. */
static void remember(struct writer *writer, const uint8_t *key)
{
	struct change before = {};

	if (!g_hash_table_add(writer->remembered, key_of(writer->view, key)))
		return;
	before.key = g_memdup2(key, writer->view->info.key_size);
	before.value = g_malloc(writer->value_bytes);
	if (bpf_map_lookup_elem(writer->view->fd, key, before.value))
		g_clear_pointer(&before.value, g_free);
	g_array_append_val(writer->undo, before);
}

/* First take away what was added, so that there is room for the rest. */
static void undo(const struct writer *writer)
{
	for (guint i = writer->undo->len; i-- > 0;) {
		const struct change *before = &g_array_index(writer->undo,
							     struct change, i);

		if (!before->value)
			erase(writer, before->key);
	}
	for (guint i = writer->undo->len; i-- > 0;) {
		const struct change *before = &g_array_index(writer->undo,
							     struct change, i);

		if (before->value)
			apply(writer, before->key, before->value);
	}
}

static bool fail_apply(const struct writer *writer, size_t line, int err,
		       GError **error)
{
	const struct map_view *view = writer->view;
	g_autofree char *message = NULL;

	undo(writer);
	if (err == E2BIG)
		message = g_strdup_printf("the map is full, with %u entries",
					  view->info.max_entries);
	else if (err == EPERM)
		message = g_strdup("the kernel does not let it be written: it "
				   "is frozen or read-only");
	else
		message = g_strdup_printf("refused by the kernel: %s",
					  g_strerror(err));
	if (line)
		return fail_line(view, line, err, error, message);
	probefs_set_error(error, err, "%s: cannot be cleared: %s", view->name,
			  message);
	return false;
}

/* Erase the keys that @present does not have. */
static bool erase_others(struct writer *writer, GHashTable *present,
			 GError **error)
{
	const struct map_view *view = writer->view;
	struct snapshot *s = snapshot_read(view->fd, &view->info, view->name,
					   is_array(view) ? 0
							  : SNAPSHOT_KEYS_ONLY,
					   SIZE_MAX, error);
	int err = 0;

	if (!s)
		return false;
	for (size_t i = 0; i < s->n && !err; i++) {
		g_autoptr(GBytes) key = key_of(view, snapshot_key(s, i));

		if (GPOINTER_TO_INT(g_hash_table_lookup(present, key)) > 0)
			continue;
		remember(writer, snapshot_key(s, i));
		err = erase(writer, snapshot_key(s, i));
		if (err == ENOENT)
			err = 0; /* gone meanwhile */
	}
	snapshot_free(s);
	return !err || fail_apply(writer, 0, err, error);
}

static bool apply_changes(struct writer *writer, const GArray *changes,
			  GError **error)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = &g_array_index(changes,
							     struct change, i);
		int err;

		remember(writer, change->key);
		err = apply(writer, change->key, change->value);
		if (err && (change->value || err != ENOENT))
			return fail_apply(writer, change->line, err, error);
	}
	return true;
}

static GHashTable *new_key_table(void)
{
	return g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
				     (GDestroyNotify)g_bytes_unref, NULL);
}

static bool write_keyed(struct writer *writer, const GArray *changes,
			bool replaces, GError **error)
{
	g_autoptr(GHashTable) present = new_key_table();

	return check_changes(writer, changes, replaces, present, error) &&
	       (!replaces || erase_others(writer, present, error)) &&
	       apply_changes(writer, changes, error);
}

bool map_write(struct map_view *view, const char *text, size_t n_bytes,
	       bool replaces, GError **error)
{
	g_autoptr(GArray) changes = NULL;
	g_autoptr(GArray) before = changes_new();
	g_autoptr(GHashTable) remembered = new_key_table();
	struct writer writer = {.view = view,
				.undo = before,
				.remembered = remembered};

	if (!check_writable(view, error))
		return false;
	changes = changes_parse(view, text, n_bytes, error);
	if (!changes)
		return false;
	if (view->kind->access == MAP_ACCESS_QUEUE)
		return write_queue(view, changes, replaces, error);
	writer.value_bytes = snapshot_value_bytes(&view->info, NULL, NULL);
	return write_keyed(&writer, changes, replaces, error);
}

bool map_check(struct map_view *view, const char *text, size_t n_bytes,
	       GError **error)
{
	g_autoptr(GArray) changes = NULL;

	if (check_writable(view, error))
		changes = changes_parse(view, text, n_bytes, error);
	return changes;
}
