/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target_types.h - the kernel's types that an object's CO-RE relocations
 * look for, as a small BTF of their own.
 */
#ifndef PROBEFS_COMPILER_TARGET_TYPES_H
#define PROBEFS_COMPILER_TARGET_TYPES_H

#include <glib.h>

struct types_index;

/*
 * Who loads the object relocates it against this (libbpf's btf_custom_path)
 * in well under a millisecond, instead of reading all of the kernel's BTF,
 * 15 ms each time. NULL when only the whole will
 * do: a relocation asks for the kernel's own id of a type, for two types to
 * match, or for a type that @index does not have but a module may.
 */
GBytes *target_types(const struct types_index *index, GBytes *object);

#endif
