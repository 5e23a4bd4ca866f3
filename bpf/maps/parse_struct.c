// SPDX-License-Identifier: GPL-2.0-only
/* parse_struct.c - structures and unions, by names or by position. */
#include "parse_struct.h"

#include <errno.h>
#include <string.h>

#include "bpf/suggest.h"
#include "scalar.h"

/* A member that has a name; those of unnamed structures are the outer one's. */
struct field {
	const struct value_member *member; /* borrowed */
	size_t bit;
	size_t n_bits;
	bool is_given;
};

/* A structure that is being parsed. */
struct scope {
	struct cursor *cursor;
	GArray *fields; /* owned */
	parse_member_fn parse_member;
	uint8_t *out;
	size_t n_bytes;
	bool has_braces;
};

static void add_fields(GArray *fields, const struct value_type *type,
		       size_t bit)
{
	for (uint32_t i = 0; i < type->n_members; i++) {
		const struct value_member *member = &type->members[i];
		struct field field = {
			.member = member,
			.bit = bit + member->bit_offset,
			.n_bits = member->bit_size
					  ? member->bit_size
					  : (size_t)member->type->n_bytes * 8,
		};

		if (*member->name)
			g_array_append_val(fields, field);
		else if (member->type->kind == VALUE_STRUCT)
			add_fields(fields, member->type, field.bit);
	}
}

static struct field *field_at(const struct scope *scope, guint i)
{
	return &g_array_index(scope->fields, struct field, i);
}

static struct field *find_field(const struct scope *scope, struct word name)
{
	for (guint i = 0; i < scope->fields->len; i++) {
		struct field *field = field_at(scope, i);

		if (strlen(field->member->name) == name.n &&
		    !memcmp(field->member->name, name.at, name.n))
			return field;
	}
	return NULL;
}

/* Is it given, or does it share its place with one that is? */
static bool is_settled(const struct scope *scope, const struct field *field)
{
	for (guint i = 0; i < scope->fields->len; i++) {
		const struct field *other = field_at(scope, i);

		if (other->is_given &&
		    (other == field ||
		     (other->bit < field->bit + field->n_bits &&
		      field->bit < other->bit + other->n_bits)))
			return true;
	}
	return !field->n_bits; /* a flexible array of nothing */
}

static const struct field *first_missing(const struct scope *scope)
{
	for (guint i = 0; i < scope->fields->len; i++)
		if (!is_settled(scope, field_at(scope, i)))
			return field_at(scope, i);
	return NULL;
}

/* "pid=… comm=…": what would be right. */
static char *describe(const struct scope *scope)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < scope->fields->len; i++)
		g_string_append_printf(text, "%s%s=…", i ? " " : "",
				       field_at(scope, i)->member->name);
	return g_string_free(text, FALSE);
}

static bool parse_field(struct scope *scope, struct field *field)
{
	struct cursor *cursor = scope->cursor;
	const struct value_member *member = field->member;
	gsize path_length = cursor->path->len;
	bool is_good;

	field->is_given = true;
	g_string_append_printf(cursor->path, ".%s", member->name);
	if (member->bit_size)
		is_good = scalar_number(cursor, member->type, scope->out,
					field->bit, member->bit_size);
	else
		is_good = scope->parse_member(cursor, member->type,
					      scope->out + field->bit / 8,
					      scope->n_bytes - field->bit / 8);
	if (is_good)
		g_string_truncate(cursor->path, path_length);
	return is_good;
}

static bool fail_name(struct scope *scope, struct word word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *name = g_strndup(word.at, word.n);
	g_autofree char *hint = NULL, *right = describe(scope);

	for (guint i = 0; i < scope->fields->len; i++) {
		union {
			const char *in;
			void *out;
		} borrowed = {.in = field_at(scope, i)->member->name};

		g_ptr_array_add(names, borrowed.out);
	}
	hint = suggest_phrase(name, names);
	return cursor_fail(scope->cursor, EINVAL, "no member %s%s; it has %s",
			   name, hint, right);
}

/* The value follows a key's last member, and may look like another one. */
static bool is_end_of_key(const struct scope *scope)
{
	return !scope->has_braces && scope->cursor->is_in_key &&
	       !first_missing(scope);
}

static bool parse_named(struct scope *scope)
{
	struct cursor *cursor = scope->cursor;

	for (;;) {
		struct word name = cursor_peek_name(cursor);
		struct field *field = name.n ? find_field(scope, name) : NULL;

		if (!name.n)
			return true;
		if ((!field || field->is_given) && is_end_of_key(scope))
			return true;
		if (!field)
			return fail_name(scope, name);
		if (field->is_given)
			return cursor_fail(cursor, EINVAL, "%s= twice",
					   field->member->name);
		cursor->at += name.n + 1;
		if (!parse_field(scope, field))
			return false;
		/* A TAB ends a key. */
		if (!scope->has_braces && cursor_is_at(cursor, '\t'))
			return true;
		cursor_skip_separator(cursor);
	}
}

static bool parse_positional(struct scope *scope)
{
	struct cursor *cursor = scope->cursor;

	for (guint i = 0; i < scope->fields->len; i++) {
		struct field *field = field_at(scope, i);

		if (is_settled(scope, field))
			continue;
		if (cursor_is_at(cursor, '}') || cursor->at == cursor->end)
			return true; /* reported as missing */
		if (!parse_field(scope, field))
			return false;
		cursor_skip_separator(cursor);
	}
	if (cursor_is_at(cursor, '}') || cursor->at == cursor->end)
		return true;
	return cursor_fail(cursor, EINVAL, "too many members; it has %u",
			   scope->fields->len);
}

static bool parse_members(struct scope *scope)
{
	struct cursor *cursor = scope->cursor;
	g_autofree char *right = describe(scope);
	const struct field *missing;
	bool is_named;

	if (scope->has_braces) {
		cursor->at++;
		cursor_skip_blanks(cursor);
	}
	is_named = cursor_peek_name(cursor).n > 0;
	if (!scope->has_braces && !is_named)
		return cursor_fail(cursor, EINVAL,
				   "a structure is written %s, or its values "
				   "in braces",
				   right);
	if (!(is_named ? parse_named(scope) : parse_positional(scope)))
		return false;
	missing = first_missing(scope);
	if (missing)
		return cursor_fail(cursor, EINVAL, "%s is missing; it has %s",
				   missing->member->name, right);
	return !scope->has_braces || cursor_expect(cursor, '}');
}

bool parse_struct(struct cursor *cursor, const struct value_type *type,
		  bool needs_braces, parse_member_fn parse_member, uint8_t *out,
		  size_t n_bytes)
{
	struct scope scope = {
		.cursor = cursor,
		.parse_member = parse_member,
		.out = out,
		.n_bytes = n_bytes,
		.has_braces = cursor_is_at(cursor, '{'),
	};
	bool is_good;

	if (needs_braces && !scope.has_braces)
		return cursor_expect(cursor, '{');
	scope.fields = g_array_new(FALSE, FALSE, sizeof(struct field));
	add_fields(scope.fields, type, 0);
	is_good = parse_members(&scope);
	g_array_unref(scope.fields);
	return is_good;
}

bool parse_struct_is_named(const struct cursor *cursor,
			   const struct value_type *type, size_t skip)
{
	struct cursor ahead = *cursor;
	struct scope scope = {};
	struct word name;
	bool is_named;

	if (type->kind != VALUE_STRUCT)
		return false;
	ahead.at += skip;
	cursor_skip_blanks(&ahead);
	name = cursor_peek_name(&ahead);
	scope.fields = g_array_new(FALSE, FALSE, sizeof(struct field));
	add_fields(scope.fields, type, 0);
	is_named = name.n && find_field(&scope, name);
	g_array_unref(scope.fields);
	return is_named;
}
