// SPDX-License-Identifier: GPL-2.0-only
/* per_cpu.c - adds up the numbers that a type consists of. */
#include "per_cpu.h"

#include <string.h>

#include "bits.h"
#include "leaves.h"

bool per_cpu_can_sum(const GArray *leaves)
{
	uint32_t end = 0;

	for (guint i = 0; i < leaves->len; i++) {
		const struct leaf *leaf = &g_array_index(leaves, struct leaf,
							 i);

		/* A bit field is a flag more often than a count. */
		if ((leaf->kind != VALUE_SIGNED &&
		     leaf->kind != VALUE_UNSIGNED) ||
		    leaf->is_bit_field || leaf->bit_offset < end)
			return false;
		end = leaf->bit_offset + leaf->n * leaf->n_bits;
	}
	return leaves->len > 0;
}

static bool sum_number(const struct leaf *leaf, size_t bit,
		       const uint8_t *parts, unsigned n_cpus, size_t part_bytes,
		       uint8_t *sum)
{
	unsigned n_bits = leaf->n_bits;
	__int128 total = 0;
	__int128 end = (__int128)1 << (leaf->is_signed ? n_bits - 1 : n_bits);

	for (unsigned cpu = 0; cpu < n_cpus; cpu++) {
		uint64_t part = bits_load(parts + cpu * part_bytes, bit,
					  n_bits);

		total += leaf->is_signed ? (__int128)bits_signed(part, n_bits)
					 : (__int128)part;
	}
	if (total >= end || (total < 0 && total < -end))
		return false;
	bits_store(sum, bit, n_bits, (uint64_t)total);
	return true;
}

bool per_cpu_sum(const GArray *leaves, const uint8_t *parts, unsigned n_cpus,
		 size_t part_bytes, uint8_t *sum)
{
	memset(sum, 0, part_bytes);
	for (guint i = 0; i < leaves->len; i++) {
		const struct leaf *leaf = &g_array_index(leaves, struct leaf,
							 i);

		for (uint32_t n = 0; n < leaf->n; n++)
			if (!sum_number(leaf,
					leaf->bit_offset +
						(size_t)n * leaf->n_bits,
					parts, n_cpus, part_bytes, sum))
				return false;
	}
	return true;
}
