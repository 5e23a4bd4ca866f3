// SPDX-License-Identifier: GPL-2.0-only
/* snapshot.c - reading a map, in batches or entry by entry. */
#include "snapshot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/error.h"
#include "map_kind.h"

/* Entries a call: larger batches are not faster. */
#define BATCH_ENTRIES 16384

/* One reading. */
struct reader {
	struct snapshot *snapshot; /* borrowed */
	const struct map_kind *kind;
	const char *name;
	int fd;
	uint32_t max_entries;
	unsigned flags;
};

size_t snapshot_value_bytes(const struct bpf_map_info *info, unsigned *n_cpus,
			    size_t *part_bytes)
{
	bool is_per_cpu = map_kind_get(info->type)->is_per_cpu;
	int n = is_per_cpu ? libbpf_num_possible_cpus() : 1;
	/* The kernel pads each CPU's part to a multiple of 8. */
	size_t part = is_per_cpu ? (info->value_size + 7u) & ~(size_t)7
				 : info->value_size;

	if (n < 1)
		n = 1;
	if (n_cpus)
		*n_cpus = (unsigned)n;
	if (part_bytes)
		*part_bytes = part;
	return part * (unsigned)n;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	g_free(snapshot->keys);
	g_free(snapshot->values);
	g_free(snapshot);
}

static bool set_read_error(const struct reader *reader, int err, GError **error)
{
	if (err == EPERM)
		probefs_set_error(error, err,
				  "%s: the kernel does not let it be read; was "
				  "it created with BPF_F_WRONLY?",
				  reader->name);
	else
		probefs_set_error(error, err, "%s: cannot be read: %s",
				  reader->name, g_strerror(err));
	return false;
}

static void set_too_large(const struct reader *reader, GError **error)
{
	probefs_set_error(error, EFBIG,
			  "%s: its entries take more than the %zu bytes that a "
			  "snapshot may have",
			  reader->name, reader->snapshot->max_bytes);
}

/* Room for @n more entries, or as many as may be: at least one. */
static bool reserve(const struct reader *reader, size_t *n, GError **error)
{
	struct snapshot *s = reader->snapshot;
	size_t entry_bytes = s->key_bytes + s->stride_bytes;
	size_t limit = s->max_bytes / MAX(entry_bytes, 1);
	size_t wanted;

	if (s->n >= limit) {
		set_too_large(reader, error);
		return false;
	}
	*n = MIN(*n, limit - s->n);
	if (s->n + *n <= s->capacity)
		return true;
	wanted = MIN(MAX(s->n + *n, s->capacity * 2), limit);
	s->keys = g_realloc_n(s->keys, wanted, s->key_bytes);
	s->values = g_realloc_n(s->values, wanted, s->stride_bytes);
	s->capacity = wanted;
	return true;
}

/* In chunks: nearly all of an array is usually zero. */
static bool is_zero(const uint8_t *bytes, size_t n)
{
	uint64_t word;

	for (; n >= sizeof(word); n -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		if (word)
			return false;
	}
	while (n--)
		if (*bytes++)
			return false;
	return true;
}

/* @n entries more are there, behind the others; an array's zeros go. */
static void accept_entries(const struct reader *reader, size_t n)
{
	struct snapshot *s = reader->snapshot;
	size_t at = s->n;

	if (reader->kind->access != MAP_ACCESS_ARRAY ||
	    (reader->flags & SNAPSHOT_ZEROS)) {
		s->n += n;
		return;
	}
	for (size_t i = at; i < at + n; i++) {
		if (is_zero(snapshot_value(s, i), s->stride_bytes))
			continue;
		if (s->n != i) {
			memcpy(s->keys + s->n * s->key_bytes,
			       snapshot_key(s, i), s->key_bytes);
			memcpy(s->values + s->n * s->stride_bytes,
			       snapshot_value(s, i), s->stride_bytes);
		}
		s->n++;
	}
}

enum batch_result { BATCH_OK, BATCH_FAILED, BATCH_UNSUPPORTED };

/*
 * One batch after another. A hash gives whole buckets, and ENOSPC when the
 * next one alone has more entries than there is room for. Any other error is
 * left to the reading entry by entry, which has a reason to name or none: a
 * map type without batches answers ENOTSUPP, a kernel without them EINVAL,
 * and the generic implementation EINTR or EAGAIN when an entry went away.
 */
static enum batch_result read_batches(const struct reader *reader,
				      GError **error)
{
	struct snapshot *s = reader->snapshot;
	/* A position is a key, or a hash's 32-bit number of a bucket. */
	size_t position_bytes = MAX(s->key_bytes, sizeof(uint32_t));
	g_autofree void *position = g_malloc0(position_bytes);
	g_autofree void *next = g_malloc0(position_bytes);
	size_t wanted = (reader->flags & SNAPSHOT_TINY_BATCH)
				? 1
				: CLAMP(reader->max_entries, 1, BATCH_ENTRIES);
	bool is_first = true;

	for (;;) {
		size_t room = wanted;
		uint32_t count;
		int err;

		if (!reserve(reader, &room, error))
			return BATCH_FAILED;
		count = (uint32_t)room;
		err = -bpf_map_lookup_batch(reader->fd,
					    is_first ? NULL : position, next,
					    s->keys + s->n * s->key_bytes,
					    s->values + s->n * s->stride_bytes,
					    &count, NULL);
		if (err == ENOSPC && room == wanted &&
		    wanted <= 2 * (size_t)reader->max_entries) {
			wanted *= 2;
			continue;
		}
		if (err == ENOSPC) {
			/* The next bucket does not fit. */
			set_too_large(reader, error);
			return BATCH_FAILED;
		}
		if (err && err != ENOENT)
			return BATCH_UNSUPPORTED;
		accept_entries(reader, MIN(count, room));
		if (err == ENOENT)
			return BATCH_OK;
		memcpy(position, next, position_bytes);
		is_first = false;
	}
}

static guint hash_bytes(const uint8_t *bytes, size_t n)
{
	guint hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash ^ hash >> 15;
}

/*
 * When the key that a step starts from has been deleted, the kernel begins
 * again with the first one. Of a key that was read twice, keep the first. The
 * table is open-addressed: numbers of entries, plus one.
 */
static void drop_duplicates(struct snapshot *s)
{
	size_t n_slots = 16, n = s->n;
	g_autofree uint32_t *slots = NULL;

	while (n_slots < n * 2)
		n_slots *= 2;
	slots = g_new0(uint32_t, n_slots);
	s->n = 0;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *key = snapshot_key(s, i);
		size_t slot = hash_bytes(key, s->key_bytes) & (n_slots - 1);

		while (slots[slot] && memcmp(snapshot_key(s, slots[slot] - 1),
					     key, s->key_bytes) != 0)
			slot = (slot + 1) & (n_slots - 1);
		if (slots[slot])
			continue;
		memmove(s->keys + s->n * s->key_bytes, key, s->key_bytes);
		memmove(s->values + s->n * s->stride_bytes,
			snapshot_value(s, i), s->stride_bytes);
		slots[slot] = (uint32_t)++s->n;
	}
}

/* The value of @key, behind the others; it is left out when it has gone. */
static bool read_entry(const struct reader *reader, const void *key,
		       GError **error)
{
	struct snapshot *s = reader->snapshot;
	size_t one = 1;
	int err = 0;

	if (!reserve(reader, &one, error))
		return false;
	memcpy(s->keys + s->n * s->key_bytes, key, s->key_bytes);
	if (!(reader->flags & SNAPSHOT_KEYS_ONLY))
		err = -bpf_map_lookup_elem(reader->fd, key,
					   s->values + s->n * s->stride_bytes);
	if (err && err != ENOENT)
		return set_read_error(reader, err, error);
	if (!err)
		accept_entries(reader, 1);
	return true;
}

/*
 * Restarts (see above) are bounded: a map of which entries are deleted faster
 * than it is read would be read for ever.
 */
static bool read_one_by_one(const struct reader *reader, GError **error)
{
	struct snapshot *s = reader->snapshot;
	g_autofree uint8_t *key = g_malloc0(s->key_bytes);
	g_autofree uint8_t *next = g_malloc0(s->key_bytes);
	/* A cgroup storage has 0 entries at most, and some. */
	uint64_t n_steps_left = 4 * (uint64_t)reader->max_entries + (1 << 20);
	bool is_first = true;
	int err;

	s->n = 0;
	while (n_steps_left--) {
		err = -bpf_map_get_next_key(reader->fd, is_first ? NULL : key,
					    next);
		if (err == ENOENT)
			break;
		if (err)
			return set_read_error(reader, err, error);
		if (!read_entry(reader, next, error))
			return false;
		memcpy(key, next, s->key_bytes);
		is_first = false;
	}
	if (reader->kind->access == MAP_ACCESS_KEYS)
		drop_duplicates(s);
	return true;
}

/* Looking a value up without a key shows the next one and leaves it there. */
static bool peek(const struct reader *reader, GError **error)
{
	struct snapshot *s = reader->snapshot;
	size_t one = 1;
	int err;

	if (!reserve(reader, &one, error))
		return false;
	err = -bpf_map_lookup_elem(reader->fd, NULL, s->values);
	if (err && err != ENOENT)
		return set_read_error(reader, err, error);
	s->n = err ? 0 : 1;
	return true;
}

static bool read_entries(const struct reader *reader, GError **error)
{
	if (reader->kind->access == MAP_ACCESS_NONE)
		return true;
	if (reader->kind->access == MAP_ACCESS_QUEUE)
		return peek(reader, error);
	if (!(reader->flags & (SNAPSHOT_NO_BATCH | SNAPSHOT_KEYS_ONLY))) {
		enum batch_result result = read_batches(reader, error);

		if (result != BATCH_UNSUPPORTED)
			return result == BATCH_OK;
	}
	return read_one_by_one(reader, error);
}

struct snapshot *snapshot_read(int fd, const struct bpf_map_info *info,
			       const char *name, unsigned flags,
			       size_t max_bytes, GError **error)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);
	struct reader reader = {
		.snapshot = snapshot,
		.kind = map_kind_get(info->type),
		.name = name,
		.fd = fd,
		.max_entries = info->max_entries,
		.flags = flags,
	};

	snapshot->key_bytes = info->key_size;
	snapshot->max_bytes = max_bytes;
	snapshot->stride_bytes = snapshot_value_bytes(info, &snapshot->n_cpus,
						      &snapshot->part_bytes);
	if (read_entries(&reader, error))
		return snapshot;
	snapshot_free(snapshot);
	return NULL;
}
