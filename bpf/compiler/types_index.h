/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_index.h - the types of a kernel, by their names.
 */
#ifndef PROBEFS_COMPILER_TYPES_INDEX_H
#define PROBEFS_COMPILER_TYPES_INDEX_H

#include <glib.h>
#include <stdbool.h>

struct btf;
struct types_index;

/*
 * Load BTF (raw or ELF) from @path and index its names. Takes about 25 ms
 * for a kernel's, so a server does it once. EOPNOTSUPP: it cannot be read.
 */
struct types_index *types_index_new(const char *path, GError **error);
/* The same of BTF that is already there; takes @btf over. */
struct types_index *types_index_from_btf(struct btf *btf);
/*
 * The types at @base and those of the module whose BTF is at @path, when it
 * has @name; NULL otherwise. @base is borrowed for the new one's life.
 */
struct types_index *types_index_of_module(const struct types_index *base,
					  const char *path, const char *name);
void types_index_free(struct types_index *index);

/*
 * The id of the type "#sock", or of the typedef "u32" or the enum that has an
 * enumerator of that name; 0: there is none.
 */
guint32 types_index_find(const struct types_index *index, const char *name);
bool types_index_has(const struct types_index *index, const char *name);

/* Borrowed. */
const struct btf *types_index_btf(const struct types_index *index);

/*
 * The ids (guint32, owned by the caller) of all types of that name: struct,
 * union, enum, typedef. The one with an enumerator of that name may be there.
 */
GArray *types_index_named(const struct types_index *index, const char *name);

#endif
