// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms, compared with BCC's own functions (Debian's python3-bpfcc) and
 * drawn of maps. Needs to create maps: root.
 */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/maps/draw.h"
#include "map_fixture.h"

#define N_PICTURES 400

/* Draws each line "log2|linear UNIT COUNT…" of a file, with a line behind. */
static const char bcc_script[] =
	"import sys\n"
	"sys.path.insert(0, '/usr/lib/python3/dist-packages')\n"
	"from bcc import table\n"
	"for line in open(sys.argv[1]):\n"
	"    kind, unit, *counts = line.split()\n"
	"    draw = getattr(table, '_print_%s_hist' % kind)\n"
	"    draw([int(c) for c in counts], unit, None)\n"
	"    print('--')\n";

static char *run_bcc(const char *pictures)
{
	char python[] = "/usr/bin/python3", option[] = "-c";
	g_autofree char *script = g_strdup(bcc_script), *file = NULL;
	char *argv[] = {python, option, script, NULL, NULL};
	char *result = NULL;
	GError *error = NULL;
	int status, fd = g_file_open_tmp("histogramXXXXXX", &file, &error);

	g_assert_no_error(error);
	close(fd);
	argv[3] = file;
	g_file_set_contents(file, pictures, -1, &error);
	g_assert_no_error(error);
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
			  NULL, &result, NULL, &status, NULL) ||
	    status != 0)
		g_clear_pointer(&result, g_free);
	unlink(file);
	return result;
}

/* Numbers of every size, many of them near each other or zero. */
static uint64_t random_count(void)
{
	uint64_t bits = (uint64_t)g_test_rand_int() << 32 |
			(uint32_t)g_test_rand_int();

	switch (g_test_rand_int_range(0, 5)) {
	case 0:
		return 0;
	case 1:
		return bits % 50;
	case 2:
		return UINT64_MAX - bits % 3;
	default:
		return bits >> g_test_rand_int_range(0, 64);
	}
}

static void draw_random(GString *pictures, struct text *text)
{
	uint64_t counts[DRAW_LOG2_SLOTS] = {};
	bool is_log2 = g_test_rand_int_range(0, 2);
	int n = g_test_rand_int_range(1, DRAW_LOG2_SLOTS + 1);

	g_string_append(pictures, is_log2 ? "log2 usecs" : "linear usecs");
	for (int i = 0; i < n; i++) {
		counts[i] = random_count();
		g_string_append_printf(pictures, " %" G_GUINT64_FORMAT,
				       counts[i]);
	}
	g_string_append_c(pictures, '\n');
	if (is_log2)
		draw_log2(counts, (size_t)n, "usecs", text);
	else
		draw_linear(counts, (size_t)n, "usecs", text);
	text_put_literal(text, "--\n");
}

static void test_drawn_as_bcc_does(void)
{
	g_autoptr(GString) pictures = g_string_new(NULL);
	g_autofree char *of_bcc = NULL;
	struct text text = {};

	text_begin(&text, NULL, 0);
	for (int i = 0; i < N_PICTURES; i++)
		draw_random(pictures, &text);
	of_bcc = run_bcc(pictures->str);
	if (of_bcc)
		g_assert_cmpmem(text.start, text_length(&text), of_bcc,
				strlen(of_bcc));
	else
		g_test_skip("no python3-bpfcc");
	text_clear(&text);
}

/* Python's quotient is a double: it becomes 3 where it is a little less. */
static void test_stars_round_as_doubles(void)
{
	g_assert_cmpuint(draw_stars(0, 5, 40), ==, 0);
	g_assert_cmpuint(draw_stars(5, 5, 40), ==, 40);
	g_assert_cmpuint(draw_stars(1, 40, 40), ==, 1);
	g_assert_cmpuint(draw_stars(1, 41, 40), ==, 0);
	g_assert_cmpuint(draw_stars(UINT64_MAX - 1, UINT64_MAX, 40), ==, 40);
	g_assert_cmpuint(draw_stars(UINT64_MAX / 40 - 1, UINT64_MAX, 40), ==,
			 1);
	g_assert_cmpuint(draw_stars(UINT64_MAX / 40 - 100, UINT64_MAX, 40), ==,
			 0);
}

static struct map_fixture bcc_histogram(struct map_types *t, const char *name,
					enum map_histogram kind)
{
	return map_fixture_new(t, map_shape(BPF_MAP_TYPE_ARRAY, t->s32, t->u64,
					    4, 8, 100, .name = name,
					    .histogram = kind));
}

static void count(const struct map_fixture *f, uint32_t slot, uint64_t n)
{
	map_fixture_set(f, &slot, &n);
}

static void test_log2(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = bcc_histogram(&t, "read_usecs",
					     MAP_HISTOGRAM_LOG2);

	assert_renders(&f, MAP_TEXT, "");
	count(&f, 1, 3);
	count(&f, 3, 12);
	assert_renders(&f, MAP_TEXT,
		       "     usecs               : count     distribution\n"
		       "         0 -> 1          : 3        "
		       "|**********                              |\n"
		       "         2 -> 3          : 0        "
		       "|                                        |\n"
		       "         4 -> 7          : 12       "
		       "|****************************************|\n");
	assert_renders(
		&f, MAP_JSON,
		"[{\"key\":1,\"value\":3},\n{\"key\":3,\"value\":12}]\n");
	g_assert_true(map_view_is_histogram(f.view));
	map_fixture_clear(&f);
	btf__free(t.btf);
}

static void test_linear(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = bcc_histogram(&t, "runqlen",
					     MAP_HISTOGRAM_LINEAR);

	count(&f, 0, 40);
	count(&f, 1, 1);
	assert_renders(&f, MAP_TEXT,
		       "     value         : count     distribution\n"
		       "        0          : 40       "
		       "|****************************************|\n"
		       "        1          : 1        "
		       "|*                                       |\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

/* No log2 histogram has a slot 65. */
static void test_log2_with_large_slot_is_linear(void)
{
	struct map_types t = map_types_new();
	struct map_fixture f = bcc_histogram(&t, "dist", MAP_HISTOGRAM_LOG2);
	g_autofree char *text = NULL;

	count(&f, 65, 1);
	text = map_fixture_text(&f, MAP_TEXT);
	g_assert_true(g_str_has_prefix(text, "     value         : count"));
	g_assert_nonnull(strstr(text, "\n        65         : 1        |***"));
	map_fixture_clear(&f);
	btf__free(t.btf);
}

struct disk_key {
	char disk[8];
	uint64_t slot;
};

static void test_structure_keys(void)
{
	struct map_types t = map_types_new();
	int disk = map_types_array(&t, t.chr, 8);
	int key = btf__add_struct(t.btf, "disk_key", sizeof(struct disk_key));
	struct disk_key keys[] = {{"sdb", 2}, {"sda", 1}, {"sdb", 1}};
	struct map_fixture f;
	uint64_t n = 1;

	btf__add_field(t.btf, "disk", disk, 0, 0);
	btf__add_field(t.btf, "slot", t.u64, 64, 0);
	f = map_fixture_new(&t, map_shape(BPF_MAP_TYPE_HASH, key, t.u64, 16, 8,
					  10, .name = "dist_ms",
					  .histogram = MAP_HISTOGRAM_LOG2));
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++, n++)
		map_fixture_set(&f, &keys[i], &n);
	assert_renders(&f, MAP_TEXT,
		       "\ndisk = sda\n"
		       "     ms                  : count     distribution\n"
		       "         0 -> 1          : 2        "
		       "|****************************************|\n"
		       "\ndisk = sdb\n"
		       "     ms                  : count     distribution\n"
		       "         0 -> 1          : 3        "
		       "|****************************************|\n"
		       "         2 -> 3          : 1        "
		       "|*************                           |\n");
	assert_renders(&f, MAP_ALL,
		       "disk=sda slot=1\t2\ndisk=sdb slot=1\t3\n"
		       "disk=sdb slot=2\t1\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

struct hist {
	uint32_t slots[4];
	char comm[8];
};

/* As libbpf-tools' runqlat: a value is a whole histogram. */
static void test_slots_in_value(void)
{
	struct map_types t = map_types_new();
	int slots = map_types_array(&t, t.u32, 4);
	int comm = map_types_array(&t, t.chr, 8);
	int id = btf__add_struct(t.btf, "hist", sizeof(struct hist));
	struct hist hist = {{1, 0, 2}, "bash"};
	struct map_fixture f;
	uint32_t key = 77;

	btf__add_field(t.btf, "slots", slots, 0, 0);
	btf__add_field(t.btf, "comm", comm, 128, 0);
	f = map_fixture_new(&t, map_shape(BPF_MAP_TYPE_HASH, t.u32, id, 4, 24,
					  10, .name = "hists"));
	map_fixture_set(&f, &key, &hist);
	assert_renders(&f, MAP_TEXT,
		       "\nkey = 77 comm = bash\n"
		       "     value               : count     distribution\n"
		       "         0 -> 1          : 1        "
		       "|********************                    |\n"
		       "         2 -> 3          : 0        "
		       "|                                        |\n"
		       "         4 -> 7          : 2        "
		       "|****************************************|\n");
	assert_renders(&f, MAP_JSON,
		       "[{\"key\":77,\"value\":{\"slots\":[1,0,2,0],"
		       "\"comm\":\"bash\"}}]\n");
	map_fixture_clear(&f);
	btf__free(t.btf);
}

/* An array value in a map of that name; other names draw nothing. */
static void test_array_by_map_name(void)
{
	struct map_types t = map_types_new();
	int slots = map_types_array(&t, t.u64, 4);
	uint32_t key = 0;
	uint64_t counts[4] = {0, 1};
	struct map_fixture f =
		map_fixture_new(&t, map_shape(BPF_MAP_TYPE_ARRAY, t.u32, slots,
					      4, 32, 1, .name = "hist"));

	map_fixture_set(&f, &key, counts);
	assert_renders(&f, MAP_TEXT,
		       "     value               : count     distribution\n"
		       "         0 -> 1          : 0        "
		       "|                                        |\n"
		       "         2 -> 3          : 1        "
		       "|****************************************|\n");
	map_fixture_clear(&f);
	f = map_fixture_new(&t, map_shape(BPF_MAP_TYPE_ARRAY, t.u32, slots, 4,
					  32, 1, .name = "ids"));
	map_fixture_set(&f, &key, counts);
	assert_renders(&f, MAP_TEXT, "0\t[0 1 0 0]\n");
	g_assert_false(map_view_is_histogram(f.view));
	map_fixture_clear(&f);
	btf__free(t.btf);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	map_test_needs_root();
	g_test_add_func("/map_histogram/drawn_as_bcc_does",
			test_drawn_as_bcc_does);
	g_test_add_func("/map_histogram/stars_round_as_doubles",
			test_stars_round_as_doubles);
	g_test_add_func("/map_histogram/log2", test_log2);
	g_test_add_func("/map_histogram/linear", test_linear);
	g_test_add_func("/map_histogram/log2_with_large_slot_is_linear",
			test_log2_with_large_slot_is_linear);
	g_test_add_func("/map_histogram/structure_keys", test_structure_keys);
	g_test_add_func("/map_histogram/slots_in_value", test_slots_in_value);
	g_test_add_func("/map_histogram/array_by_map_name",
			test_array_by_map_name);
	return g_test_run();
}
