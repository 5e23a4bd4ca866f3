// SPDX-License-Identifier: GPL-2.0-only
/* map_fixture.c - see map_fixture.h. */
#include "map_fixture.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct map_types map_types_new(void)
{
	struct btf *btf = btf__new_empty();
	struct map_types t = {.btf = btf};

	t.u8 = btf__add_int(btf, "unsigned char", 1, 0);
	t.u16 = btf__add_int(btf, "unsigned short", 2, 0);
	t.u32 = btf__add_int(btf, "unsigned int", 4, 0);
	t.u64 = btf__add_int(btf, "unsigned long", 8, 0);
	t.s8 = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);
	t.s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
	t.s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	t.s64 = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	t.chr = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	t.boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	t.pointer = btf__add_ptr(btf, 0);
	t.state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "OPEN", 1);
	btf__add_enum_value(btf, "CLOSED", 2);
	t.index = t.u32;
	return t;
}

int map_types_array(struct map_types *types, int element, unsigned n)
{
	return btf__add_array(types->btf, types->index, element, n);
}

struct map_fixture map_fixture_new(const struct map_types *types,
				   const struct map_shape *shape)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = shape->flags);
	struct map_fixture fixture = {};
	struct bpf_map_info info = {};
	uint32_t n_bytes = sizeof(info);
	struct map_source source = {
		.info = &info,
		.btf = types ? types->btf : NULL,
		.key_type_id = (uint32_t)shape->key,
		.value_type_id = (uint32_t)shape->value,
		.name = shape->name ? shape->name : "counts",
		.histogram = shape->histogram,
	};
	GError *error = NULL;

	fixture.fd = bpf_map_create(shape->type, "test", shape->key_bytes,
				    shape->value_bytes, shape->n, &options);
	if (fixture.fd < 0)
		g_error("bpf_map_create of type %d: %s", shape->type,
			g_strerror(errno));
	g_assert_cmpint(bpf_obj_get_info_by_fd(fixture.fd, &info, &n_bytes), ==,
			0);
	source.fd = fixture.fd;
	fixture.view = map_view_new(&source, &error);
	g_assert_no_error(error);
	return fixture;
}

void map_fixture_clear(struct map_fixture *fixture)
{
	map_view_free(fixture->view);
	close(fixture->fd);
}

void map_fixture_set(const struct map_fixture *fixture, const void *key,
		     const void *value)
{
	g_assert_cmpint(bpf_map_update_elem(fixture->fd, key, value, 0), ==, 0);
}

char *map_fixture_text(const struct map_fixture *fixture, enum map_form form)
{
	GError *error = NULL;
	GBytes *bytes = map_render(fixture->view, form, MAP_LIMIT, &error);
	char *text;

	g_assert_no_error(error);
	text = g_malloc0(g_bytes_get_size(bytes) + 1);
	if (g_bytes_get_size(bytes))
		memcpy(text, g_bytes_get_data(bytes, NULL),
		       g_bytes_get_size(bytes));
	g_bytes_unref(bytes);
	return text;
}
