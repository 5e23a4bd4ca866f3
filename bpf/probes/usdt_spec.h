/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usdt_spec.h - where a USDT probe's arguments are, in the form that programs
 * read them by: that of libbpf's usdt.bpf.h, whose map __bpf_usdt_specs has
 * one such value for each argument list.
 */
#ifndef PROBEFS_BPF_USDT_SPEC_H
#define PROBEFS_BPF_USDT_SPEC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define USDT_N_ARGUMENTS_MAX 12

enum usdt_argument_type {
	USDT_CONSTANT,
	USDT_REGISTER,
	USDT_MEMORY,           /* at a register's value and an offset */
	USDT_UNREADABLE = 255, /* reading it gives -EINVAL */
};

struct usdt_argument {
	uint64_t value;          /* the constant, or the offset */
	uint32_t type;           /* enum usdt_argument_type */
	int16_t register_offset; /* in the context */
	uint8_t is_signed;
	uint8_t n_shift_bits; /* 64 less its own size */
};

struct usdt_spec {
	struct usdt_argument arguments[USDT_N_ARGUMENTS_MAX];
	uint64_t cookie;
	int16_t n_arguments;
};

G_STATIC_ASSERT(sizeof(struct usdt_spec) == 208);

/*
 * Fill in the arguments from a note's text, "-4@%edi 8@-8(%rbp)". One that
 * this does not know is unreadable; of more than can be kept the rest is left
 * out.
 */
void usdt_spec_parse(struct usdt_spec *spec, const char *text);

#endif
