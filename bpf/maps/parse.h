/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - text to the bytes of a value of a type, in the notation in which
 * values are printed, and a few others: positional {1 2}, numbers as 0x1f,
 * 0b11, 0o17, addresses as 10.0.0.1 and 2001:db8::1.
 */
#ifndef PROBEFS_BPF_MAPS_PARSE_H
#define PROBEFS_BPF_MAPS_PARSE_H

#include <stdint.h>

#include "bpf/print/value_type.h"
#include "cursor.h"

/*
 * A value of @type, in braces where it is a structure, to the @n_bytes at
 * @out, which are zero. False and an error: EINVAL, ERANGE.
 */
bool parse_nested(struct cursor *cursor, const struct value_type *type,
		  uint8_t *out, size_t n_bytes);

/*
 * The same for a whole key or value: a structure may do without braces, and
 * one of one member looks as @plain, the type inside it.
 */
bool parse_top(struct cursor *cursor, const struct value_type *type,
	       const struct value_type *plain, uint8_t *out, size_t n_bytes);

#endif
