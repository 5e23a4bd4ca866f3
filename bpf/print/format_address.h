/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format_address.h - %pI4, %pI6, %pM, %pU and %ph: the printk formats whose
 * argument points to bytes, here the bytes themselves.
 */
#ifndef PROBEFS_BPF_FORMAT_ADDRESS_H
#define PROBEFS_BPF_FORMAT_ADDRESS_H

#include <glib.h>
#include <stdint.h>

/* Room for any of them: 64 bytes of %*ph, three characters each. */
#define FORMAT_ADDRESS_BYTES 256

/*
 * The length of the suffix at @suffix (what follows "%p") that is one of
 * these formats: 3 for "I6c: …"; 0 when it is none.
 */
unsigned format_address_suffix(const char *suffix);

/* The bytes that the format needs. */
unsigned format_address_bytes(const char *suffix);

/*
 * Write the text of @bytes, of which there are @n_bytes, to @buffer (of
 * FORMAT_ADDRESS_BYTES); the result is its length. @width: of a %*ph.
 */
size_t format_address_print(char *buffer, const char *suffix,
			    const uint8_t *bytes, size_t n_bytes,
			    unsigned width);

#endif
