/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snapshot.h - all entries of a map, read into memory. Knows no types and no
 * text. No globals: any thread.
 */
#ifndef PROBEFS_BPF_MAPS_SNAPSHOT_H
#define PROBEFS_BPF_MAPS_SNAPSHOT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct bpf_map_info;

/*
 * Entry i has its key at keys + i * key_bytes and its value at
 * values + i * stride_bytes; a per-CPU map's value is n_cpus parts of
 * part_bytes each (the value's size rounded up to 8), which begin there. The
 * entries are in no order.
 */
struct snapshot {
	uint8_t *keys;   /* owned */
	uint8_t *values; /* owned */
	size_t n;
	size_t key_bytes; /* 0: a queue or a stack */
	size_t part_bytes;
	size_t stride_bytes;
	unsigned
		n_cpus; /* the possible CPUs; 1 for a map that is not per-CPU */
	size_t capacity;
	size_t max_bytes;
};

enum snapshot_flag {
	SNAPSHOT_ZEROS = 1 << 0,      /* with an array's entries of zeros */
	SNAPSHOT_NO_BATCH = 1 << 1,   /* as on kernels before 5.6 */
	SNAPSHOT_KEYS_ONLY = 1 << 2,  /* values are undefined */
	SNAPSHOT_TINY_BATCH = 1 << 3, /* begin with batches of one entry */
};

/*
 * Read the map @fd, of which @info (its type, key_size, value_size and
 * max_entries) is true. An entry that is deleted meanwhile may be there or
 * not, one that stays is there, and none is there twice. Keys and values take
 * at most @max_bytes. A queue or stack gives its next value, without a key.
 * A map whose entries cannot be read gives none. @name is for sentences.
 *
 * NULL: EFBIG when it is larger; otherwise the kernel's errno. The caller owns
 * the result.
 */
struct snapshot *snapshot_read(int fd, const struct bpf_map_info *info,
			       const char *name, unsigned flags,
			       size_t max_bytes, GError **error);
void snapshot_free(struct snapshot *snapshot); /* accepts NULL */

static inline const uint8_t *snapshot_key(const struct snapshot *snapshot,
					  size_t i)
{
	return snapshot->keys + i * snapshot->key_bytes;
}

static inline const uint8_t *snapshot_value(const struct snapshot *snapshot,
					    size_t i)
{
	return snapshot->values + i * snapshot->stride_bytes;
}

/*
 * The bytes that the kernel reads and writes for one value of the map: all
 * CPUs' parts for a per-CPU map. @n_cpus, @part_bytes may be NULL.
 */
size_t snapshot_value_bytes(const struct bpf_map_info *info, unsigned *n_cpus,
			    size_t *part_bytes);

#endif
