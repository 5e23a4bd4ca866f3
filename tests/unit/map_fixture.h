/* SPDX-License-Identifier: GPL-2.0-only */
/* map_fixture.h - maps with BTF, made by tests, and views of them. */
#ifndef PROBEFS_TESTS_MAP_FIXTURE_H
#define PROBEFS_TESTS_MAP_FIXTURE_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <glib.h>

#include "bpf/maps/maps.h"

#define MAP_LIMIT ((size_t)256 << 20)

struct map_types {
	struct btf *btf;
	int u8, u16, u32, u64, s8, s16, s32, s64, chr, boolean, pointer, state;
	int index; /* of arrays */
};

/* The types that C has, and "enum state { OPEN = 1, CLOSED = 2 }". */
struct map_types map_types_new(void);
int map_types_array(struct map_types *types, int element, unsigned n);

struct map_fixture {
	int fd;
	struct map_view *view;
};

struct map_shape {
	enum bpf_map_type type;
	int key, value; /* types, or 0 */
	uint32_t key_bytes, value_bytes;
	uint32_t n;
	uint32_t flags;
	const char *name;
	enum map_histogram histogram;
};

/* "&(struct map_shape){…}", with names for what is seldom given. */
#define map_shape(map_type, key_type, value_type, key_size, value_size, \
		  n_entries, ...)                                       \
	(&(struct map_shape){.type = (map_type),                        \
			     .key = (key_type),                         \
			     .value = (value_type),                     \
			     .key_bytes = (key_size),                   \
			     .value_bytes = (value_size),               \
			     .n = (n_entries),                          \
			     ##__VA_ARGS__})

/* A map, and a view of it that knows @types (may be NULL). */
struct map_fixture map_fixture_new(const struct map_types *types,
				   const struct map_shape *shape);
void map_fixture_clear(struct map_fixture *fixture);

void map_fixture_set(const struct map_fixture *fixture, const void *key,
		     const void *value);
char *map_fixture_text(const struct map_fixture *fixture, enum map_form form);

#define assert_renders(fixture, form, expected)                            \
	do {                                                               \
		g_autofree char *assert_text = map_fixture_text((fixture), \
								(form));   \
		g_assert_cmpstr(assert_text, ==, expected);                \
	} while (0)

/* Skip the whole test (77) for who may not make maps. */
#define map_test_needs_root()       \
	do {                        \
		if (geteuid() != 0) \
			return 77;  \
	} while (0)

#endif
