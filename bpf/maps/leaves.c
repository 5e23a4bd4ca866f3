// SPDX-License-Identifier: GPL-2.0-only
/* leaves.c - flattens types. */
#include "leaves.h"

#include <bpf/btf.h>

static void add_type(GArray *leaves, struct value_types *types,
		     const struct value_type *type, uint32_t bit_offset);

static bool is_signed(const struct value_types *types,
		      const struct value_type *type)
{
	if (type->kind == VALUE_ENUM)
		return btf_kflag(btf__type_by_id(types->btf, type->type_id));
	return type->kind == VALUE_SIGNED;
}

static void add_leaf(GArray *leaves, const struct value_types *types,
		     const struct value_type *type, uint32_t bit_offset,
		     uint32_t bit_size, uint32_t n)
{
	struct leaf leaf = {
		.kind = type->kind,
		.is_signed = is_signed(types, type),
		.is_bit_field = bit_size != 0,
		.bit_offset = bit_offset,
		.n_bits = bit_size ? bit_size : type->n_bytes * 8,
		.n = n,
	};

	if (leaf.n_bits && n)
		g_array_append_val(leaves, leaf);
}

static bool has_leaves_inside(const struct value_type *type)
{
	return type->kind == VALUE_ARRAY || type->kind == VALUE_STRUCT;
}

static void add_array(GArray *leaves, struct value_types *types,
		      const struct value_type *type, uint32_t bit_offset)
{
	const struct value_type *element = type->element;

	if (!has_leaves_inside(element) && element->kind != VALUE_BYTES) {
		add_leaf(leaves, types, element, bit_offset, 0,
			 type->n_elements);
		return;
	}
	for (uint32_t i = 0; i < type->n_elements; i++)
		add_type(leaves, types, element,
			 bit_offset + i * element->n_bytes * 8);
}

static void add_struct(GArray *leaves, struct value_types *types,
		       const struct value_type *type, uint32_t bit_offset)
{
	for (uint32_t i = 0; i < type->n_members; i++) {
		const struct value_member *member = &type->members[i];
		uint32_t at = bit_offset + member->bit_offset;

		if (!*member->name && member->type->kind != VALUE_STRUCT)
			continue; /* padding */
		if (member->bit_size)
			add_leaf(leaves, types, member->type, at,
				 member->bit_size, 1);
		else
			add_type(leaves, types, member->type, at);
	}
}

static void add_type(GArray *leaves, struct value_types *types,
		     const struct value_type *type, uint32_t bit_offset)
{
	switch (type->kind) {
	case VALUE_ARRAY:
		add_array(leaves, types, type, bit_offset);
		break;
	case VALUE_STRUCT:
		add_struct(leaves, types, type, bit_offset);
		break;
	case VALUE_BYTES:
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
	case VALUE_BOOL:
	case VALUE_ENUM:
	case VALUE_ADDRESS:
	case VALUE_STRING:
		add_leaf(leaves, types, type, bit_offset, 0, 1);
		break;
	}
}

GArray *leaves_new(struct value_types *types, const struct value_type *type)
{
	GArray *leaves = g_array_new(FALSE, FALSE, sizeof(struct leaf));

	add_type(leaves, types, type, 0);
	return leaves;
}
