// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of random types and values: printed, cleared, written back, they have
 * the same bytes. Needs to create maps: root.
 */
#include <bpf/libbpf.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "map_fixture.h"

#define N_TYPES   1000
#define N_ENTRIES 4
#define MAX_BYTES 512

/* A type, and which bits of it are not padding. */
struct random_type {
	int id;
	uint32_t n_bytes;
	uint8_t mask[MAX_BYTES];
	/* Bytes that are truth values. */
	uint8_t bools[MAX_BYTES];
};

static bool one_in(int n)
{
	return g_test_rand_int_range(0, n) == 0;
}

static struct random_type scalar(struct map_types *t)
{
	const struct random_type of[] = {
		{t->u8, 1, {}, {}},    {t->u16, 2, {}, {}},
		{t->u32, 4, {}, {}},   {t->u64, 8, {}, {}},
		{t->s8, 1, {}, {}},    {t->s16, 2, {}, {}},
		{t->s32, 4, {}, {}},   {t->s64, 8, {}, {}},
		{t->chr, 1, {}, {}},   {t->pointer, 8, {}, {}},
		{t->state, 4, {}, {}}, {t->boolean, 1, {}, {}},
	};
	struct random_type type =
		of[g_test_rand_int_range(0, G_N_ELEMENTS(of))];

	memset(type.mask, 0xff, type.n_bytes);
	if (type.id == t->boolean)
		type.bools[0] = 1;
	return type;
}

static struct random_type any_type(struct map_types *t, int depth);

static struct random_type random_array(struct map_types *t, int depth)
{
	struct random_type element = any_type(t, depth + 1), type = {};
	unsigned n = (unsigned)g_test_rand_int_range(1, 8);

	if (element.n_bytes * n > MAX_BYTES / 4)
		n = 1;
	type.id = map_types_array(t, element.id, n);
	type.n_bytes = element.n_bytes * n;
	for (unsigned i = 0; i < n; i++) {
		memcpy(type.mask + i * element.n_bytes, element.mask,
		       element.n_bytes);
		memcpy(type.bools + i * element.n_bytes, element.bools,
		       element.n_bytes);
	}
	return type;
}

static struct random_type random_string(struct map_types *t)
{
	unsigned n = (unsigned)g_test_rand_int_range(1, 20);
	struct random_type type = {.id = map_types_array(t, t->chr, n),
				   .n_bytes = n};

	memset(type.mask, 0xff, n);
	return type;
}

static void add_bit_field(struct map_types *t, struct random_type *type,
			  const char *name, uint32_t offset)
{
	unsigned n_bits = (unsigned)g_test_rand_int_range(1, 32);
	unsigned first = (unsigned)g_test_rand_int_range(0,
							 32 - (int)n_bits + 1);

	btf__add_field(t->btf, name, one_in(2) ? t->u32 : t->s32,
		       offset * 8 + first, n_bits);
	for (unsigned bit = first; bit < first + n_bits; bit++)
		type->mask[offset + bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Members, with holes between some of them. */
static struct random_type random_struct(struct map_types *t, int depth)
{
	static const char *const names[] = {"pid", "comm", "n", "cpu0", "_x"};
	int n = g_test_rand_int_range(1, G_N_ELEMENTS(names) + 1);
	struct random_type members[G_N_ELEMENTS(names)], type = {};
	uint32_t offsets[G_N_ELEMENTS(names)];

	for (int i = 0; i < n; i++) {
		members[i] = any_type(t, depth + 1);
		if (one_in(5))
			members[i] = (struct random_type){.n_bytes = 4};
		if (type.n_bytes + members[i].n_bytes > MAX_BYTES / 4)
			members[i] = scalar(t);
		offsets[i] = type.n_bytes;
		type.n_bytes += members[i].n_bytes + (one_in(4) ? 3 : 0);
	}
	type.id = btf__add_struct(t->btf, "random", type.n_bytes);
	for (int i = 0; i < n; i++) {
		if (!members[i].id) {
			add_bit_field(t, &type, names[i], offsets[i]);
			continue;
		}
		btf__add_field(t->btf, names[i], members[i].id, offsets[i] * 8,
			       0);
		memcpy(type.mask + offsets[i], members[i].mask,
		       members[i].n_bytes);
		memcpy(type.bools + offsets[i], members[i].bools,
		       members[i].n_bytes);
	}
	return type;
}

/* A union without truth values, which have bytes that they do not print. */
static struct random_type random_union(struct map_types *t)
{
	struct random_type type = {.n_bytes = 8};

	type.id = btf__add_union(t->btf, "either", 8);
	btf__add_field(t->btf, "small", t->s16, 0, 0);
	btf__add_field(t->btf, "large", t->u64, 0, 0);
	memset(type.mask, 0xff, 8);
	return type;
}

static struct random_type any_type(struct map_types *t, int depth)
{
	struct random_type type;

	switch (depth > 2 ? 0 : g_test_rand_int_range(0, 8)) {
	case 0:
	case 1:
	case 2:
		type = scalar(t);
		break;
	case 3:
		type = random_array(t, depth);
		break;
	case 4:
		type = random_string(t);
		break;
	case 5:
		type = random_union(t);
		break;
	default:
		type = random_struct(t, depth);
		break;
	}
	if (one_in(4))
		type.id = btf__add_typedef(t->btf, "alias_t", type.id);
	if (one_in(6))
		type.id = btf__add_const(t->btf, type.id);
	return type;
}

/* Bytes that mean something special to a parser come often. */
static uint8_t random_byte(void)
{
	static const char special[] = " \t\n\"\\{}[]=,#!\0x0123";

	if (one_in(2))
		return (uint8_t)
			special[g_test_rand_int_range(0, sizeof(special) - 1)];
	return (uint8_t)g_test_rand_int_range(0, 256);
}

static void random_value(const struct random_type *type, uint8_t *out)
{
	for (uint32_t i = 0; i < type->n_bytes; i++) {
		out[i] = random_byte() & type->mask[i];
		if (type->bools[i])
			out[i] &= 1;
	}
}

static void assert_has(const struct map_fixture *f, const uint8_t *key,
		       const uint8_t *value, size_t n_bytes, const char *text)
{
	g_autofree uint8_t *found = g_malloc0(n_bytes);

	if (bpf_map_lookup_elem(f->fd, key, found))
		g_error("a key of this text came back as another one:\n%s",
			text);
	g_assert_cmpmem(found, n_bytes, value, n_bytes);
}

static void check_map(const struct map_types *t, const struct random_type *key,
		      const struct random_type *value)
{
	struct map_fixture f = map_fixture_new(
		t, map_shape(BPF_MAP_TYPE_HASH, key->id, value->id,
			     key->n_bytes, value->n_bytes, N_ENTRIES));
	uint8_t keys[N_ENTRIES][MAX_BYTES], values[N_ENTRIES][MAX_BYTES];
	g_autofree char *text = NULL;
	GError *error = NULL;

	for (int i = 0; i < N_ENTRIES; i++) {
		random_value(key, keys[i]);
		random_value(value, values[i]);
		map_fixture_set(&f, keys[i], values[i]);
		/* A small key may come twice: the value is the last one. */
		for (int j = 0; j < i; j++)
			if (!memcmp(keys[i], keys[j], key->n_bytes))
				memcpy(values[j], values[i], value->n_bytes);
	}
	text = map_fixture_text(&f, MAP_TEXT);
	map_write(f.view, "", 0, true, &error);
	g_assert_no_error(error);
	assert_renders(&f, MAP_TEXT, "");
	map_write(f.view, text, strlen(text), false, &error);
	if (error)
		g_error("%s; in:\n%s", error->message, text);
	for (int i = 0; i < N_ENTRIES; i++)
		assert_has(&f, keys[i], values[i], value->n_bytes, text);
	assert_renders(&f, MAP_TEXT, text);
	map_fixture_clear(&f);
}

static void test_same_bytes(void)
{
	for (int i = 0; i < N_TYPES; i++) {
		struct map_types t = map_types_new();
		struct random_type key = any_type(&t, 0);
		struct random_type value = any_type(&t, 0);

		check_map(&t, &key, &value);
		btf__free(t.btf);
	}
}

/* No types: numbers by their size, and bytes. */
static void test_same_bytes_untyped(void)
{
	for (uint32_t n = 1; n < 20; n++) {
		struct random_type type = {.n_bytes = n};

		memset(type.mask, 0xff, n);
		check_map(NULL, &type, &type);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	map_test_needs_root();
	g_test_add_func("/map_round_trip/same_bytes", test_same_bytes);
	g_test_add_func("/map_round_trip/same_bytes_untyped",
			test_same_bytes_untyped);
	return g_test_run();
}
