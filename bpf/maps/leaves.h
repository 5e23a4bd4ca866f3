/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leaves.h - a type as the flat list of the numbers and strings in it, in the
 * order of its members. Padding is not in it.
 */
#ifndef PROBEFS_BPF_MAPS_LEAVES_H
#define PROBEFS_BPF_MAPS_LEAVES_H

#include <glib.h>

#include "bpf/print/value_type.h"

struct leaf {
	enum value_kind kind; /* no array, no struct */
	bool is_signed;
	bool is_bit_field;
	uint32_t bit_offset;
	uint32_t n_bits; /* of one; up to 64, but for strings and bytes */
	uint32_t n;      /* this many, one behind the other */
};

/* The leaves of @type, struct leaf; the caller owns the result. */
GArray *leaves_new(struct value_types *types, const struct value_type *type);

#endif
