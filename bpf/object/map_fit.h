/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_fit.h - the sizes that a program leaves to its loader.
 */
#ifndef PROBEFS_BPF_MAP_FIT_H
#define PROBEFS_BPF_MAP_FIT_H

struct bpf_map;

/*
 * Give @map, not made yet, the number of entries and the size of a stack that
 * its program left open: programs of libbpf count on a main() of their own
 * for that. BCC's default for entries.
 */
void map_fit(struct bpf_map *map);

#endif
