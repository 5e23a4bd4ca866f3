// SPDX-License-Identifier: GPL-2.0-only
/* section.c - heads of histograms. */
#include "section.h"

#include <string.h>

#include "map_view.h"

char *section_unit(const char *map_name)
{
	static const char *const units[] = {
		"nsecs",  "ns",     "usecs", "us", "msecs",  "ms",
		"secs",   "s",      "bytes", "kb", "kbytes", "mb",
		"mbytes", "Kbytes", "KB",    "MB", "pages",  "sectors",
	};
	g_auto(GStrv) words = g_strsplit(map_name, "_", -1);

	for (size_t n = g_strv_length(words); n-- > 0;)
		for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
			if (!strcmp(words[n], units[i]))
				return g_strdup(units[i]);
	return g_strdup("value");
}

static size_t member_end(const struct value_member *member)
{
	return member->bit_size
		       ? (member->bit_offset + member->bit_size + 7) / 8
		       : member->bit_offset / 8 + member->type->n_bytes;
}

/* Member by member: the padding may hold anything. */
bool section_is_same(const struct map_view *view, const uint8_t *a,
		     const uint8_t *b)
{
	const struct value_type *key = view->plain_key;

	if (!view->slot_member)
		return true;
	for (uint32_t i = 0; i < key->n_members; i++) {
		const struct value_member *member = &key->members[i];
		size_t begin = member->bit_offset / 8;

		if (member == view->slot_member ||
		    (!*member->name && member->type->kind != VALUE_STRUCT))
			continue;
		if (memcmp(a + begin, b + begin, member_end(member) - begin))
			return false;
	}
	return true;
}

/*
 * " = " after a name and a blank before the next one: "disk = sda",
 * "disk = sda op = 1".
 */
static void put_member(const struct map_view *view,
		       const struct value_member *member, const uint8_t *data,
		       bool *is_first, struct text *text)
{
	if (!*member->name || member->bit_size)
		return;
	text_put_char(text, *is_first ? '\n' : ' ');
	*is_first = false;
	text_put_string(text, member->name);
	text_put_literal(text, " = ");
	value_print_as(view->types, member->type, data + member->bit_offset / 8,
		       member->type->n_bytes, TEXT_PLAIN, VALUE_NESTED, text);
}

static void put_members(const struct map_view *view,
			const struct value_type *type, const uint8_t *data,
			const struct value_member *without, bool *is_first,
			struct text *text)
{
	for (uint32_t i = 0; i < type->n_members; i++)
		if (&type->members[i] != without)
			put_member(view, &type->members[i], data, is_first,
				   text);
}

void section_put_key(const struct map_view *view, const uint8_t *key,
		     struct text *text)
{
	bool is_first = true;

	put_members(view, view->plain_key, key, view->slot_member, &is_first,
		    text);
	if (!is_first)
		text_put_char(text, '\n');
}

void section_put_entry(const struct map_view *view, const uint8_t *key,
		       const uint8_t *value, struct text *text)
{
	struct value_member whole = {.name = "key", .type = view->key};
	bool is_first = true;

	if (view->key->kind == VALUE_STRUCT)
		put_members(view, view->key, key, NULL, &is_first, text);
	else
		put_member(view, &whole, key, &is_first, text);
	if (view->slots_member)
		put_members(view, view->value, value, view->slots_member,
			    &is_first, text);
	text_put_char(text, '\n');
}
