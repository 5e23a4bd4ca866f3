// SPDX-License-Identifier: GPL-2.0-only
/* parse.c - which text a type takes; arrays. */
#include "parse.h"

#include <errno.h>

#include "parse_struct.h"
#include "scalar.h"

/* A flexible array has what its place has room for, as when it is printed. */
static size_t array_length(const struct value_type *type, size_t n_bytes)
{
	size_t room = n_bytes / type->element->n_bytes;

	return type->n_elements ? MIN(type->n_elements, room) : room;
}

static bool is_byte_array(const struct value_type *type)
{
	enum value_kind kind = type->element->kind;

	return type->element->n_bytes == 1 &&
	       (kind == VALUE_UNSIGNED || kind == VALUE_SIGNED);
}

static bool parse_element(struct cursor *cursor, const struct value_type *type,
			  size_t i, uint8_t *out, size_t n_bytes)
{
	const struct value_type *element = type->element;
	size_t offset = i * element->n_bytes;
	gsize path_length = cursor->path->len;

	g_string_append_printf(cursor->path, "[%zu]", i);
	if (!parse_nested(cursor, element, out + offset, n_bytes - offset))
		return false;
	g_string_truncate(cursor->path, path_length);
	cursor_skip_separator(cursor);
	return true;
}

static bool parse_array(struct cursor *cursor, const struct value_type *type,
			uint8_t *out, size_t n_bytes)
{
	size_t n = array_length(type, n_bytes);
	char end;

	if (cursor_is_at(cursor, '"') && is_byte_array(type))
		return scalar_string(cursor, out, n);
	end = cursor_is_at(cursor, '{') ? '}' : ']';
	if (end == ']' && !cursor_expect(cursor, '['))
		return false;
	cursor->at += end == '}';
	cursor_skip_blanks(cursor);
	for (size_t i = 0; i < n; i++) {
		if (cursor_is_at(cursor, end))
			return cursor_fail(cursor, EINVAL,
					   "%zu elements, of which it has %zu",
					   i, n);
		if (!parse_element(cursor, type, i, out, n_bytes))
			return false;
	}
	if (cursor_is_at(cursor, end) || cursor->at == cursor->end)
		return cursor_expect(cursor, end);
	return cursor_fail(cursor, EINVAL, "more elements than it has, %zu", n);
}

static bool parse_value(struct cursor *cursor, const struct value_type *type,
			bool needs_braces, uint8_t *out, size_t n_bytes)
{
	switch (type->kind) {
	case VALUE_STRING:
		return scalar_string(cursor, out, array_length(type, n_bytes));
	case VALUE_ARRAY:
		return scalar_is_address(cursor, out, type->n_bytes) ||
		       parse_array(cursor, type, out, n_bytes);
	case VALUE_STRUCT:
		return scalar_is_address(cursor, out, type->n_bytes) ||
		       parse_struct(cursor, type, needs_braces, parse_nested,
				    out, n_bytes);
	case VALUE_BYTES:
		return scalar_is_address(cursor, out, type->n_bytes) ||
		       scalar_bytes(cursor, out, MIN(type->n_bytes, n_bytes));
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
		if (scalar_is_address(cursor, out, type->n_bytes))
			return true;
		break;
	case VALUE_BOOL:
	case VALUE_ENUM:
	case VALUE_ADDRESS:
		break;
	}
	return scalar_number(cursor, type, out, 0, type->n_bytes * 8);
}

bool parse_nested(struct cursor *cursor, const struct value_type *type,
		  uint8_t *out, size_t n_bytes)
{
	return parse_value(cursor, type, true, out, n_bytes);
}

/* Is it written with the structure of one member that is left out? */
static bool is_wrapped(const struct cursor *cursor,
		       const struct value_type *type,
		       const struct value_type *plain)
{
	bool has_brace = cursor_is_at(cursor, '{');

	if (type == plain)
		return false;
	if (parse_struct_is_named(cursor, type, has_brace))
		return plain->kind != VALUE_STRUCT ||
		       !parse_struct_is_named(cursor, plain, has_brace);
	return has_brace && plain->kind != VALUE_STRUCT &&
	       plain->kind != VALUE_ARRAY;
}

bool parse_top(struct cursor *cursor, const struct value_type *type,
	       const struct value_type *plain, uint8_t *out, size_t n_bytes)
{
	if (!is_wrapped(cursor, type, plain))
		type = plain;
	return parse_value(cursor, type, false, out, n_bytes);
}
