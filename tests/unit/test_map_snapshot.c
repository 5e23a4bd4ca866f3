// SPDX-License-Identifier: GPL-2.0-only
/* Maps of every readable type, read whole. Needs to create maps: root. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "bpf/maps/snapshot.h"

#define LARGE (64u << 20)

struct fixture {
	int fd;
	struct bpf_map_info info;
};

static struct fixture make_map(enum bpf_map_type type, uint32_t key_bytes,
			       uint32_t value_bytes, uint32_t n, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	struct fixture f = {};
	uint32_t n_bytes = sizeof(f.info);

	f.fd = bpf_map_create(type, "test", key_bytes, value_bytes, n,
			      &options);
	if (f.fd < 0)
		g_error("bpf_map_create of type %d: %s", type,
			g_strerror(errno));
	g_assert_cmpint(bpf_obj_get_info_by_fd(f.fd, &f.info, &n_bytes), ==, 0);
	return f;
}

static struct snapshot *read_map(const struct fixture *f, unsigned flags)
{
	GError *error = NULL;
	struct snapshot *s = snapshot_read(f->fd, &f->info, "test", flags,
					   LARGE, &error);

	g_assert_no_error(error);
	return s;
}

static uint32_t key_at(const struct snapshot *s, size_t i)
{
	uint32_t key;

	memcpy(&key, snapshot_key(s, i), sizeof(key));
	return key;
}

static uint64_t u64_at(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* @n entries, each key once, its value the triple. */
static void assert_triples(struct snapshot *s, uint32_t n)
{
	g_autofree bool *seen = g_new0(bool, n);

	g_assert_cmpuint(s->n, ==, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t key = key_at(s, i);

		g_assert_cmpuint(key, <, n);
		g_assert_false(seen[key]);
		seen[key] = true;
		g_assert_cmpuint(u64_at(snapshot_value(s, i)), ==, key * 3ull);
	}
	snapshot_free(s);
}

static void fill_triples(const struct fixture *f, uint32_t n)
{
	for (uint32_t key = 0; key < n; key++) {
		uint64_t value = key * 3ull;

		g_assert_cmpint(bpf_map_update_elem(f->fd, &key, &value, 0), ==,
				0);
	}
}

static void test_hash(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_HASH, 4, 8, 50000, 0);

	assert_triples(read_map(&f, 0), 0);
	fill_triples(&f, 50000);
	assert_triples(read_map(&f, 0), 50000);
	assert_triples(read_map(&f, SNAPSHOT_NO_BATCH), 50000);
	close(f.fd);
}

/* A bucket that has more entries than the batch has room for: ENOSPC. */
static void test_hash_bucket_larger_than_batch(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_HASH, 4, 8, 3000, 0);

	fill_triples(&f, 3000);
	assert_triples(read_map(&f, SNAPSHOT_TINY_BATCH), 3000);
	close(f.fd);
}

static void test_array_skips_zeros(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 40000, 0);
	static const uint32_t keys[] = {0, 7, 16384, 39999};
	static const unsigned ways[] = {0, SNAPSHOT_NO_BATCH};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		uint64_t value = keys[i] + 1;

		bpf_map_update_elem(f.fd, &keys[i], &value, 0);
	}
	for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
		struct snapshot *s = read_map(&f, ways[way]);

		g_assert_cmpuint(s->n, ==, G_N_ELEMENTS(keys));
		for (size_t i = 0; i < s->n; i++) {
			g_assert_cmpuint(key_at(s, i), ==, keys[i]);
			g_assert_cmpuint(u64_at(snapshot_value(s, i)), ==,
					 keys[i] + 1);
		}
		snapshot_free(s);
		s = read_map(&f, ways[way] | SNAPSHOT_ZEROS);
		g_assert_cmpuint(s->n, ==, 40000);
		snapshot_free(s);
	}
	close(f.fd);
}

static void check_per_cpu(enum bpf_map_type type, unsigned flags)
{
	struct fixture f = make_map(type, 4, 4, 100, 0);
	unsigned n_cpus;
	size_t part_bytes;
	size_t n_bytes = snapshot_value_bytes(&f.info, &n_cpus, &part_bytes);
	g_autofree uint8_t *value = g_malloc0(n_bytes);
	struct snapshot *s;
	uint32_t key = 5;

	g_assert_cmpuint(part_bytes, ==, 8);
	g_assert_cmpuint(n_bytes, ==, 8 * n_cpus);
	for (unsigned cpu = 0; cpu < n_cpus; cpu++)
		value[cpu * 8] = (uint8_t)(cpu + 1);
	g_assert_cmpint(bpf_map_update_elem(f.fd, &key, value, 0), ==, 0);
	s = read_map(&f, flags);
	g_assert_cmpuint(s->n, ==, 1);
	g_assert_cmpuint(key_at(s, 0), ==, 5);
	for (unsigned cpu = 0; cpu < n_cpus; cpu++)
		g_assert_cmpuint(snapshot_value(s, 0)[cpu * 8], ==, cpu + 1);
	snapshot_free(s);
	close(f.fd);
}

static void test_per_cpu(void)
{
	check_per_cpu(BPF_MAP_TYPE_PERCPU_HASH, 0);
	check_per_cpu(BPF_MAP_TYPE_PERCPU_HASH, SNAPSHOT_NO_BATCH);
	check_per_cpu(BPF_MAP_TYPE_LRU_PERCPU_HASH, 0);
	check_per_cpu(BPF_MAP_TYPE_PERCPU_ARRAY, 0);
	check_per_cpu(BPF_MAP_TYPE_PERCPU_ARRAY, SNAPSHOT_NO_BATCH);
}

static void test_trie(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 10,
				    BPF_F_NO_PREALLOC);
	static const uint8_t keys[][8] = {{8, 0, 0, 0, 10},
					  {24, 0, 0, 0, 10, 1, 2}};
	uint64_t value = 4;

	for (size_t i = 0; i < 2; i++)
		bpf_map_update_elem(f.fd, keys[i], &value, 0);
	for (unsigned flags = 0; flags <= SNAPSHOT_NO_BATCH;
	     flags += SNAPSHOT_NO_BATCH) {
		struct snapshot *s = read_map(&f, flags);

		g_assert_cmpuint(s->n, ==, 2);
		g_assert_true(memcmp(snapshot_key(s, 0), keys[0], 8) == 0 ||
			      memcmp(snapshot_key(s, 0), keys[1], 8) == 0);
		snapshot_free(s);
	}
	close(f.fd);
}

static void check_queue(enum bpf_map_type type, uint64_t expected)
{
	struct fixture f = make_map(type, 0, 8, 10, 0);
	struct snapshot *s = read_map(&f, 0);

	g_assert_cmpuint(s->n, ==, 0);
	snapshot_free(s);
	for (uint64_t value = 11; value <= 12; value++)
		bpf_map_update_elem(f.fd, NULL, &value, 0);
	for (int i = 0; i < 2; i++) {
		s = read_map(&f, 0);
		g_assert_cmpuint(s->n, ==, 1);
		g_assert_cmpuint(u64_at(s->values), ==, expected);
		snapshot_free(s);
	}
	close(f.fd);
}

static void test_queue_is_left_alone(void)
{
	check_queue(BPF_MAP_TYPE_QUEUE, 11);
	check_queue(BPF_MAP_TYPE_STACK, 12);
}

static void test_unreadable_types(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);

	assert_triples(read_map(&f, 0), 0);
	close(f.fd);
}

static void test_limit(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_HASH, 4, 8, 5000, 0);
	g_autoptr(GError) error = NULL;
	struct snapshot *s;

	fill_triples(&f, 5000);
	s = snapshot_read(f.fd, &f.info, "counts", 0, 59999, &error);
	g_assert_null(s);
	g_assert_error(error, PROBEFS_ERROR, EFBIG);
	g_assert_cmpstr(error->message, ==,
			"counts: its entries take more than the 59999 bytes "
			"that a snapshot may have");
	close(f.fd);
}

static void test_write_only(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_HASH, 4, 8, 5, BPF_F_WRONLY);
	g_autoptr(GError) error = NULL;

	g_assert_null(snapshot_read(f.fd, &f.info, "counts", 0, LARGE, &error));
	g_assert_error(error, PROBEFS_ERROR, EPERM);
	close(f.fd);
}

/* Deletes and inserts the upper half until told to stop. */
struct churn {
	int fd;
	int stop;
};

static void *churn(void *data)
{
	struct churn *c = data;

	while (!g_atomic_int_get(&c->stop))
		for (uint32_t key = 2000; key < 4000; key++) {
			uint64_t value = key * 3ull;

			bpf_map_delete_elem(c->fd, &key);
			bpf_map_update_elem(c->fd, &key, &value, 0);
		}
	return NULL;
}

static void assert_stable_half(struct snapshot *s)
{
	g_autofree unsigned *seen = g_new0(unsigned, 4000);

	for (size_t i = 0; i < s->n; i++)
		seen[key_at(s, i)]++;
	for (uint32_t key = 0; key < 4000; key++)
		g_assert_cmpuint(seen[key], <=, 1);
	for (uint32_t key = 0; key < 2000; key++)
		g_assert_cmpuint(seen[key], ==, 1);
	snapshot_free(s);
}

static void test_entries_vanish(void)
{
	struct fixture f = make_map(BPF_MAP_TYPE_HASH, 4, 8, 4000, 0);
	struct churn c = {.fd = f.fd};
	GThread *thread;

	fill_triples(&f, 4000);
	thread = g_thread_new("churn", churn, &c);
	for (int i = 0; i < 50; i++)
		assert_stable_half(read_map(&f, 0));
	g_atomic_int_set(&c.stop, 1);
	g_thread_join(thread);
	close(f.fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (geteuid() != 0)
		return 77; /* skipped, for meson */
	g_test_add_func("/snapshot/hash", test_hash);
	g_test_add_func("/snapshot/hash_bucket_larger_than_batch",
			test_hash_bucket_larger_than_batch);
	g_test_add_func("/snapshot/array_skips_zeros", test_array_skips_zeros);
	g_test_add_func("/snapshot/per_cpu", test_per_cpu);
	g_test_add_func("/snapshot/trie", test_trie);
	g_test_add_func("/snapshot/queue_is_left_alone",
			test_queue_is_left_alone);
	g_test_add_func("/snapshot/unreadable_types", test_unreadable_types);
	g_test_add_func("/snapshot/limit", test_limit);
	g_test_add_func("/snapshot/write_only", test_write_only);
	g_test_add_func("/snapshot/entries_vanish", test_entries_vanish);
	return g_test_run();
}
