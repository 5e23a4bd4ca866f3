/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target_types.c - the kernel's types that an object's CO-RE relocations
 * look for. Knows BTF and CO-RE (include/uapi/linux/bpf.h: bpf_core_relo);
 * must not know jobs.
 */
#include "target_types.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bpf/elf/btf_ext.h"
#include "bpf/elf/elf_sections.h"
#include "types_index.h"

/* Nested by value; the kernel's deepest are below 20. */
enum { MAX_DEPTH = 64 };

struct copy {
	const struct types_index *index; /* borrowed */
	const struct btf *from;          /* borrowed */
	struct btf *to;                  /* owned */
	GHashTable *ids;                 /* owned; ids in from to ids in to */
	int pointer;                     /* the one pointer type; 0: not yet */
};

static int copy_type(struct copy *copy, uint32_t id, int depth);

/* Where a pointer leads to is of no account: relocations end there. */
static int copy_pointer(struct copy *copy)
{
	if (!copy->pointer)
		copy->pointer = btf__add_ptr(copy->to, 0);
	return copy->pointer;
}

static int copy_array(struct copy *copy, const struct btf_type *type, int depth)
{
	const struct btf_array *array = btf_array(type);
	int index = copy_type(copy, array->index_type, depth);
	int element = copy_type(copy, array->type, depth);

	if (index < 0 || element < 0)
		return -1;
	return btf__add_array(copy->to, index, element, array->nelems);
}

static int copy_composite(struct copy *copy, const struct btf_type *type,
			  int depth)
{
	const struct btf_member *members = btf_members(type);
	uint32_t n = btf_vlen(type);
	g_autofree int *types = g_new(int, n);
	struct btf_member *own;
	int id;

	for (uint32_t i = 0; i < n; i++) {
		types[i] = copy_type(copy, members[i].type, depth);
		if (types[i] < 0)
			return -1;
	}
	id = btf__add_type(copy->to, copy->from, type);
	if (id < 0)
		return -1;
	/* The library gives it for reading only, but it is ours. */
	own = (struct btf_member *)(uintptr_t)btf_members(
		btf__type_by_id(copy->to, id));
	for (uint32_t i = 0; i < n; i++)
		own[i].type = types[i];
	return id;
}

/* typedef, const … */
static int copy_reference(struct copy *copy, const struct btf_type *type,
			  int depth)
{
	int inner = copy_type(copy, type->type, depth);
	int id;

	if (inner < 0)
		return -1;
	id = btf__add_type(copy->to, copy->from, type);
	if (id > 0)
		((struct btf_type *)(uintptr_t)btf__type_by_id(copy->to, id))
			->type = inner;
	return id;
}

static int copy_new(struct copy *copy, const struct btf_type *type, int depth)
{
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
		return copy_pointer(copy);
	case BTF_KIND_ARRAY:
		return copy_array(copy, type, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(copy, type, depth);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_reference(copy, type, depth);
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		return btf__add_type(copy->to, copy->from, type);
	default:
		return -1;
	}
}

/* The new id of the type with the old @id, or -1. */
static int copy_type(struct copy *copy, uint32_t id, int depth)
{
	gpointer old = GUINT_TO_POINTER(id);
	int copied;

	if (id == 0)
		return 0;
	copied = GPOINTER_TO_INT(g_hash_table_lookup(copy->ids, old));
	if (copied)
		return copied;
	if (depth == MAX_DEPTH)
		return -1;
	copied = copy_new(copy, btf__type_by_id(copy->from, id), depth + 1);
	if (copied > 0)
		g_hash_table_insert(copy->ids, old, GINT_TO_POINTER(copied));
	return copied > 0 ? copied : -1;
}

/* All types that a relocation against the local type @name may mean. */
static bool copy_named(struct copy *copy, const char *name)
{
	const char *flavour = strstr(name, "___");
	g_autofree char *essential = g_strndup(
		name, flavour ? (size_t)(flavour - name) : strlen(name));
	g_autoptr(GArray) ids = types_index_named(copy->index, essential);

	for (guint i = 0; i < ids->len; i++)
		if (copy_type(copy, g_array_index(ids, guint32, i), 0) < 0)
			return false;
	return ids->len > 0;
}

static bool copy_for(struct copy *copy, const struct btf *local,
		     const struct bpf_core_relo *relo)
{
	const struct btf_type *type = btf__type_by_id(local, relo->type_id);

	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL)
		return true;
	if (relo->kind == BPF_CORE_TYPE_ID_TARGET ||
	    relo->kind == BPF_CORE_TYPE_MATCHES || !type)
		return false;
	return copy_named(copy, btf__name_by_offset(local, type->name_off));
}

static bool copy_records(struct copy *copy, const struct btf *local,
			 const struct btf_ext_records *records)
{
	for (uint32_t i = 0; i < records->n_records; i++) {
		struct bpf_core_relo relo;

		memcpy(&relo,
		       records->records + (size_t)i * records->record_bytes,
		       sizeof(relo));
		if (!copy_for(copy, local, &relo))
			return false;
	}
	return true;
}

/* The records are of our own code generator, but read as if not. */
static bool copy_all(struct copy *copy, const struct btf *local, GBytes *ext)
{
	struct btf_ext_records records;
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(ext, &n_bytes);

	if (!btf_ext_begin(&records, bytes, n_bytes, BTF_EXT_RELOCATIONS,
			   sizeof(struct bpf_core_relo)))
		return false;
	while (btf_ext_next(&records))
		if (!copy_records(copy, local, &records))
			return false;
	return btf_ext_is_read(&records);
}

GBytes *target_types(const struct types_index *index, GBytes *object)
{
	g_autoptr(GBytes) ext = elf_section(object, ".BTF.ext");
	g_autoptr(GBytes) btf = elf_section(object, ".BTF");
	size_t n_bytes = 0;
	const void *bytes = btf ? g_bytes_get_data(btf, &n_bytes) : NULL;
	struct copy copy = {
		.index = index,
		.from = types_index_btf(index),
		.to = btf__new_empty(),
		.ids = g_hash_table_new(NULL, NULL),
	};
	struct btf *local = bytes ? btf__new(bytes, (uint32_t)n_bytes) : NULL;
	GBytes *types = NULL;

	if (local && ext && copy.to && copy_all(&copy, local, ext)) {
		uint32_t n;
		const void *raw = btf__raw_data(copy.to, &n);

		types = raw ? g_bytes_new(raw, n) : NULL;
	}
	btf__free(local);
	btf__free(copy.to);
	g_hash_table_unref(copy.ids);
	return types;
}
