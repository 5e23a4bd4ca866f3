/* SPDX-License-Identifier: GPL-2.0-only */
/* parse_struct.h - the part of parse.h that is about structures. */
#ifndef PROBEFS_BPF_MAPS_PARSE_STRUCT_H
#define PROBEFS_BPF_MAPS_PARSE_STRUCT_H

#include <stdint.h>

#include "bpf/print/value_type.h"
#include "cursor.h"

/* Parses one member's value, which is no bit field. */
typedef bool (*parse_member_fn)(struct cursor *cursor,
				const struct value_type *type, uint8_t *out,
				size_t n_bytes);

/*
 * "a=1 b=2", or in braces "{a=1 b=2}" or "{1 2}". @needs_braces: the first
 * does not do. Each member has to be given, but where another one that is
 * given has its place.
 */
bool parse_struct(struct cursor *cursor, const struct value_type *type,
		  bool needs_braces, parse_member_fn parse_member, uint8_t *out,
		  size_t n_bytes);

/* Does "NAME=" of a member begin here, @skip characters on? */
bool parse_struct_is_named(const struct cursor *cursor,
			   const struct value_type *type, size_t skip);

#endif
