/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_type.h - when two maps hold the same. Changes nothing; any thread.
 */
#ifndef PROBEFS_BPF_MAP_TYPE_H
#define PROBEFS_BPF_MAP_TYPE_H

#include <stdint.h>

struct btf;

/*
 * What the type @id of @btf looks like in memory, with the names of its
 * members; "" without a type. Two types with the same description hold the
 * same thing. Owned by the caller.
 */
char *map_type_description(const struct btf *btf, uint32_t id);

#endif
