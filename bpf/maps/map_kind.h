/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_kind.h - the map types of the kernel, as far as reading and writing
 * their entries differs. Calls no kernel function; any thread.
 */
#ifndef PROBEFS_BPF_MAPS_MAP_KIND_H
#define PROBEFS_BPF_MAPS_MAP_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum map_access {
	MAP_ACCESS_NONE,  /* the kernel gives user space no entries */
	MAP_ACCESS_KEYS,  /* keys that come and go: hashes, tries */
	MAP_ACCESS_ARRAY, /* all keys from 0 are there, and stay */
	MAP_ACCESS_QUEUE, /* no keys; the next value can be looked at */
};

struct map_kind {
	uint32_t type; /* enum bpf_map_type */
	enum map_access access;
	bool is_per_cpu;
	bool is_trie;
	bool is_stack_trace;
	bool is_read_only; /* programs write it, user space does not */
	/*
	 * "a ring buffer: …", for types whose entries are not shown or not
	 * all shown; NULL for the others. Without a newline.
	 */
	const char *what;
};

/* Never NULL: an unknown type is one whose entries cannot be read. */
const struct map_kind *map_kind_get(uint32_t type);

#endif
