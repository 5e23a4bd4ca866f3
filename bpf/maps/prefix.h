/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prefix.h - the keys of LPM tries: a 32-bit length in bits, then bytes of
 * which the first bit counts most. As text "10.0.0.0/8" for four bytes,
 * "2001:db8::/32" for sixteen, hexadecimal digits for any other number.
 */
#ifndef PROBEFS_BPF_MAPS_PREFIX_H
#define PROBEFS_BPF_MAPS_PREFIX_H

#include "bpf/print/text.h"

/* @n_bytes of @key, at least 5, as the kernel has it. */
void prefix_print(const uint8_t *key, size_t n_bytes, struct text *text);

#endif
