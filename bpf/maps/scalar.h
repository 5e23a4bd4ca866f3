/* SPDX-License-Identifier: GPL-2.0-only */
/* scalar.h - text that is one number, string or address, to bytes. */
#ifndef PROBEFS_BPF_MAPS_SCALAR_H
#define PROBEFS_BPF_MAPS_SCALAR_H

#include <stdint.h>

#include "bpf/print/value_type.h"
#include "cursor.h"

/* All of these step over what they parse, or set an error: EINVAL, ERANGE. */

/* A number, enumerator or truth value of @n_bits at bit @bit of @out. */
bool scalar_number(struct cursor *cursor, const struct value_type *type,
		   uint8_t *out, size_t bit, unsigned n_bits);

/* At most @n bytes; those behind the string are left as they are. */
bool scalar_string(struct cursor *cursor, uint8_t *out, size_t n);

/* @n bytes as hexadecimal digits, or in quotes as a string. */
bool scalar_bytes(struct cursor *cursor, uint8_t *out, size_t n);

/* Is an IPv4 address for 4 bytes or an IPv6 address for 16 here? Then take
 * it. Sets no error. */
bool scalar_is_address(struct cursor *cursor, uint8_t *out, size_t n_bytes);

/* The key of a trie, @n_bytes at @out, as prefix_print writes it. */
bool scalar_prefix(struct cursor *cursor, uint8_t *out, size_t n_bytes);

#endif
