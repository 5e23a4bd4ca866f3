/* SPDX-License-Identifier: GPL-2.0-only */
/* bits.h - integers of 1 to 64 bits anywhere in memory, as C bit fields. */
#ifndef PROBEFS_BPF_MAPS_BITS_H
#define PROBEFS_BPF_MAPS_BITS_H

#include <stddef.h>
#include <stdint.h>

/* The @n_bits (1 to 64) at bit @bit of @data, without their sign. */
uint64_t bits_load(const uint8_t *data, size_t bit, unsigned n_bits);
void bits_store(uint8_t *data, size_t bit, unsigned n_bits, uint64_t value);

/* The low @n_bits of @value as a signed number. */
static inline int64_t bits_signed(uint64_t value, unsigned n_bits)
{
	unsigned shift = 64 - n_bits;

	return (int64_t)(value << shift) >> shift;
}

#endif
