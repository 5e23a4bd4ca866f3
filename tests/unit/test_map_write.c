// SPDX-License-Identifier: GPL-2.0-only
/* Text written to maps. Needs to create maps: root. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "map_fixture.h"

static void assert_writes(const struct map_fixture *f, const char *text)
{
	GError *error = NULL;

	map_write(f->view, text, strlen(text), false, &error);
	g_assert_no_error(error);
}

static void assert_replaces(const struct map_fixture *f, const char *text)
{
	GError *error = NULL;

	map_write(f->view, text, strlen(text), true, &error);
	g_assert_no_error(error);
}

static void assert_refused(const struct map_fixture *f, const char *text,
			   bool replaces, int err, const char *sentence)
{
	g_autofree char *before = map_fixture_text(f, MAP_ALL);
	g_autoptr(GError) error = NULL;

	g_assert_false(
		map_write(f->view, text, strlen(text), replaces, &error));
	g_assert_cmpstr(error->message, ==, sentence);
	g_assert_error(error, PROBEFS_ERROR, err);
	assert_renders(f, MAP_ALL, before);
}

static struct map_fixture number_map(const struct map_types *t, int key,
				     uint32_t key_bytes, int value,
				     uint32_t value_bytes)
{
	return map_fixture_new(t, map_shape(BPF_MAP_TYPE_HASH, key, value,
					    key_bytes, value_bytes, 8));
}

static void test_numbers(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = number_map(&t, t.s32, 4, t.u64, 8);

	assert_writes(&f, "1 0x10\n-5\t0b11\n  2   0o17  \n\n# remark\n"
			  "3 010\n4 18446744073709551615");
	assert_renders(&f, MAP_TEXT,
		       "-5\t3\n1\t16\n2\t15\n3\t8\n4\t18446744073709551615\n");
	assert_writes(&f, "!1\n! -5\n7 7\n!7\n");
	assert_renders(&f, MAP_TEXT, "2\t15\n3\t8\n4\t18446744073709551615\n");
	assert_replaces(&f, "3 9\n5 5\n");
	assert_renders(&f, MAP_TEXT, "3\t9\n5\t5\n");
	assert_replaces(&f, "");
	assert_renders(&f, MAP_TEXT, "");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_numbers_refused(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = number_map(&t, t.s8, 1, t.u16, 2);

	assert_writes(&f, "1 1\n");
	assert_refused(&f, "2 2\n128 1\n", false, ERANGE,
		       "counts: line 2: key: 128 is not in the range -128 to "
		       "127");
	assert_refused(&f, "-128 65536", false, ERANGE,
		       "counts: line 1: value: 65536 is not in the range 0 to "
		       "65535");
	assert_refused(&f, "1 -1", false, ERANGE,
		       "counts: line 1: value: -1 is not in the range 0 to "
		       "65535");
	assert_refused(&f, "1 99999999999999999999", false, ERANGE,
		       "counts: line 1: value: 99999999999999999999 is not in "
		       "the range 0 to 65535");
	assert_refused(&f, "one 1", false, EINVAL,
		       "counts: line 1: key: \"one\" is not a number");
	assert_refused(&f, "1 08", false, EINVAL,
		       "counts: line 1: value: \"08\" is not a number");
	assert_refused(&f, "5", false, EINVAL,
		       "counts: line 1: key: no value behind it; a line is KEY "
		       "VALUE, or !KEY to delete");
	assert_refused(&f, "5 5 5", false, EINVAL,
		       "counts: line 1: value: \"5\" behind its end");
	assert_refused(&f, "6 6\n!9", false, ENOENT,
		       "counts: line 2: there is no such key to delete");
	assert_refused(&f, "2 2\n!2\n!2", false, ENOENT,
		       "counts: line 3: there is no such key to delete");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_full(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_HASH, t.u32, t.u32, 4, 4, 3));

	assert_writes(&f, "1 1\n2 2\n");
	assert_refused(&f, "1 9\n3 3\n3 4\n4 4\n", false, E2BIG,
		       "counts: line 4: the map is full, with 3 entries");
	assert_refused(&f, "5 1\n6 1\n7 1\n8 1", true, E2BIG,
		       "counts: 4 keys, of which it holds at most 3");
	assert_replaces(&f, "5 1\n6 1\n7 1\n");
	assert_renders(&f, MAP_TEXT, "5\t1\n6\t1\n7\t1\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

struct conn {
	uint32_t addr;
	uint16_t port;
	uint8_t mac[6];
	char comm[8];
	uint32_t state;
};

static int add_conn(struct map_types *t)
{
	int mac = map_types_array(t, t->u8, 6);
	int comm = map_types_array(t, t->chr, 8);
	int id = btf__add_struct(t->btf, "conn", sizeof(struct conn));

	btf__add_field(t->btf, "addr", t->u32, 0, 0);
	btf__add_field(t->btf, "port", t->u16, 32, 0);
	btf__add_field(t->btf, "mac", mac, 48, 0);
	btf__add_field(t->btf, "comm", comm, 96, 0);
	btf__add_field(t->btf, "state", t->state, 160, 0);
	return id;
}

#define CONN_TEXT                                                             \
	"addr=16777226 port=80 mac=[1 2 3 4 5 6] comm=\"a b\" state=CLOSED\t" \
	"7\n"

static void test_structures(void)
{
	struct map_types t = map_types_new();
	int id = add_conn(&t);
	struct map_fixture f = number_map(&t, id, sizeof(struct conn), t.u32,
					  4);
	static const char *const ways[] = {
		CONN_TEXT,
		"state=2 comm=\"a b\" mac={1 2 3 4 5 6} port=80 addr=10.0.0.1 "
		"7",
		"{addr=10.0.0.1, port=80, mac=[1,2,3,4,5,6], comm=a\\x20b, "
		"state=CLOSED} 7",
		"{10.0.0.1 80 [1 2 3 4 5 6] \"a b\" CLOSED} 7",
		"{ 0x100000a 0x50 \"\\x01\\x02\\x03\\x04\\x05\\x06\" \"a b\" 2 "
		"}\t7",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		assert_replaces(&f, "");
		assert_writes(&f, ways[i]);
		assert_renders(&f, MAP_TEXT, CONN_TEXT);
	}
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_structures_refused(void)
{
	struct map_types t = map_types_new();
	int id = add_conn(&t);
	struct map_fixture f = number_map(&t, id, sizeof(struct conn), t.u32,
					  4);

	assert_refused(
		&f, "addr=1 prt=2 7", false, EINVAL,
		"counts: line 1: key: no member prt; did you mean port?; "
		"it has addr=… port=… mac=… comm=… state=…");
	assert_refused(&f, "addr=1 port=2 7", false, EINVAL,
		       "counts: line 1: key: mac is missing; it has addr=… "
		       "port=… mac=… comm=… state=…");
	assert_refused(&f, "{addr=1 addr=2} 7", false, EINVAL,
		       "counts: line 1: key: addr= twice");
	assert_refused(
		&f, "{1 2 [1 2 3]} 7", false, EINVAL,
		"counts: line 1: key.mac: 3 elements, of which it has 6");
	assert_refused(&f, "{1 2 [1 2 3 4 5 6 7]} 7", false, EINVAL,
		       "counts: line 1: key.mac: more elements than it has, 6");
	assert_refused(&f, "{1 2 [1 2 3 4 5 256]} 7", false, ERANGE,
		       "counts: line 1: key.mac[5]: 256 is not in the range 0 "
		       "to 255");
	assert_refused(&f, "{1 2 [1 2 3 4 5 6] toolongtext 1} 7", false, ERANGE,
		       "counts: line 1: key.comm: a string of 11 bytes, of "
		       "which it holds at most 8");
	assert_refused(&f, "{1 2 [1 2 3 4 5 6] x OPNE} 7", false, EINVAL,
		       "counts: line 1: key.state: enum state has no OPNE; did "
		       "you mean OPEN?");
	assert_refused(&f, "{1 2 [1 2 3 4 5 6] x OPEN 5} 7", false, EINVAL,
		       "counts: line 1: key: too many members; it has 5");
	assert_refused(&f, "{1 2 [1 2 3 4 5 6] \"x OPEN} 7", false, EINVAL,
		       "counts: line 1: key.comm: '\"' is missing");
	assert_refused(&f, "5 7", false, EINVAL,
		       "counts: line 1: key: a structure is written addr=… "
		       "port=… mac=… comm=… state=…, or its values in braces");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_one_member(void)
{
	struct map_types t = map_types_new();
	int name = map_types_array(&t, t.chr, 8);
	int key = btf__add_struct(t.btf, "key", 8);
	struct map_fixture f;

	btf__add_field(t.btf, "name", name, 0, 0);
	f = number_map(&t, key, 8, t.u32, 4);
	assert_writes(&f, "read 1\nname=write 2\n{name=open} 3\n{close} 4\n"
			  "\"a\\\"=b\" 5\n");
	assert_renders(&f, MAP_TEXT,
		       "\"a\\\"=b\"\t5\nclose\t4\nopen\t3\nread\t1\n"
		       "write\t2\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_array(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_ARRAY, t.u32, t.s32, 4, 4, 3));

	assert_writes(&f, "0 -1\n2 5\n");
	assert_writes(&f, "!0\n");
	assert_renders(&f, MAP_ALL, "0\t0\n1\t0\n2\t5\n");
	assert_refused(&f, "3 1", false, ERANGE,
		       "counts: line 1: key: 3 is not an index of the array, 0 "
		       "to 2");
	assert_replaces(&f, "1 1\n");
	assert_renders(&f, MAP_TEXT, "1\t1\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_per_cpu(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_PERCPU_HASH, t.u32, t.u32, 4, 4, 3));
	int n_cpus = libbpf_num_possible_cpus();
	g_autofree char *parts = NULL, *beyond = NULL, *sentence = NULL;

	assert_writes(&f, "1 7\n");
	assert_renders(&f, MAP_TEXT, "1\t7\n");
	parts = map_fixture_text(&f, MAP_PERCPU);
	g_assert_true(g_str_has_prefix(parts, "1\tcpu0=7"));
	assert_replaces(&f, "");
	assert_writes(&f, parts);
	assert_renders(&f, MAP_PERCPU, parts);
	beyond = g_strdup_printf("1 cpu%d=1", n_cpus);
	sentence = g_strdup_printf("counts: line 1: value.cpu%d: this machine "
				   "has cpu0 to cpu%d",
				   n_cpus, n_cpus - 1);
	assert_refused(&f, beyond, false, ERANGE, sentence);
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_trie(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_LPM_TRIE, 0, 0, 8, 4, 10,
				.flags = BPF_F_NO_PREALLOC));

	assert_writes(&f, "10.0.0.0/8 1\nc0a80000/16 2\n");
	assert_renders(&f, MAP_TEXT, "10.0.0.0/8\t1\n192.168.0.0/16\t2\n");
	assert_writes(&f, "!10.0.0.0/8");
	assert_renders(&f, MAP_TEXT, "192.168.0.0/16\t2\n");
	assert_refused(
		&f, "10.0.0.0/33 1", false, ERANGE,
		"counts: line 1: key: a prefix of 33 bits; there are 32");
	assert_refused(&f, "10.0.0/8 1", false, EINVAL,
		       "counts: line 1: key: \"10.0.0\" is not an address of 4 "
		       "bytes");
	map_fixture_clear(&f);
}

static void check_queue(enum bpf_map_type type, const char *next)
{
	struct map_fixture f = map_fixture_new(NULL,
					       map_shape(type, 0, 0, 0, 4, 3));
	g_autofree char *text = NULL;

	assert_writes(&f, "1\n2\n");
	assert_writes(&f, "3");
	text = map_fixture_text(&f, MAP_JSON);
	g_assert_cmpstr(text, ==, next);
	assert_refused(&f, "4", false, E2BIG, "counts: full, with 3 values");
	assert_refused(&f, "4\n5", false, E2BIG, "counts: full, with 3 values");
	assert_refused(
		&f, "!4", false, EINVAL,
		"counts: line 1: key: the map has no keys; empty it with "
		": > counts");
	assert_replaces(&f, "9\n");
	assert_renders(&f, MAP_JSON, "[{\"value\":9}]\n");
	assert_replaces(&f, "");
	assert_renders(&f, MAP_JSON, "[]\n");
	map_fixture_clear(&f);
}

static void test_queue(void)
{
	check_queue(BPF_MAP_TYPE_QUEUE, "[{\"value\":1}]\n");
	check_queue(BPF_MAP_TYPE_STACK, "[{\"value\":3}]\n");
}

static void test_read_only(void)
{
	struct map_fixture f =
		map_fixture_new(NULL, map_shape(BPF_MAP_TYPE_HASH, 0, 0, 4, 4,
						3, .flags = BPF_F_RDONLY));

	assert_refused(&f, "1 1", false, EPERM,
		       "counts: line 1: the kernel does not let it be written: "
		       "it is frozen or read-only");
	map_fixture_clear(&f);
	f = map_fixture_new(NULL, map_shape(BPF_MAP_TYPE_ARRAY, 0, 0, 4, 4, 3));
	g_assert_cmpint(bpf_map_freeze(f.fd), ==, 0);
	assert_refused(&f, "1 1", false, EPERM,
		       "counts: line 1: the kernel does not let it be written: "
		       "it is frozen or read-only");
	map_fixture_clear(&f);
	f = map_fixture_new(NULL,
			    map_shape(BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0, 4096));
	g_assert_false(map_check(f.view, "", 0, NULL));
	assert_refused(&f, "1 1", false, EOPNOTSUPP,
		       "counts: cannot be written: it is a ring buffer: its "
		       "records are events, not entries");
	map_fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	map_test_needs_root();
	g_test_add_func("/map_write/numbers", test_numbers);
	g_test_add_func("/map_write/numbers_refused", test_numbers_refused);
	g_test_add_func("/map_write/full", test_full);
	g_test_add_func("/map_write/structures", test_structures);
	g_test_add_func("/map_write/structures_refused",
			test_structures_refused);
	g_test_add_func("/map_write/one_member", test_one_member);
	g_test_add_func("/map_write/array", test_array);
	g_test_add_func("/map_write/per_cpu", test_per_cpu);
	g_test_add_func("/map_write/trie", test_trie);
	g_test_add_func("/map_write/queue", test_queue);
	g_test_add_func("/map_write/read_only", test_read_only);
	return g_test_run();
}
