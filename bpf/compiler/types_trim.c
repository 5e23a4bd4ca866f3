/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_trim.c - owns the choice of members and the gaps between them. Must
 * not know what a header has besides.
 */
#include "types_trim.h"

#include <bpf/btf.h>
#include <stdint.h>

#include "source.h"

enum {
	MIN_MEMBERS = 32,
	MIN_BYTES = 513, /* more than a BPF program's stack */
};

static const struct btf_type *skip_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* What is in an anonymous structure is named as if it were a member. */
static bool is_used(const struct btf *btf, const struct btf_member *member,
		    const struct source_names *names)
{
	const char *name = btf__name_by_offset(btf, member->name_off);
	const struct btf_type *inner;

	if (*name)
		return g_hash_table_contains(names->used, name);
	inner = skip_modifiers(btf, member->type);
	for (guint i = 0; btf_is_composite(inner) && i < btf_vlen(inner); i++)
		if (is_used(btf, &btf_members(inner)[i], names))
			return true;
	return false;
}

/* The parameters of a function would have to be declared before. */
static bool leads_to_function(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = skip_modifiers(btf, id);

	while (btf_is_ptr(type) || btf_is_array(type))
		type = skip_modifiers(btf, btf_is_array(type)
						   ? btf_array(type)->type
						   : type->type);
	return btf_is_func_proto(type);
}

/* Would C put it where it is, behind a gap of bytes? */
static bool is_in_place(const struct btf *btf, const struct btf_type *type,
			guint i)
{
	uint32_t id = btf_members(type)[i].type;
	uint32_t offset_bits = btf_member_bit_offset(type, i);
	int align = btf__align_of(btf, id);

	return !btf_member_bitfield_size(type, i) && offset_bits % 8 == 0 &&
	       align > 0 && offset_bits / 8 % (uint32_t)align == 0 &&
	       btf__resolve_size(btf, id) > 0;
}

bool types_trim_fits(const struct btf *btf, const struct btf_type *type,
		     const struct source_names *names)
{
	if (!btf_is_struct(type) || !type->name_off ||
	    btf_vlen(type) < MIN_MEMBERS || type->size < MIN_BYTES)
		return false;
	for (guint i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];

		if (is_used(btf, member, names) &&
		    (!is_in_place(btf, type, i) ||
		     leads_to_function(btf, member->type)))
			return false;
	}
	return true;
}

void types_trim_dump_needed(struct btf_dump *dump, const struct btf *btf,
			    const struct btf_type *type,
			    const struct source_names *names)
{
	for (guint i = 0; i < btf_vlen(type); i++)
		if (is_used(btf, &btf_members(type)[i], names))
			btf_dump__dump_type(dump, btf_members(type)[i].type);
}

static void write_gap(GString *text, uint32_t from, uint32_t to)
{
	if (from < to)
		g_string_append_printf(text, "\tchar __probefs_gap_%u[%u];\n",
				       from, to - from);
}

void types_trim_write(struct btf_dump *dump, const struct btf *btf,
		      const struct btf_type *type,
		      const struct source_names *names, GString *text)
{
	uint32_t at = 0;

	g_string_append_printf(text, "struct %s {\n",
			       btf__name_by_offset(btf, type->name_off));
	for (guint i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options,
			    .field_name = btf__name_by_offset(btf,
							      member->name_off),
			    .indent_level = 1);
		uint32_t offset = btf_member_bit_offset(type, i) / 8;

		if (!is_used(btf, member, names))
			continue;
		write_gap(text, at, offset);
		g_string_append_c(text, '\t');
		btf_dump__emit_type_decl(dump, member->type, &options);
		g_string_append(text, ";\n");
		at = offset + (uint32_t)btf__resolve_size(btf, member->type);
	}
	write_gap(text, at, type->size);
	g_string_append(text, "};\n\n");
}
