/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_type.c - owns the comparing of maps' key and value types by BTF. Knows
 * no map.
 */
#include "map_type.h"

#include <bpf/btf.h>
#include <glib.h>

static void describe_type(const struct btf *btf, uint32_t id, unsigned depth,
			  GString *text);

static void describe_members(const struct btf *btf, const struct btf_type *type,
			     unsigned depth, GString *text)
{
	const struct btf_member *members = btf_members(type);

	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		g_string_append_printf(
			text, "%u:%s ", btf_member_bit_offset(type, i),
			btf__name_by_offset(btf, members[i].name_off));
		describe_type(btf, members[i].type, depth + 1, text);
		g_string_append_c(text, ';');
	}
}

/*
 * Two types with the same description hold the same thing. What a pointer
 * points to is left out: it is an address either way.
 */
static void describe_type(const struct btf *btf, uint32_t id, unsigned depth,
			  GString *text)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *type = resolved < 0
					      ? NULL
					      : btf__type_by_id(btf, resolved);

	if (!type || depth > 16)
		return;
	g_string_append_printf(text, "%u/%u", btf_kind(type),
			       btf_is_ptr(type) ? 0 : type->size);
	if (btf_is_array(type)) {
		g_string_append_printf(text, "[%u]", btf_array(type)->nelems);
		describe_type(btf, btf_array(type)->type, depth + 1, text);
		return;
	}
	if (btf_is_ptr(type))
		return;
	g_string_append(text, btf__name_by_offset(btf, type->name_off));
	if (btf_is_composite(type))
		describe_members(btf, type, depth, text);
}

char *map_type_description(const struct btf *btf, uint32_t id)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (btf && id)
		describe_type(btf, id, 0, text);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
