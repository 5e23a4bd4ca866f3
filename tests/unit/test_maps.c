// SPDX-License-Identifier: GPL-2.0-only
/* Maps as text and as JSON. Needs to create maps: root. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "map_fixture.h"

static void test_numbers_sorted(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_HASH, t.s32, t.s64, 4, 8, 10));
	static const int32_t keys[] = {100000, -1, 7, 0, -70000, 256};

	assert_renders(&f, MAP_TEXT, "");
	assert_renders(&f, MAP_JSON, "[]\n");
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		int64_t value = -2ll * keys[i];

		map_fixture_set(&f, &keys[i], &value);
	}
	assert_renders(&f, MAP_TEXT,
		       "-70000\t140000\n-1\t2\n0\t0\n7\t-14\n256\t-512\n"
		       "100000\t-200000\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

struct key {
	uint32_t pid;
	char comm[16];
	uint32_t state;
};

static int add_key(struct map_types *t)
{
	int comm = map_types_array(t, t->chr, 16);
	int id = btf__add_struct(t->btf, "key", sizeof(struct key));

	btf__add_field(t->btf, "pid", t->u32, 0, 0);
	btf__add_field(t->btf, "comm", comm, 32, 0);
	btf__add_field(t->btf, "state", t->state, 160, 0);
	return id;
}

struct traffic {
	uint64_t bytes;
	uint8_t flags : 3;
	uint8_t mac[6];
};

static int add_traffic(struct map_types *t)
{
	int mac = map_types_array(t, t->u8, 6);
	int id = btf__add_struct(t->btf, "traffic", sizeof(struct traffic));

	btf__add_field(t->btf, "bytes", t->u64, 0, 0);
	btf__add_field(t->btf, "flags", t->u8, 64, 3);
	btf__add_field(t->btf, "mac", mac, 72, 0);
	return id;
}

static void test_structures(void)
{
	struct map_types t = map_types_new();
	int key = add_key(&t), value = add_traffic(&t);
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_HASH, key, value, sizeof(struct key),
			      sizeof(struct traffic), 10));
	struct key keys[] = {{7, "bash", 2},
			     {7, "Web Content", 1},
			     {7, "bash", 1},
			     {6, "zsh", 9}};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		struct traffic traffic = {.bytes = UINT64_MAX - i,
					  .flags = 5,
					  .mac = {1, 2, 255}};

		map_fixture_set(&f, &keys[i], &traffic);
	}
	assert_renders(
		&f, MAP_TEXT,
		"pid=6 comm=zsh state=9\t"
		"bytes=18446744073709551612 flags=5 mac=[1 2 255 0 0 0]\n"
		"pid=7 comm=\"Web Content\" state=OPEN\t"
		"bytes=18446744073709551614 flags=5 mac=[1 2 255 0 0 0]\n"
		"pid=7 comm=bash state=OPEN\t"
		"bytes=18446744073709551613 flags=5 mac=[1 2 255 0 0 0]\n"
		"pid=7 comm=bash state=CLOSED\t"
		"bytes=18446744073709551615 flags=5 mac=[1 2 255 0 0 0]\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_structure_of_one_member(void)
{
	struct map_types t = map_types_new();
	int name = map_types_array(&t, t.chr, 8);
	int key = btf__add_struct(t.btf, "key", 8);
	struct map_fixture f;
	uint64_t value = 3;

	btf__add_field(t.btf, "name", name, 0, 0);
	f = map_fixture_new(&t,
			    map_shape(BPF_MAP_TYPE_HASH, key, t.u64, 8, 8, 10));
	map_fixture_set(&f, "read\0\0\0", &value);
	map_fixture_set(&f, "!\"\\\t\xff\0\0", &value);
	map_fixture_set(&f, "a\0b\0\0\0\0", &value);
	map_fixture_set(&f, "\0\0\0\0\0\0\0", &value);
	assert_renders(&f, MAP_TEXT,
		       "\"\"\t3\n\"!\\\"\\x5c\\x09\\xff\"\t3\n"
		       "a\\x00b\t3\nread\t3\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_types_missing(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_HASH, 0, 0, 2, 3, 10));
	uint16_t key = 300;

	map_fixture_set(&f, &key, "\x01\xff\x10");
	key = 5;
	map_fixture_set(&f, &key, "\x02\x00\x00");
	assert_renders(&f, MAP_TEXT, "5\t020000\n300\t01ff10\n");
	map_fixture_clear(&f);
	f = map_fixture_new(NULL,
			    map_shape(BPF_MAP_TYPE_HASH, 0, 0, 12, 8, 10));
	map_fixture_set(&f, "bbbbbbbbbbba", "\x02\0\0\0\0\0\0\0");
	map_fixture_set(&f, "bbbbbbbbbbb\0", "\x03\0\0\0\0\0\0\0");
	assert_renders(&f, MAP_TEXT,
		       "626262626262626262626200\t3\n"
		       "626262626262626262626261\t2\n");
	map_fixture_clear(&f);
}

/* Types that are not of the sizes that the map has. */
static void test_types_of_other_size(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_HASH, t.s64, 9999, 4, 8, 10));
	int32_t key = -1;
	uint64_t value = 1;

	map_fixture_set(&f, &key, &value);
	assert_renders(&f, MAP_TEXT, "4294967295\t1\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_array(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_ARRAY, t.u32, t.state, 4, 4, 4));
	uint32_t key = 2, value = 1;

	map_fixture_set(&f, &key, &value);
	assert_renders(&f, MAP_TEXT, "2\tOPEN\n");
	assert_renders(&f, MAP_ALL, "0\t0\n1\t0\n2\tOPEN\n3\t0\n");
	g_assert_true(map_has_form(BPF_MAP_TYPE_ARRAY, MAP_ALL));
	g_assert_false(map_has_form(BPF_MAP_TYPE_ARRAY, MAP_PERCPU));
	map_fixture_clear(&f);
	btf__free(t.btf);
}

/* A value whose part on CPU n is @parts[n], for the first two CPUs. */
static void set_parts(const struct map_fixture *f, const void *key,
		      const void *parts, size_t part_bytes)
{
	size_t stride = (part_bytes + 7) & ~(size_t)7;
	g_autofree uint8_t *value = g_malloc0(
		stride * (unsigned)libbpf_num_possible_cpus());

	memcpy(value, parts, part_bytes);
	memcpy(value + stride, (const uint8_t *)parts + part_bytes, part_bytes);
	map_fixture_set(f, key, value);
}

/* The text of the other CPUs behind that of the first two. */
static char *with_all_cpus(const char *first, const char *zero)
{
	GString *text = g_string_new(first);

	for (int cpu = 2; cpu < libbpf_num_possible_cpus(); cpu++)
		g_string_append_printf(text, " cpu%d=%s", cpu, zero);
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

static void test_per_cpu_numbers(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f =
		map_fixture_new(&t, map_shape(BPF_MAP_TYPE_PERCPU_HASH, t.u32,
					      t.s32, 4, 4, 10));
	uint32_t key = 1;
	g_autofree char *parts = NULL, *too_large = NULL, *both = NULL;

	if (libbpf_num_possible_cpus() < 2) {
		g_test_skip("one CPU");
		return;
	}
	set_parts(&f, &key, (int32_t[]){-5, 3}, 4);
	assert_renders(&f, MAP_TEXT, "1\t-2\n");
	parts = with_all_cpus("1\tcpu0=-5 cpu1=3", "0");
	assert_renders(&f, MAP_PERCPU, parts);
	assert_renders(&f, MAP_JSON, "[{\"key\":1,\"value\":-2}]\n");
	key = 2;
	set_parts(&f, &key, (int32_t[]){INT32_MAX, 1}, 4);
	too_large = with_all_cpus("2\tcpu0=2147483647 cpu1=1", "0");
	both = g_strconcat("1\t-2\n", too_large, NULL);
	assert_renders(&f, MAP_TEXT, both);
	g_assert_true(map_has_form(BPF_MAP_TYPE_PERCPU_HASH, MAP_PERCPU));
	g_assert_true(
		map_has_form(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, MAP_PERCPU));
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_per_cpu_structures(void)
{
	struct map_types t = map_types_new();
	int pair = map_types_array(&t, t.u16, 2);
	int value = btf__add_struct(t.btf, "value", 8);
	struct map_fixture f;
	uint32_t key = 0;
	g_autofree char *parts = NULL;

	btf__add_field(t.btf, "n", t.u32, 0, 0);
	btf__add_field(t.btf, "pair", pair, 32, 0);
	f = map_fixture_new(&t, map_shape(BPF_MAP_TYPE_PERCPU_ARRAY, t.u32,
					  value, 4, 8, 2));
	if (libbpf_num_possible_cpus() < 2) {
		g_test_skip("one CPU");
		return;
	}
	set_parts(&f, &key, (uint16_t[]){1, 0, 2, 3, 10, 0, 20, 30}, 8);
	assert_renders(&f, MAP_TEXT, "0\tn=11 pair=[22 33]\n");
	parts = with_all_cpus(
		"0\tcpu0={n=1 pair=[2 3]} cpu1={n=10 pair=[20 30]}",
		"{n=0 pair=[0 0]}");
	assert_renders(&f, MAP_PERCPU, parts);
	map_fixture_clear(&f);
	btf__free(t.btf);
}

/* What cannot be added up: enumerators, strings. */
static void test_per_cpu_without_sum(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f =
		map_fixture_new(&t, map_shape(BPF_MAP_TYPE_PERCPU_HASH, t.u32,
					      t.state, 4, 4, 10));
	uint32_t key = 1;
	g_autofree char *parts = NULL;

	if (libbpf_num_possible_cpus() < 2) {
		g_test_skip("one CPU");
		return;
	}
	set_parts(&f, &key, (uint32_t[]){1, 2}, 4);
	parts = with_all_cpus("1\tcpu0=OPEN cpu1=CLOSED", "0");
	assert_renders(&f, MAP_TEXT, parts);
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_trie(void)
{
	static const uint8_t keys[][8] = {{16, 0, 0, 0, 192, 168},
					  {24, 0, 0, 0, 10, 1, 2},
					  {8, 0, 0, 0, 10},
					  {0}};
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_LPM_TRIE, 0, 0, 8, 8, 10,
				.flags = BPF_F_NO_PREALLOC));
	uint64_t value = 1;
	uint8_t wide[20] = {32, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		map_fixture_set(&f, keys[i], &value);
	assert_renders(&f, MAP_TEXT,
		       "0.0.0.0/0\t1\n10.0.0.0/8\t1\n10.1.2.0/24\t1\n"
		       "192.168.0.0/16\t1\n");
	map_fixture_clear(&f);
	f = map_fixture_new(NULL, map_shape(BPF_MAP_TYPE_LPM_TRIE, 0, 0, 20, 8,
					    10, .flags = BPF_F_NO_PREALLOC));
	map_fixture_set(&f, wide, &value);
	assert_renders(&f, MAP_TEXT, "2001:db8::/32\t1\n");
	assert_renders(&f, MAP_JSON,
		       "[{\"key\":\"2001:db8::/32\",\"value\":1}]\n");
	map_fixture_clear(&f);
}

static void test_queue(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_QUEUE, 0, 0, 0, 4, 10));
	uint32_t value = 7;

	assert_renders(&f, MAP_TEXT,
		       "# a queue: only its oldest value can be read without "
		       "removing it\n");
	map_fixture_set(&f, NULL, &value);
	assert_renders(&f, MAP_TEXT,
		       "# a queue: only its oldest value can be read without "
		       "removing it\n7\n");
	assert_renders(&f, MAP_JSON, "[{\"value\":7}]\n");
	map_fixture_clear(&f);
}

static void test_unreadable(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_PROG_ARRAY, 0, 0, 4, 4, 10));

	assert_renders(&f, MAP_TEXT,
		       "# a program array: its entries are programs for tail "
		       "calls\n");
	assert_renders(&f, MAP_JSON, "[]\n");
	g_assert_false(map_check(f.view, "", 0, NULL));
	map_fixture_clear(&f);
}

static void test_text_too_large(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_HASH, 0, 0, 1, 1, 10));
	g_autoptr(GError) error = NULL;

	map_fixture_set(&f, "\xff", "\xff");
	g_assert_null(map_render(f.view, MAP_TEXT, 7, &error));
	g_assert_error(error, PROBEFS_ERROR, EFBIG);
	g_assert_cmpstr(error->message, ==,
			"counts: its text takes more than the 7 bytes that a "
			"snapshot may have");
	map_fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	map_test_needs_root();
	g_test_add_func("/maps/numbers_sorted", test_numbers_sorted);
	g_test_add_func("/maps/structures", test_structures);
	g_test_add_func("/maps/structure_of_one_member",
			test_structure_of_one_member);
	g_test_add_func("/maps/types_missing", test_types_missing);
	g_test_add_func("/maps/types_of_other_size", test_types_of_other_size);
	g_test_add_func("/maps/array", test_array);
	g_test_add_func("/maps/per_cpu_numbers", test_per_cpu_numbers);
	g_test_add_func("/maps/per_cpu_structures", test_per_cpu_structures);
	g_test_add_func("/maps/per_cpu_without_sum", test_per_cpu_without_sum);
	g_test_add_func("/maps/trie", test_trie);
	g_test_add_func("/maps/queue", test_queue);
	g_test_add_func("/maps/unreadable", test_unreadable);
	g_test_add_func("/maps/text_too_large", test_text_too_large);
	return g_test_run();
}
