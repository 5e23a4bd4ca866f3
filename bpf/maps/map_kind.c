// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_kind.c - the table of the kernel's map types. Numbers stand for types
 * that are newer than the headers of the oldest supported libbpf.
 */
#include "map_kind.h"

#include <glib.h>
#include <linux/bpf.h>

enum {
	TYPE_CGRP_STORAGE = 32, /* Linux 6.2 */
	TYPE_ARENA = 33,        /* Linux 6.9 */
	TYPE_INSN_ARRAY = 34,   /* Linux 6.19 */
};

#define KEYED(map_type, ...)                                               \
	{                                                                  \
		.type = map_type, .access = MAP_ACCESS_KEYS, ##__VA_ARGS__ \
	}
#define ARRAY(map_type, ...)                                                \
	{                                                                   \
		.type = map_type, .access = MAP_ACCESS_ARRAY, ##__VA_ARGS__ \
	}
#define QUEUE(map_type, ...)                                                \
	{                                                                   \
		.type = map_type, .access = MAP_ACCESS_QUEUE, ##__VA_ARGS__ \
	}
#define OPAQUE(map_type, text)                                            \
	{                                                                 \
		.type = map_type, .access = MAP_ACCESS_NONE, .what = text \
	}

static const struct map_kind kinds[] = {
	KEYED(BPF_MAP_TYPE_HASH),
	KEYED(BPF_MAP_TYPE_LRU_HASH),
	KEYED(BPF_MAP_TYPE_PERCPU_HASH, .is_per_cpu = true),
	KEYED(BPF_MAP_TYPE_LRU_PERCPU_HASH, .is_per_cpu = true),
	KEYED(BPF_MAP_TYPE_LPM_TRIE, .is_trie = true),
	KEYED(BPF_MAP_TYPE_STACK_TRACE, .is_stack_trace = true,
	      .is_read_only = true),
	KEYED(BPF_MAP_TYPE_CGROUP_STORAGE),
	KEYED(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, .is_per_cpu = true),
	/* Values with a descriptor in them: an index that is not set is not
	 * there, and zero means nothing. */
	KEYED(BPF_MAP_TYPE_DEVMAP),
	KEYED(BPF_MAP_TYPE_DEVMAP_HASH),
	KEYED(BPF_MAP_TYPE_CPUMAP),
	ARRAY(BPF_MAP_TYPE_ARRAY),
	ARRAY(BPF_MAP_TYPE_PERCPU_ARRAY, .is_per_cpu = true),
	QUEUE(BPF_MAP_TYPE_QUEUE,
	      .what = "a queue: only its oldest value can be read without "
		      "removing it"),
	QUEUE(BPF_MAP_TYPE_STACK,
	      .what = "a stack: only its newest value can be read without "
		      "removing it"),
	OPAQUE(BPF_MAP_TYPE_RINGBUF,
	       "a ring buffer: its records are events, not entries"),
	OPAQUE(BPF_MAP_TYPE_USER_RINGBUF,
	       "a user ring buffer: it takes records from user space"),
	OPAQUE(BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	       "a perf event array: its entries are perf events, a CPU each"),
	OPAQUE(BPF_MAP_TYPE_PROG_ARRAY,
	       "a program array: its entries are programs for tail calls"),
	OPAQUE(BPF_MAP_TYPE_ARRAY_OF_MAPS,
	       "an array of maps: its entries are maps"),
	OPAQUE(BPF_MAP_TYPE_HASH_OF_MAPS,
	       "a hash of maps: its entries are maps"),
	OPAQUE(BPF_MAP_TYPE_CGROUP_ARRAY,
	       "a cgroup array: its entries are cgroups, for tests only"),
	OPAQUE(BPF_MAP_TYPE_XSKMAP, "an XSK map: its entries are sockets"),
	OPAQUE(BPF_MAP_TYPE_SOCKMAP, "a socket map: its entries are sockets"),
	OPAQUE(BPF_MAP_TYPE_SOCKHASH, "a socket hash: its entries are sockets"),
	OPAQUE(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
	       "a reuseport socket array: its entries are sockets"),
	OPAQUE(BPF_MAP_TYPE_SK_STORAGE,
	       "socket storage: a value belongs to a socket, and is read by "
	       "the socket's descriptor"),
	OPAQUE(BPF_MAP_TYPE_INODE_STORAGE,
	       "inode storage: a value belongs to an inode, and is read by "
	       "the descriptor of an open file"),
	OPAQUE(BPF_MAP_TYPE_TASK_STORAGE,
	       "task storage: a value belongs to a task, and is read by the "
	       "task's pidfd"),
	OPAQUE(TYPE_CGRP_STORAGE,
	       "cgroup storage: a value belongs to a cgroup, and is read by "
	       "the cgroup's descriptor"),
	OPAQUE(BPF_MAP_TYPE_STRUCT_OPS,
	       "struct_ops: a table of functions for the kernel"),
	OPAQUE(BPF_MAP_TYPE_BLOOM_FILTER,
	       "a bloom filter: it says whether a value is in it, and cannot "
	       "be listed"),
	OPAQUE(TYPE_ARENA, "an arena: memory, without entries"),
	OPAQUE(TYPE_INSN_ARRAY, "an instruction array: targets of jumps"),
};

static const struct map_kind unknown = {
	.access = MAP_ACCESS_NONE,
	.what = "a map of a type that probefs does not know",
};

const struct map_kind *map_kind_get(uint32_t type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return &unknown;
}
