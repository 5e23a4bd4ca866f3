// SPDX-License-Identifier: GPL-2.0-only
/*
 * bits.c - bit fields. On a little-endian machine the first bit is a byte's
 * lowest and a number's lowest, on a big-endian one the highest of both.
 */
#include "bits.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static bool is_whole_bytes(size_t bit, unsigned n_bits)
{
	return bit % 8 == 0 && n_bits % 8 == 0;
}

/* Where bit @i of the number, counted from its lowest, is in memory. */
static size_t bit_place(size_t bit, unsigned n_bits, unsigned i, uint8_t *mask)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
	size_t at = bit + i;

	*mask = (uint8_t)(1u << at % 8);
#else
	size_t at = bit + n_bits - 1 - i;

	*mask = (uint8_t)(0x80u >> at % 8);
#endif
	return at / 8;
}

uint64_t bits_load(const uint8_t *data, size_t bit, unsigned n_bits)
{
	uint64_t value = 0;
	uint8_t mask;

	if (is_whole_bytes(bit, n_bits)) {
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
		memcpy(&value, data + bit / 8, n_bits / 8);
#else
		memcpy((uint8_t *)&value + 8 - n_bits / 8, data + bit / 8,
		       n_bits / 8);
#endif
		return value;
	}
	for (unsigned i = 0; i < n_bits; i++)
		if (data[bit_place(bit, n_bits, i, &mask)] & mask)
			value |= 1ull << i;
	return value;
}

void bits_store(uint8_t *data, size_t bit, unsigned n_bits, uint64_t value)
{
	uint8_t mask;

	for (unsigned i = 0; i < n_bits; i++) {
		uint8_t *byte = data + bit_place(bit, n_bits, i, &mask);

		*byte = (uint8_t)((value >> i & 1) ? *byte | mask
						   : *byte & ~mask);
	}
}
