/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format_steps.h - what format.c, which compiles, and format_print.c, which
 * prints, share, and nobody else includes.
 */
#ifndef PROBEFS_BPF_FORMAT_STEPS_H
#define PROBEFS_BPF_FORMAT_STEPS_H

#include "format.h"

/* Wider than this helps nobody, and must not make a reader's line huge. */
#define FORMAT_MAX_WIDTH 1024

enum step_kind {
	STEP_LITERAL,
	STEP_SIGNED,   /* plain %d of any length */
	STEP_UNSIGNED, /* plain %u */
	STEP_NUMBER,   /* any other integer */
	STEP_CHAR,
	STEP_STRING,
	STEP_SYMBOL,
	STEP_ADDRESS, /* %pI4 and all that point to bytes */
};

enum step_flag {
	FLAG_LEFT = 1 << 0,
	FLAG_PLUS = 1 << 1,
	FLAG_SPACE = 1 << 2,
	FLAG_PREFIX = 1 << 3, /* '#' */
	FLAG_ZERO = 1 << 4,
	FLAG_SIGNED = 1 << 5,
	FLAG_UPPER = 1 << 6,
	FLAG_OFFSET = 1 << 7,   /* %pS: with the offset in the symbol */
	FLAG_BACKTRACE = 1 << 8 /* %pB: the address of a return */
};

struct step {
	enum step_kind kind;
	unsigned flags;
	unsigned base;
	unsigned bits;       /* of the integer, by its length modifier */
	int width;           /* -1: none */
	int precision;       /* -1: none */
	int width_at;        /* offset of the argument of a '*', or -1 */
	int precision_at;    /* the same */
	unsigned at;         /* offset of the argument in the payload */
	unsigned n_bytes;    /* of the argument */
	const char *pointer; /* "I4" of %pI4; borrowed from the table's text */
	char *literal;       /* owned */
	size_t literal_bytes;
	char *literal_json; /* owned, escaped */
	size_t literal_json_bytes;
};

struct format {
	GArray *steps; /* owned */
	unsigned payload_bytes;
};

struct format_table {
	GArray *formats; /* owned */
	GBytes *section; /* owned; what pointers in steps point into */
	format_symbol_fn symbol;
	void *data; /* borrowed */
};

#endif
