// SPDX-License-Identifier: GPL-2.0-only
/* change.c - lines to changes. */
#include "change.h"

#include <errno.h>
#include <string.h>

#include "cursor.h"
#include "map_kind.h"
#include "map_view.h"
#include "parse.h"
#include "scalar.h"
#include "snapshot.h"

void change_clear(void *change)
{
	struct change *c = change;

	g_clear_pointer(&c->key, g_free);
	g_clear_pointer(&c->value, g_free);
}

GArray *changes_new(void)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct change));

	g_array_set_clear_func(changes, change_clear);
	return changes;
}

static bool check_index(struct cursor *cursor, const struct map_view *view,
			const uint8_t *key)
{
	uint32_t index;

	if (view->kind->access != MAP_ACCESS_ARRAY)
		return true;
	memcpy(&index, key, sizeof(index));
	if (index < view->info.max_entries)
		return true;
	return cursor_fail(cursor, ERANGE,
			   "%u is not an index of the array, 0 to %u", index,
			   view->info.max_entries - 1);
}

static bool parse_key(struct cursor *cursor, const struct map_view *view,
		      uint8_t *key)
{
	struct word word = cursor_peek(cursor);
	size_t n_bytes = view->info.key_size;

	g_string_assign(cursor->path, "key");
	cursor->is_in_key = true;
	if (view->kind->is_trie && memchr(word.at, '/', word.n))
		return scalar_prefix(cursor, key, n_bytes);
	return parse_top(cursor, view->key, view->plain_key, key, n_bytes) &&
	       check_index(cursor, view, key);
}

/* "cpu0=": steps over it. */
static bool take_cpu(struct cursor *cursor, unsigned *cpu)
{
	struct word name = cursor_peek_name(cursor);
	char digits[8] = {};

	if (name.n < 4 || name.n > 10 || strncmp(name.at, "cpu", 3) != 0)
		return false;
	memcpy(digits, name.at + 3, name.n - 3);
	if (strspn(digits, "0123456789") != name.n - 3)
		return false;
	*cpu = (unsigned)g_ascii_strtoull(digits, NULL, 10);
	cursor->at += name.n + 1;
	return true;
}

/* "cpu0=1 cpu1=4"; a CPU that is not named has zero. */
static bool parse_parts(struct cursor *cursor, const struct map_view *view,
			uint8_t *value, unsigned n_cpus, size_t part_bytes)
{
	unsigned cpu;

	while (take_cpu(cursor, &cpu)) {
		g_string_printf(cursor->path, "value.cpu%u", cpu);
		if (cpu >= n_cpus)
			return cursor_fail(cursor, ERANGE,
					   "this machine has cpu0 to cpu%u",
					   n_cpus - 1);
		if (!parse_nested(cursor, view->plain_value,
				  value + cpu * part_bytes,
				  view->info.value_size))
			return false;
		cursor_skip_blanks(cursor);
	}
	return true;
}

/* One value for all CPUs together is the first one's: the sum is the same. */
static bool parse_entry_value(struct cursor *cursor,
			      const struct map_view *view, uint8_t *value)
{
	struct cursor ahead = *cursor;
	unsigned n_cpus;
	size_t part_bytes;

	snapshot_value_bytes(&view->info, &n_cpus, &part_bytes);
	g_string_assign(cursor->path, "value");
	cursor->is_in_key = false;
	if (view->kind->is_per_cpu && take_cpu(&ahead, &(unsigned){0}))
		return parse_parts(cursor, view, value, n_cpus, part_bytes);
	return parse_top(cursor, view->value, view->plain_value, value,
			 view->info.value_size);
}

static bool expect_end(struct cursor *cursor)
{
	cursor_skip_blanks(cursor);
	if (cursor->at == cursor->end)
		return true;
	return cursor_fail(cursor, EINVAL, "\"%.*s\" behind its end",
			   (int)MIN(cursor->end - cursor->at, 40), cursor->at);
}

static bool parse_deletion(struct cursor *cursor, const struct map_view *view,
			   struct change *change)
{
	g_string_assign(cursor->path, "key");
	if (view->kind->access == MAP_ACCESS_QUEUE)
		return cursor_fail(cursor, EINVAL,
				   "the map has no keys; empty it with : > %s",
				   view->name);
	cursor->at++;
	cursor_skip_blanks(cursor);
	change->key = g_malloc0(view->info.key_size);
	return parse_key(cursor, view, change->key) && expect_end(cursor);
}

/* A key's list of members has stepped over the blank behind it. */
static bool is_key_apart(const struct cursor *cursor)
{
	return cursor->at == cursor->end || strchr(" \t", *cursor->at) ||
	       strchr(" \t,", cursor->at[-1]);
}

static bool parse_update(struct cursor *cursor, const struct map_view *view,
			 struct change *change)
{
	change->value = g_malloc0(
		snapshot_value_bytes(&view->info, NULL, NULL));
	if (view->kind->access != MAP_ACCESS_QUEUE) {
		change->key = g_malloc0(view->info.key_size);
		if (!parse_key(cursor, view, change->key))
			return false;
		if (!is_key_apart(cursor))
			return expect_end(cursor);
		cursor_skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return cursor_fail(cursor, EINVAL,
					   "no value behind it; a line is KEY "
					   "VALUE, or !KEY to delete");
	}
	return parse_entry_value(cursor, view, change->value) &&
	       expect_end(cursor);
}

static bool parse_line(struct cursor *cursor, const struct map_view *view,
		       GArray *changes)
{
	struct change change = {.line = cursor->line};
	bool is_good;

	cursor_skip_blanks(cursor);
	if (cursor->at == cursor->end || cursor_is_at(cursor, '#'))
		return true;
	is_good = cursor_is_at(cursor, '!')
			  ? parse_deletion(cursor, view, &change)
			  : parse_update(cursor, view, &change);
	if (is_good)
		g_array_append_val(changes, change);
	else
		change_clear(&change);
	return is_good;
}

GArray *changes_parse(const struct map_view *view, const char *text,
		      size_t n_bytes, GError **error)
{
	g_autoptr(GString) path = g_string_new(NULL);
	g_autoptr(GArray) changes = changes_new();
	const char *end = text + n_bytes;
	struct cursor cursor = {.types = view->types,
				.map_name = view->name,
				.path = path,
				.error = error};

	for (const char *line = text; line < end; line = cursor.end + 1) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		cursor.at = line;
		cursor.end = newline ? newline : end;
		cursor.line++;
		if (!parse_line(&cursor, view, changes))
			return NULL;
	}
	return g_steal_pointer(&changes);
}
