/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_index.c - owns the BTF of a kernel, or of one of its modules, and the
 * index of its names. Must not know what is asked for, nor why.
 */
#include "types_index.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bpf/error.h"

struct types_index {
	struct btf *btf; /* owned */
	/* Names to the first id of that name; the keys lie in the BTF. */
	GHashTable *tags;  /* owned; struct, union, enum */
	GHashTable *names; /* owned; typedefs and enumerators */
	/* A name's types beyond the first; owned; GArray of guint32. */
	GHashTable *others;
};

static void add_other(struct types_index *index, const char *name, guint32 id)
{
	GArray *ids = g_hash_table_lookup(index->others, name);

	if (!ids) {
		ids = g_array_new(FALSE, FALSE, sizeof(guint32));
		g_hash_table_insert(index->others, (char *)(uintptr_t)name,
				    ids);
	}
	g_array_append_val(ids, id);
}

static void index_name(GHashTable *table, const struct btf *btf,
		       guint32 name_off, guint32 id)
{
	const char *name = btf__name_by_offset(btf, name_off);

	if (name && *name && !g_hash_table_contains(table, name))
		g_hash_table_insert(table, (char *)(uintptr_t)name,
				    GUINT_TO_POINTER(id));
}

static void index_enumerators(struct types_index *index,
			      const struct btf_type *type, guint32 id)
{
	guint n = btf_vlen(type);

	if (btf_kind(type) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *values = btf_enum64(type);

		for (guint i = 0; i < n; i++)
			index_name(index->names, index->btf, values[i].name_off,
				   id);
	} else {
		const struct btf_enum *values = btf_enum(type);

		for (guint i = 0; i < n; i++)
			index_name(index->names, index->btf, values[i].name_off,
				   id);
	}
}

static void index_type_name(struct types_index *index, GHashTable *table,
			    guint32 name_off, guint32 id)
{
	const char *name = btf__name_by_offset(index->btf, name_off);

	if (name && *name && g_hash_table_contains(table, name))
		add_other(index, name, id);
	index_name(table, index->btf, name_off, id);
}

static void index_type(struct types_index *index, guint32 id)
{
	const struct btf_type *type = btf__type_by_id(index->btf, id);

	switch (btf_kind(type)) {
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		index_enumerators(index, type, id);
		/* An enum without values is a forward declaration. */
		if (!btf_vlen(type))
			break;
		G_GNUC_FALLTHROUGH;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		index_type_name(index, index->tags, type->name_off, id);
		break;
	case BTF_KIND_TYPEDEF:
		index_type_name(index, index->names, type->name_off, id);
		break;
	default:
		break;
	}
}

struct types_index *types_index_from_btf(struct btf *btf)
{
	struct types_index *index = g_new0(struct types_index, 1);
	guint32 n = btf__type_cnt(btf);

	index->btf = btf;
	index->tags = g_hash_table_new(g_str_hash, g_str_equal);
	index->names = g_hash_table_new(g_str_hash, g_str_equal);
	index->others = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      (GDestroyNotify)g_array_unref);
	for (guint32 id = 1; id < n; id++)
		index_type(index, id);
	return index;
}

struct types_index *types_index_new(const char *path, GError **error)
{
	struct btf *btf = btf__parse(path, NULL);

	if (!btf) {
		probefs_set_error(error, EOPNOTSUPP,
				  "%s: cannot read the kernel's types (%s); "
				  "the kernel needs CONFIG_DEBUG_INFO_BTF",
				  path, g_strerror(errno));
		return NULL;
	}
	return types_index_from_btf(btf);
}

static bool is_tag_kind(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type);
}

struct types_index *types_index_of_module(const struct types_index *base,
					  const char *path, const char *name)
{
	struct btf *btf = btf__parse_split(path, base->btf);
	bool is_tag = *name == '#';

	if (!btf)
		return NULL;
	for (guint32 id = btf__type_cnt(base->btf); id < btf__type_cnt(btf);
	     id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if ((is_tag ? is_tag_kind(type) : btf_is_typedef(type)) &&
		    strcmp(btf__name_by_offset(btf, type->name_off),
			   name + is_tag) == 0)
			return types_index_from_btf(btf);
	}
	btf__free(btf);
	return NULL;
}

void types_index_free(struct types_index *index)
{
	if (!index)
		return;
	g_hash_table_unref(index->tags);
	g_hash_table_unref(index->names);
	g_hash_table_unref(index->others);
	btf__free(index->btf);
	g_free(index);
}

guint32 types_index_find(const struct types_index *index, const char *name)
{
	gpointer id = *name == '#' ? g_hash_table_lookup(index->tags, name + 1)
				   : g_hash_table_lookup(index->names, name);

	return GPOINTER_TO_UINT(id);
}

bool types_index_has(const struct types_index *index, const char *name)
{
	return types_index_find(index, name) != 0;
}

const struct btf *types_index_btf(const struct types_index *index)
{
	return index->btf;
}

GArray *types_index_named(const struct types_index *index, const char *name)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
	const GArray *others = g_hash_table_lookup(index->others, name);
	guint32 tag = GPOINTER_TO_UINT(g_hash_table_lookup(index->tags, name));
	guint32 id = GPOINTER_TO_UINT(g_hash_table_lookup(index->names, name));

	if (tag)
		g_array_append_val(ids, tag);
	if (id)
		g_array_append_val(ids, id);
	if (others)
		g_array_append_vals(ids, others->data, others->len);
	return ids;
}
