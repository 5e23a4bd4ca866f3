/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * value_type.h - the types that values are printed by, for those who look
 * into values themselves: value.c, which prints them, and bpf/maps, which
 * sorts, adds up and parses them.
 */
#ifndef PROBEFS_BPF_VALUE_TYPE_H
#define PROBEFS_BPF_VALUE_TYPE_H

#include "value.h"

struct btf;

enum value_kind {
	VALUE_BYTES, /* not known how to print */
	VALUE_SIGNED,
	VALUE_UNSIGNED,
	VALUE_BOOL,
	VALUE_ENUM,
	VALUE_ADDRESS,
	VALUE_STRING, /* array of char */
	VALUE_ARRAY,
	VALUE_STRUCT,
};

struct value_type;

struct value_member {
	const char *name; /* borrowed from the BTF; "" for an unnamed one */
	const struct value_type *type; /* borrowed */
	uint32_t bit_offset;
	uint32_t bit_size; /* 0: no bit field */
};

struct value_type {
	enum value_kind kind;
	uint32_t n_bytes;
	uint32_t type_id;                 /* of an enum, to find names */
	uint32_t n_elements;              /* of an array; 0: flexible */
	const struct value_type *element; /* borrowed */
	struct value_member *members;     /* owned */
	uint32_t n_members;
};

struct value_types {
	struct btf *btf;         /* owned, may be NULL */
	GHashTable *by_id;       /* owned: id to struct value_type */
	struct value_type bytes; /* for what is not known */
};

/* The type @id, borrowed; for one that is not known, types->bytes. */
const struct value_type *value_type_get(struct value_types *types, uint32_t id);

enum value_flag {
	/* In braces, as a structure inside another one. */
	VALUE_NESTED = 1 << 0,
	/*
	 * As text from which the same bytes can be made again: a string is in
	 * quotes where it would be taken for something else, and has its bytes
	 * behind a NUL. Nothing of it in JSON.
	 */
	VALUE_EXACT = 1 << 1,
};

/* value_print of a value of @type; @flags: enum value_flag. */
void value_print_as(struct value_types *types, const struct value_type *type,
		    const uint8_t *data, size_t n_bytes, enum text_style style,
		    unsigned flags, struct text *text);

#endif
