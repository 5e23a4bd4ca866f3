/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.h - the functions that an object puts into its program arrays:
 * ".values = {[2] = (void *)&tail}". Nothing of it is in the kernel.
 */
#ifndef PROBEFS_BPF_SLOTS_H
#define PROBEFS_BPF_SLOTS_H

#include <glib.h>
#include <stdint.h>

struct slot {
	char *map;      /* owned */
	char *function; /* owned */
	uint32_t index;
};

/*
 * The object without the relocations that name such functions, since libbpf
 * would have them loaded together with the maps; the functions are added to
 * @slots, which owns struct slot (see slots_new).
 */
GBytes *slots_take(GBytes *elf, GPtrArray *slots);

GPtrArray *slots_new(void);

#endif
