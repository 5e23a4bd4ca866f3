/* SPDX-License-Identifier: GPL-2.0-only */
/* per_cpu.h - the parts of a per-CPU value, added up. */
#ifndef PROBEFS_BPF_MAPS_PER_CPU_H
#define PROBEFS_BPF_MAPS_PER_CPU_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Are the leaves (struct leaf) numbers, none in another's place? */
bool per_cpu_can_sum(const GArray *leaves);

/*
 * To @sum, of one part's size and zeroed here, the sum of the @n_cpus parts at
 * @parts, each of @part_bytes. False: a sum does not fit in its member.
 */
bool per_cpu_sum(const GArray *leaves, const uint8_t *parts, unsigned n_cpus,
		 size_t part_bytes, uint8_t *sum);

#endif
