/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_format.h - what a printk format asks of its arguments.
 */
#ifndef PROBEFS_COMPILER_LOWER_FORMAT_H
#define PROBEFS_COMPILER_LOWER_FORMAT_H

#include <glib.h>
#include <stdbool.h>

enum lower_conversion_type {
	LOWER_SIGNED,   /* %d, %i and '*' */
	LOWER_UNSIGNED, /* %u, %x, %c … */
	LOWER_ADDRESS,  /* %p, %ps …: printed, not followed */
	LOWER_STRING,   /* %s, %pks, %pus */
	LOWER_BYTES,    /* %pI4, %pM …: n_bytes are fetched */
};

struct lower_conversion {
	enum lower_conversion_type type;
	unsigned int n_bytes; /* LOWER_BYTES */
	bool is_long;         /* an integer of 64 bits */
	char text[16];        /* "%5lld", for messages */
};

/*
 * The conversions of @format in order, an array of struct lower_conversion;
 * NULL with @problem (owned by the caller) when one is unknown.
 */
GArray *lower_format_parse(const char *format, char **problem);

#endif
