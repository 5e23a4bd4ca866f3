// SPDX-License-Identifier: GPL-2.0-only
/*
 * value_type.c - BTF types, translated once into what printing needs. Knows
 * nothing of text.
 */
#include "value_type.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>

/* Types nested deeper than this are printed as bytes. */
#define VALUE_MAX_DEPTH 32

static void value_type_free(void *data)
{
	struct value_type *type = data;

	g_free(type->members);
	g_free(type);
}

struct value_types *value_types_new(GBytes *btf)
{
	struct value_types *types = g_new0(struct value_types, 1);
	size_t n_bytes = 0;
	const void *data = btf ? g_bytes_get_data(btf, &n_bytes) : NULL;

	if (data) {
		types->btf = btf__new(data, (uint32_t)n_bytes);
		if (libbpf_get_error(types->btf))
			types->btf = NULL;
	}
	types->by_id = g_hash_table_new_full(NULL, NULL, NULL, value_type_free);
	return types;
}

void value_types_free(struct value_types *types)
{
	if (!types)
		return;
	g_hash_table_unref(types->by_id);
	btf__free(types->btf);
	g_free(types);
}

static const struct value_type *get_type(struct value_types *types, uint32_t id,
					 unsigned depth);

/* The id behind typedefs and qualifiers. */
static uint32_t peel(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) ||
			btf_is_type_tag(type))) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return id;
}

static void translate_int(struct value_type *value, const struct btf_type *type)
{
	uint8_t encoding = btf_int_encoding(type);

	if (value->n_bytes > 8)
		value->kind = VALUE_BYTES;
	else if (encoding & BTF_INT_BOOL)
		value->kind = VALUE_BOOL;
	else
		value->kind = (encoding & BTF_INT_SIGNED) ? VALUE_SIGNED
							  : VALUE_UNSIGNED;
}

static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, peel(btf, id));

	return type && btf_is_int(type) && type->size == 1 &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "char");
}

static void translate_array(struct value_types *types, struct value_type *value,
			    const struct btf_type *type, unsigned depth)
{
	const struct btf_array *array = btf_array(type);

	value->n_elements = array->nelems;
	value->kind = is_char(types->btf, array->type) ? VALUE_STRING
						       : VALUE_ARRAY;
	value->element = get_type(types, array->type, depth + 1);
	value->n_bytes = value->element->n_bytes * array->nelems;
	if (!value->element->n_bytes)
		value->kind = VALUE_BYTES;
}

static void translate_struct(struct value_types *types,
			     struct value_type *value,
			     const struct btf_type *type, unsigned depth)
{
	const struct btf_member *members = btf_members(type);

	value->kind = VALUE_STRUCT;
	value->n_members = btf_vlen(type);
	value->members = g_new0(struct value_member, value->n_members);
	for (uint32_t i = 0; i < value->n_members; i++)
		value->members[i] = (struct value_member){
			.name = btf__name_by_offset(types->btf,
						    members[i].name_off),
			.type = get_type(types, members[i].type, depth + 1),
			.bit_offset = btf_member_bit_offset(type, i),
			.bit_size = btf_member_bitfield_size(type, i),
		};
}

static void translate(struct value_types *types, struct value_type *value,
		      uint32_t id, unsigned depth)
{
	const struct btf_type *type = btf__type_by_id(types->btf, id);
	int64_t size = btf__resolve_size(types->btf, id);

	value->type_id = id;
	if (!type || size < 0 || depth > VALUE_MAX_DEPTH)
		return;
	value->n_bytes = (uint32_t)size;
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		translate_int(value, type);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		value->kind = VALUE_ENUM;
		break;
	case BTF_KIND_PTR:
		value->kind = VALUE_ADDRESS;
		break;
	case BTF_KIND_ARRAY:
		translate_array(types, value, type, depth);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		translate_struct(types, value, type, depth);
		break;
	default:
		break;
	}
}

static const struct value_type *get_type(struct value_types *types, uint32_t id,
					 unsigned depth)
{
	struct value_type *value;

	if (!types->btf || !id)
		return &types->bytes;
	id = peel(types->btf, id);
	value = g_hash_table_lookup(types->by_id, GUINT_TO_POINTER(id));
	if (value)
		return value;
	value = g_new0(struct value_type, 1);
	g_hash_table_insert(types->by_id, GUINT_TO_POINTER(id), value);
	translate(types, value, id, depth);
	return value;
}

const struct value_type *value_type_get(struct value_types *types, uint32_t id)
{
	return get_type(types, id, 0);
}
