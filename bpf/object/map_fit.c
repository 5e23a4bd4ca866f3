/* SPDX-License-Identifier: GPL-2.0-only */
/* map_fit.c - owns the defaults for what a map does not say of itself. */
#include "map_fit.h"

#include <bpf/libbpf.h>
#include <glib.h>

#define N_ENTRIES        10240
#define N_RING_BYTES     (256 << 10)
#define N_STACK_FRAMES   127
#define MAX_STACK_SYSCTL "/proc/sys/kernel/perf_event_max_stack"

/* The kernel refuses a map of deeper stacks than it takes. */
static uint32_t stack_bytes(void)
{
	g_autofree char *text = NULL;
	guint64 n = N_STACK_FRAMES;

	if (g_file_get_contents(MAX_STACK_SYSCTL, &text, NULL, NULL))
		n = g_ascii_strtoull(text, NULL, 10);
	return (uint32_t)CLAMP(n, 1, N_STACK_FRAMES) * sizeof(uint64_t);
}

static uint32_t default_entries(enum bpf_map_type type)
{
/* Of the others, libbpf knows what there is to know. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return N_ENTRIES;
	case BPF_MAP_TYPE_RINGBUF:
		return N_RING_BYTES;
	default:
		return 0;
	}
#pragma GCC diagnostic pop
}

void map_fit(struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	if (bpf_map__is_internal(map))
		return;
	if (!bpf_map__max_entries(map) && default_entries(type))
		bpf_map__set_max_entries(map, default_entries(type));
	if (type == BPF_MAP_TYPE_STACK_TRACE && !bpf_map__value_size(map))
		bpf_map__set_value_size(map, stack_bytes());
}
