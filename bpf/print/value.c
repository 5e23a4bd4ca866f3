// SPDX-License-Identifier: GPL-2.0-only
/*
 * value.c - values printed by their types.
 */
#include "value_type.h"

#include <bpf/btf.h>
#include <string.h>

#include "json.h"

/* What is being printed: the bytes there are, and how. */
struct printer {
	struct value_types *types;
	struct text *text;
	const uint8_t *data;
	size_t n_bytes;
	bool is_json;
	bool is_exact;
};

static void print_value(struct printer *p, const struct value_type *type,
			size_t offset, bool is_top);

static uint64_t load_bytes(const uint8_t *data, uint32_t n_bytes)
{
	uint64_t value = 0;

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
	memcpy(&value, data, n_bytes);
#else
	memcpy((uint8_t *)&value + 8 - n_bytes, data, n_bytes);
#endif
	return value;
}

static uint64_t extend(uint64_t value, unsigned n_bits, bool is_signed)
{
	unsigned shift = 64 - n_bits;

	if (is_signed)
		return (uint64_t)((int64_t)(value << shift) >> shift);
	return value << shift >> shift;
}

static const char *enum_name(const struct btf *btf, uint32_t id, uint64_t value)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	uint64_t mask = type->size == 8 ? UINT64_MAX
					: (1ull << type->size * 8) - 1;

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint64_t of_name;
		uint32_t name_off;

		if (btf_is_enum64(type)) {
			of_name = btf_enum64_value(&btf_enum64(type)[i]);
			name_off = btf_enum64(type)[i].name_off;
		} else {
			of_name = (uint64_t)btf_enum(type)[i].val;
			name_off = btf_enum(type)[i].name_off;
		}
		if ((of_name & mask) == (value & mask))
			return btf__name_by_offset(btf, name_off);
	}
	return NULL;
}

static void print_enum(struct printer *p, const struct value_type *type,
		       uint64_t value, unsigned n_bits)
{
	const struct btf *btf = p->types->btf;
	bool is_signed = btf_kflag(btf__type_by_id(btf, type->type_id));
	const char *name;

	value = extend(value, n_bits, is_signed);
	name = enum_name(btf, type->type_id, value);
	if (name && p->is_json)
		json_put_string(p->text, name, strlen(name));
	else if (name)
		text_put_string(p->text, name);
	else if (is_signed)
		text_put_i64(p->text, (int64_t)value);
	else
		text_put_u64(p->text, value);
}

static void print_bool(struct printer *p, bool value)
{
	text_put_string(p->text, value ? "true" : "false");
}

static void print_address(struct printer *p, uint64_t value)
{
	text_put_string(p->text, p->is_json ? "\"0x" : "0x");
	text_put_hex(p->text, value, 1);
	if (p->is_json)
		text_put_char(p->text, '"');
}

static void print_bytes(struct printer *p, size_t offset, size_t n_bytes)
{
	if (p->is_json)
		text_put_char(p->text, '"');
	text_put_hex_bytes(p->text, p->data + offset, n_bytes);
	if (p->is_json)
		text_put_char(p->text, '"');
}

static void print_number(struct printer *p, const struct value_type *type,
			 uint64_t value, unsigned n_bits)
{
	switch (type->kind) {
	case VALUE_SIGNED:
		text_put_i64(p->text, (int64_t)extend(value, n_bits, true));
		break;
	case VALUE_BOOL:
		print_bool(p, extend(value, n_bits, false));
		break;
	case VALUE_ENUM:
		print_enum(p, type, value, n_bits);
		break;
	case VALUE_ADDRESS:
		print_address(p, value);
		break;
	case VALUE_UNSIGNED:
	case VALUE_BYTES:
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_STRUCT:
		text_put_u64(p->text, extend(value, n_bits, false));
		break;
	}
}

/* An element of a flexible array at @offset: as many as there are bytes. */
static size_t array_length(const struct printer *p,
			   const struct value_type *type, size_t offset)
{
	size_t there = (p->n_bytes - offset) / type->element->n_bytes;

	return type->n_elements ? MIN(type->n_elements, there) : there;
}

/* Would the string, without quotes, be something else to a parser? */
static bool needs_quotes(const char *string, size_t n)
{
	static const char special[] = " \t\"{}[]=,";

	if (!n || string[0] == '#' || string[0] == '!')
		return true;
	for (size_t i = 0; i < n; i++)
		if (memchr(special, string[i], sizeof(special) - 1))
			return true;
	return false;
}

static void print_exact_string(struct printer *p, const char *string, size_t n)
{
	bool has_quotes;

	while (n && !string[n - 1])
		n--;
	has_quotes = needs_quotes(string, n);
	if (has_quotes)
		text_put_char(p->text, '"');
	while (n) {
		const char *quote = memchr(string, '"', n);
		size_t n_plain = quote ? (size_t)(quote - string) : n;

		text_put_escaped(p->text, TEXT_PLAIN, string, n_plain);
		if (quote)
			text_put_literal(p->text, "\\\"");
		n_plain += quote != NULL;
		string += n_plain;
		n -= n_plain;
	}
	if (has_quotes)
		text_put_char(p->text, '"');
}

static void print_string(struct printer *p, const struct value_type *type,
			 size_t offset)
{
	const char *string = (const char *)p->data + offset;
	size_t length = array_length(p, type, offset);
	size_t n = strnlen(string, length);

	if (p->is_exact)
		print_exact_string(p, string, length);
	else if (p->is_json)
		json_put_string(p->text, string, n);
	else
		text_put_escaped(p->text, TEXT_PLAIN, string, n);
}

static void print_array(struct printer *p, const struct value_type *type,
			size_t offset)
{
	size_t n = array_length(p, type, offset);

	text_put_char(p->text, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_put_char(p->text, p->is_json ? ',' : ' ');
		print_value(p, type->element,
			    offset + i * type->element->n_bytes, false);
	}
	text_put_char(p->text, ']');
}

static void print_bit_field(struct printer *p,
			    const struct value_member *member, size_t bit)
{
	size_t first = bit / 8, last = (bit + member->bit_size - 1) / 8;
	unsigned shift = bit % 8;
	uint64_t value = 0;

	/* A field of up to 64 bits may touch nine bytes. */
	for (size_t i = first; i <= last; i++) {
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
		int at = (int)(i - first) * 8 - (int)shift;

		value |= at < 0 ? (uint64_t)p->data[i] >> -at
				: (uint64_t)p->data[i] << at;
#else
		int at = (int)(last - i) * 8 -
			 (int)((last + 1) * 8 - (bit + member->bit_size));

		value |= at < 0 ? (uint64_t)p->data[i] >> -at
				: (uint64_t)p->data[i] << at;
#endif
	}
	print_number(p, member->type, value, member->bit_size);
}

/* Are all the bytes there, or those that make sense alone? */
static bool is_there(const struct printer *p, const struct value_member *member,
		     size_t bit)
{
	size_t n_bits = member->bit_size;

	if (!n_bits) {
		switch (member->type->kind) {
		case VALUE_STRING:
		case VALUE_ARRAY:
			n_bits = member->type->n_elements
					 ? member->type->element->n_bytes * 8
					 : 0;
			break;
		case VALUE_STRUCT:
			n_bits = 8;
			break;
		case VALUE_BYTES:
		case VALUE_SIGNED:
		case VALUE_UNSIGNED:
		case VALUE_BOOL:
		case VALUE_ENUM:
		case VALUE_ADDRESS:
			n_bits = (size_t)member->type->n_bytes * 8;
			break;
		}
	}
	return bit + n_bits <= p->n_bytes * 8;
}

static void print_members(struct printer *p, const struct value_type *type,
			  size_t offset, bool *is_first);

static void print_member(struct printer *p, const struct value_member *member,
			 size_t offset, bool *is_first)
{
	size_t bit = offset * 8 + member->bit_offset;

	if (!is_there(p, member, bit))
		return;
	if (!*member->name) {
		/* Padding has no name; an anonymous struct's members do. */
		if (member->type->kind == VALUE_STRUCT)
			print_members(p, member->type, bit / 8, is_first);
		return;
	}
	if (!*is_first)
		text_put_char(p->text, p->is_json ? ',' : ' ');
	*is_first = false;
	if (p->is_json)
		text_put_char(p->text, '"');
	text_put_string(p->text, member->name);
	text_put_string(p->text, p->is_json ? "\":" : "=");
	if (member->bit_size)
		print_bit_field(p, member, bit);
	else
		print_value(p, member->type, bit / 8, false);
}

static void print_members(struct printer *p, const struct value_type *type,
			  size_t offset, bool *is_first)
{
	for (uint32_t i = 0; i < type->n_members; i++)
		print_member(p, &type->members[i], offset, is_first);
}

static void print_struct(struct printer *p, const struct value_type *type,
			 size_t offset, bool is_top)
{
	bool has_braces = p->is_json || !is_top, is_first = true;

	if (has_braces)
		text_put_char(p->text, '{');
	print_members(p, type, offset, &is_first);
	if (has_braces)
		text_put_char(p->text, '}');
}

static void print_value(struct printer *p, const struct value_type *type,
			size_t offset, bool is_top)
{
	switch (type->kind) {
	case VALUE_STRUCT:
		print_struct(p, type, offset, is_top);
		break;
	case VALUE_STRING:
		print_string(p, type, offset);
		break;
	case VALUE_ARRAY:
		print_array(p, type, offset);
		break;
	case VALUE_BYTES:
		print_bytes(p, offset, MIN(type->n_bytes, p->n_bytes - offset));
		break;
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
	case VALUE_BOOL:
	case VALUE_ENUM:
	case VALUE_ADDRESS:
		print_number(p, type,
			     load_bytes(p->data + offset, type->n_bytes),
			     type->n_bytes * 8);
		break;
	}
}

void value_print_as(struct value_types *types, const struct value_type *type,
		    const uint8_t *data, size_t n_bytes, enum text_style style,
		    unsigned flags, struct text *text)
{
	struct value_member whole = {.name = "", .type = type};
	bool is_json = style == TEXT_JSON;
	struct printer printer = {.types = types,
				  .text = text,
				  .data = data,
				  .n_bytes = n_bytes,
				  .is_json = is_json,
				  .is_exact = !is_json &&
					      (flags & VALUE_EXACT)};

	if (type == &types->bytes || type->kind == VALUE_BYTES ||
	    !is_there(&printer, &whole, 0))
		print_bytes(&printer, 0, n_bytes);
	else
		print_value(&printer, type, 0, !(flags & VALUE_NESTED));
}

void value_print(struct value_types *types, uint32_t type_id,
		 const uint8_t *data, size_t n_bytes, enum text_style style,
		 struct text *text)
{
	value_print_as(types, value_type_get(types, type_id), data, n_bytes,
		       style, 0, text);
}
