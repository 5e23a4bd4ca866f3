// SPDX-License-Identifier: GPL-2.0-only
/* Maps as JSON that jq reads. Needs to create maps: root. */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "map_fixture.h"

/* What jq makes of @json; NULL where there is no jq. */
static char *run_jq(const char *json, const char *filter)
{
	g_autofree char *jq = g_find_program_in_path("jq");
	g_autofree char *file = NULL;
	GError *error = NULL;
	char *result = NULL, *argv[] = {jq, NULL, NULL, NULL, NULL};
	int status, fd;

	if (!jq)
		return NULL;
	fd = g_file_open_tmp("map_jsonXXXXXX", &file, &error);
	g_assert_no_error(error);
	close(fd);
	g_file_set_contents(file, json, -1, &error);
	g_assert_no_error(error);
	argv[1] = g_strdup("-c");
	argv[2] = g_strdup(filter);
	argv[3] = file;
	g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &result,
		     NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	g_free(argv[1]);
	g_free(argv[2]);
	unlink(file);
	return result;
}

static void assert_jq(const struct map_fixture *f, const char *filter,
		      const char *expected)
{
	g_autofree char *json = map_fixture_text(f, MAP_JSON);
	g_autofree char *result = run_jq(json, filter);

	if (!result)
		g_test_skip("no jq");
	else
		g_assert_cmpstr(result, ==, expected);
}

static void test_numbers_in_full(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = map_fixture_new(
		&t, map_shape(BPF_MAP_TYPE_HASH, t.s64, t.u64, 8, 8, 10));
	int64_t key = INT64_MIN;
	uint64_t value = UINT64_MAX;

	map_fixture_set(&f, &key, &value);
	key = 9007199254740993;
	value = 9007199254740993;
	map_fixture_set(&f, &key, &value);
	assert_renders(&f, MAP_JSON,
		       "[{\"key\":-9223372036854775808,"
		       "\"value\":18446744073709551615},\n"
		       "{\"key\":9007199254740993,"
		       "\"value\":9007199254740993}]\n");
	assert_jq(&f, "map(.key|type)", "[\"number\",\"number\"]\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

struct key {
	char comm[8];
	uint32_t state;
	uint32_t ids[2];
	uint64_t address;
};

static void test_structures(void)
{
	struct map_types t = map_types_new();
	int comm = map_types_array(&t, t.chr, 8);
	int ids = map_types_array(&t, t.u32, 2);
	int id = btf__add_struct(t.btf, "key", sizeof(struct key));
	struct key key = {"a\"\n\xff", 2, {4, 5}, 0xffffffff81000000};
	struct map_fixture f;

	btf__add_field(t.btf, "comm", comm, 0, 0);
	btf__add_field(t.btf, "state", t.state, 64, 0);
	btf__add_field(t.btf, "ids", ids, 96, 0);
	btf__add_field(t.btf, "address", t.pointer, 192, 0);
	f = map_fixture_new(&t, map_shape(BPF_MAP_TYPE_HASH, id, t.boolean,
					  sizeof(key), 1, 10));
	map_fixture_set(&f, &key, "\1");
	assert_renders(&f, MAP_JSON,
		       "[{\"key\":{\"comm\":\"a\\\"\\n\\u00ff\","
		       "\"state\":\"CLOSED\",\"ids\":[4,5],"
		       "\"address\":\"0xffffffff81000000\"},"
		       "\"value\":true}]\n");
	assert_jq(&f, ".[0] | [.key.ids[1], .value, .key.state]",
		  "[5,true,\"CLOSED\"]\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_bytes(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_HASH, 0, 0, 3, 5, 10));

	map_fixture_set(&f, "\x01\x02\xff", "\0\0\0\0\x0a");
	assert_renders(&f, MAP_JSON,
		       "[{\"key\":\"0102ff\",\"value\":\"000000000a\"}]\n");
	assert_jq(&f, "length", "1\n");
	map_fixture_clear(&f);
}

static void test_empty(void)
{
	struct map_fixture f = map_fixture_new(
		NULL, map_shape(BPF_MAP_TYPE_HASH, 0, 0, 4, 4, 10));

	assert_renders(&f, MAP_JSON, "[]\n");
	assert_jq(&f, ".", "[]\n");
	map_fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	map_test_needs_root();
	g_test_add_func("/map_json/numbers_in_full", test_numbers_in_full);
	g_test_add_func("/map_json/structures", test_structures);
	g_test_add_func("/map_json/bytes", test_bytes);
	g_test_add_func("/map_json/empty", test_empty);
	return g_test_run();
}
