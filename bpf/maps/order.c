// SPDX-License-Identifier: GPL-2.0-only
/*
 * order.c - sorting by keys. Each key is rewritten as bytes whose order is
 * the order of the keys: numbers with the highest byte first, signed ones with
 * the sign turned over, member after member. The first eight of these bytes
 * are sorted as a number, by radix; few keys need the rest.
 */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "leaves.h"
#include "map_kind.h"
#include "map_view.h"
#include "snapshot.h"

#define N_PASSES 8 /* bytes of a prefix */

struct record {
	uint64_t prefix;
	uint32_t index;
};

/* The rewritten keys. */
struct rewritten {
	uint8_t *bytes; /* owned; NULL where prefixes say all */
	size_t n_bytes; /* of a key */
};

static size_t leaf_bytes(const struct leaf *leaf)
{
	return (leaf->n_bits + 7) / 8;
}

static size_t rewritten_bytes(const GArray *leaves)
{
	size_t n_bytes = 0;

	for (guint i = 0; i < leaves->len; i++) {
		const struct leaf *leaf = &g_array_index(leaves, struct leaf,
							 i);

		n_bytes += leaf->n * leaf_bytes(leaf);
	}
	return n_bytes;
}

static uint8_t *rewrite_number(const struct leaf *leaf, size_t bit,
			       const uint8_t *key, uint8_t *out)
{
	uint64_t value = bits_load(key, bit, leaf->n_bits);
	size_t n_bytes = leaf_bytes(leaf);

	if (leaf->is_signed)
		value ^= 1ull << (leaf->n_bits - 1);
	for (size_t i = n_bytes; i-- > 0; value >>= 8)
		out[i] = (uint8_t)value;
	return out + n_bytes;
}

static void rewrite(const GArray *leaves, const uint8_t *key, uint8_t *out)
{
	for (guint i = 0; i < leaves->len; i++) {
		const struct leaf *leaf = &g_array_index(leaves, struct leaf,
							 i);

		if (leaf->kind == VALUE_STRING || leaf->kind == VALUE_BYTES) {
			memcpy(out, key + leaf->bit_offset / 8,
			       leaf_bytes(leaf));
			out += leaf_bytes(leaf);
			continue;
		}
		for (uint32_t n = 0; n < leaf->n; n++)
			out = rewrite_number(leaf,
					     leaf->bit_offset +
						     (size_t)n * leaf->n_bits,
					     key, out);
	}
}

static uint64_t load_prefix(const uint8_t *bytes)
{
	uint64_t prefix;

	memcpy(&prefix, bytes, sizeof(prefix));
	return GUINT64_FROM_BE(prefix);
}

/* Most keys are one number: its prefix without a detour through bytes. */
static void fill_from_numbers(struct record *records, const struct leaf *leaf,
			      const struct snapshot *snapshot)
{
	uint64_t sign = leaf->is_signed ? 1ull << (leaf->n_bits - 1) : 0;

	for (size_t i = 0; i < snapshot->n; i++)
		records[i] = (struct record){
			.prefix = bits_load(snapshot_key(snapshot, i),
					    leaf->bit_offset, leaf->n_bits) ^
				  sign,
			.index = (uint32_t)i,
		};
}

static void fill_records(struct record *records, const GArray *leaves,
			 const struct snapshot *snapshot,
			 struct rewritten *rewritten)
{
	size_t n_bytes = MAX(rewritten_bytes(leaves), 8);
	bool is_kept = n_bytes > 8;

	rewritten->n_bytes = n_bytes;
	rewritten->bytes = g_malloc0_n(is_kept ? snapshot->n : 1, n_bytes);
	for (size_t i = 0; i < snapshot->n; i++) {
		uint8_t *out = rewritten->bytes + (is_kept ? i * n_bytes : 0);

		rewrite(leaves, snapshot_key(snapshot, i), out);
		records[i] = (struct record){.prefix = load_prefix(out),
					     .index = (uint32_t)i};
	}
	if (!is_kept)
		g_clear_pointer(&rewritten->bytes, g_free);
}

static bool is_sorted(const struct record *records, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (records[i - 1].prefix > records[i].prefix)
			return false;
	return true;
}

static void radix_pass(const struct record *from, struct record *to, size_t n,
		       unsigned shift, const size_t counts[256])
{
	size_t starts[256], sum = 0;

	for (unsigned i = 0; i < 256; i++) {
		starts[i] = sum;
		sum += counts[i];
	}
	for (size_t i = 0; i < n; i++)
		to[starts[from[i].prefix >> shift & 255]++] = from[i];
}

/* By prefix, from the lowest byte up; a byte that is the same in all is left
 * out. Returns the one of the two arrays that has the result. */
static struct record *radix_sort(struct record *records, struct record *other,
				 size_t n)
{
	g_autofree size_t(*counts)[256] = g_malloc0(N_PASSES * sizeof(*counts));

	if (is_sorted(records, n))
		return records;
	for (size_t i = 0; i < n; i++)
		for (unsigned pass = 0; pass < N_PASSES; pass++)
			counts[pass][records[i].prefix >> 8 * pass & 255]++;
	for (unsigned pass = 0; pass < N_PASSES; pass++) {
		struct record *swap = records;

		if (counts[pass][records[0].prefix >> 8 * pass & 255] == n)
			continue;
		radix_pass(records, other, n, 8 * pass, counts[pass]);
		records = other;
		other = swap;
	}
	return records;
}

static int compare_rest(const void *a, const void *b, void *data)
{
	const struct rewritten *rewritten = data;
	const struct record *x = a, *y = b;

	return memcmp(rewritten->bytes + x->index * rewritten->n_bytes + 8,
		      rewritten->bytes + y->index * rewritten->n_bytes + 8,
		      rewritten->n_bytes - 8);
}

static void sort_equal_prefixes(struct record *records, size_t n,
				struct rewritten *rewritten)
{
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (records[end].prefix != records[i].prefix)
				break;
		if (end - i > 1)
			qsort_r(records + i, end - i, sizeof(*records),
				compare_rest, rewritten);
	}
}

/* A trie's address first, then the length of the prefix. */
static GArray *trie_leaves(size_t key_bytes)
{
	GArray *leaves = g_array_new(FALSE, FALSE, sizeof(struct leaf));
	struct leaf parts[] = {
		{.kind = VALUE_BYTES,
		 .bit_offset = 32,
		 .n_bits = (uint32_t)(key_bytes - 4) * 8,
		 .n = 1},
		{.kind = VALUE_UNSIGNED, .n_bits = 32, .n = 1},
	};

	return g_array_append_vals(leaves, parts, G_N_ELEMENTS(parts));
}

static bool is_number(const GArray *leaves)
{
	const struct leaf *leaf = &g_array_index(leaves, struct leaf, 0);

	return leaves->len == 1 && leaf->n == 1 && leaf->kind != VALUE_STRING &&
	       leaf->kind != VALUE_BYTES;
}

uint32_t *order_new(const struct map_view *view,
		    const struct snapshot *snapshot)
{
	size_t n = snapshot->n;
	g_autofree struct record *records = g_new(struct record, n);
	g_autofree struct record *other = g_new(struct record, n);
	g_autoptr(GArray) leaves = view->kind->is_trie
					   ? trie_leaves(snapshot->key_bytes)
					   : g_array_ref(view->key_leaves);
	struct rewritten rewritten = {};
	struct record *sorted;
	uint32_t *order = g_new(uint32_t, n);

	if (is_number(leaves))
		fill_from_numbers(records,
				  &g_array_index(leaves, struct leaf, 0),
				  snapshot);
	else
		fill_records(records, leaves, snapshot, &rewritten);
	sorted = n ? radix_sort(records, other, n) : records;
	if (rewritten.bytes)
		sort_equal_prefixes(sorted, n, &rewritten);
	for (size_t i = 0; i < n; i++)
		order[i] = sorted[i].index;
	g_free(rewritten.bytes);
	return order;
}
