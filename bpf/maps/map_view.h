/* SPDX-License-Identifier: GPL-2.0-only */
/* map_view.h - what a view is made of, for the files of this folder alone. */
#ifndef PROBEFS_BPF_MAPS_MAP_VIEW_H
#define PROBEFS_BPF_MAPS_MAP_VIEW_H

#include <linux/bpf.h>

#include "bpf/print/value_type.h"
#include "maps.h"

struct map_kind;

struct map_view {
	char *name; /* owned */
	int fd;     /* owned */
	struct bpf_map_info info;
	const struct map_kind *kind;  /* borrowed */
	struct value_types *types;    /* owned */
	const struct value_type *key; /* borrowed, as the next ones */
	const struct value_type *value;
	/*
	 * What key and value are without the structures of one member around
	 * them: this is printed.
	 */
	const struct value_type *plain_key;
	const struct value_type *plain_value;
	struct value_type key_by_size, value_by_size, frame;
	GArray *key_leaves;           /* owned */
	GArray *value_leaves;         /* owned */
	enum map_histogram histogram; /* LOG2, LINEAR or NONE */
	/* Of an entry a histogram: the array in the value. */
	const struct value_type *slots;
	uint32_t slots_offset;                   /* in bytes */
	const struct value_member *slots_member; /* NULL: the whole value */
	/* Of an entry a slot: where it is in the key. NULL: the whole key. */
	const struct value_member *slot_member;
	bool can_sum; /* a per-CPU value, over CPUs */
};

#endif
