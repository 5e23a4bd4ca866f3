/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * value.h - printing a value by its BTF type.
 *
 * As text a structure is "pid=812 comm=bash fname=/etc/passwd", one inside
 * it "{x=1 y=2}", an array "[1 2 3]", an address "0xffff…", an enumerator its
 * name, an array of char a string. As JSON it is an object, an array, a
 * string (addresses too, since 64 bits of hexadecimal are not a number that
 * JSON has); all integers are numbers in full.
 */
#ifndef PROBEFS_BPF_VALUE_H
#define PROBEFS_BPF_VALUE_H

#include "text.h"

/* The types of one object. */
struct value_types;

/* @btf: raw BTF, borrowed for its life's length by reference; may be NULL. */
struct value_types *value_types_new(GBytes *btf);
void value_types_free(struct value_types *types); /* accepts NULL */

/*
 * A value of type @type_id in the @n_bytes at @data. Bytes that are missing
 * (programs may send the beginning of a structure) leave out the members that
 * they would be in; a flexible array at the end takes all the rest. An
 * unknown type is printed as hexadecimal bytes.
 */
void value_print(struct value_types *types, uint32_t type_id,
		 const uint8_t *data, size_t n_bytes, enum text_style style,
		 struct text *text);

#endif
