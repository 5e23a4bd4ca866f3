/* SPDX-License-Identifier: GPL-2.0-only */
/* test_btf_ext.c - the records of .BTF.ext, whole and damaged. */
#include "bpf/elf/btf_ext.h"

#include <glib.h>
#include <string.h>

enum { RECORD_BYTES = 16 };

/*
 * A head (magic and version, its bytes; functions: none; lines: 68 bytes
 * after it; relocations: none), then the size of a record, and two sections:
 * number 7 with one record, number 9 with two.
 */
static const uint32_t whole[] = {
	0x0001eb9f, 32, 0, 0, 0,  68, 0,  0,  RECORD_BYTES, 7,  1,  10, 11,
	12,         13, 9, 2, 20, 21, 22, 23, 30,           31, 32, 33};
enum { AT_RECORD_BYTES = 8, AT_SECOND_COUNT = 16 };

static bool begin(struct btf_ext_records *records, const void *ext,
		  size_t n_bytes)
{
	return btf_ext_begin(records, ext, n_bytes, BTF_EXT_LINES,
			     RECORD_BYTES);
}

static void test_records(void)
{
	struct btf_ext_records records;

	g_assert_true(begin(&records, whole, sizeof(whole)));
	g_assert_true(btf_ext_next(&records));
	g_assert_cmpuint(records.section, ==, 7);
	g_assert_cmpuint(records.n_records, ==, 1);
	g_assert_true(btf_ext_next(&records));
	g_assert_cmpuint(records.section, ==, 9);
	g_assert_cmpuint(records.n_records, ==, 2);
	g_assert_cmpmem(records.records, 4, &(uint32_t){20}, 4);
	g_assert_false(btf_ext_next(&records));
	g_assert_true(btf_ext_is_read(&records));
}

static void test_cut_short(void)
{
	g_autofree uint32_t *copy = g_memdup2(whole, sizeof(whole));
	struct btf_ext_records records;

	/* The part is longer than the file, or the file than nothing. */
	g_assert_false(begin(&records, whole, sizeof(whole) - 1));
	g_assert_false(begin(&records, whole, 8));
	/* More records than there are. */
	copy[AT_SECOND_COUNT] = 3;
	g_assert_true(begin(&records, copy, sizeof(whole)));
	g_assert_true(btf_ext_next(&records));
	g_assert_false(btf_ext_next(&records));
	g_assert_false(btf_ext_is_read(&records));
	copy[AT_SECOND_COUNT] = UINT32_MAX;
	g_assert_true(begin(&records, copy, sizeof(whole)));
	g_assert_true(btf_ext_next(&records));
	g_assert_false(btf_ext_next(&records));
	/* Records shorter than what is in them. */
	copy[AT_RECORD_BYTES] = RECORD_BYTES - 1;
	g_assert_false(begin(&records, copy, sizeof(whole)));
}

static void test_drop_relocations(void)
{
	g_autofree uint32_t *copy = g_memdup2(whole, sizeof(whole));
	struct btf_ext_records records;

	/* The relocations are the same bytes. */
	copy[6] = copy[4];
	copy[7] = copy[5];
	g_assert_true(btf_ext_begin(&records, copy, sizeof(whole),
				    BTF_EXT_RELOCATIONS, RECORD_BYTES));
	btf_ext_drop_relocations(copy, sizeof(whole));
	g_assert_false(btf_ext_begin(&records, copy, sizeof(whole),
				     BTF_EXT_RELOCATIONS, RECORD_BYTES));
	g_assert_true(begin(&records, copy, sizeof(whole)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/btf-ext/records", test_records);
	g_test_add_func("/btf-ext/cut-short", test_cut_short);
	g_test_add_func("/btf-ext/drop-relocations", test_drop_relocations);
	return g_test_run();
}
