// SPDX-License-Identifier: GPL-2.0-only
/* view.c - from a map's descriptor and BTF to the types of its entries. */
#include "map_view.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "histogram.h"
#include "leaves.h"
#include "map_kind.h"
#include "per_cpu.h"

static bool is_number_size(uint32_t n_bytes)
{
	return n_bytes == 1 || n_bytes == 2 || n_bytes == 4 || n_bytes == 8;
}

/* The type @id where it fits @n_bytes, or *@by_size. */
static const struct value_type *type_of(struct map_view *view, uint32_t id,
					uint32_t n_bytes,
					struct value_type *by_size)
{
	const struct value_type *type = value_type_get(view->types, id);

	*by_size = (struct value_type){
		.kind = is_number_size(n_bytes) ? VALUE_UNSIGNED : VALUE_BYTES,
		.n_bytes = n_bytes,
	};
	return type->n_bytes == n_bytes ? type : by_size;
}

static const struct value_type *unwrap(const struct value_type *type)
{
	while (type->kind == VALUE_STRUCT && type->n_members == 1 &&
	       *type->members[0].name && !type->members[0].bit_size &&
	       type->members[0].type->n_bytes == type->n_bytes)
		type = type->members[0].type;
	return type;
}

/* A stack is an array of addresses, whatever its type says. */
static void set_stack_type(struct map_view *view)
{
	uint32_t n_bytes = view->info.value_size;

	if ((view->info.map_flags & BPF_F_STACK_BUILD_ID) || n_bytes % 8)
		return;
	view->frame = (struct value_type){.kind = VALUE_ADDRESS, .n_bytes = 8};
	view->value_by_size = (struct value_type){
		.kind = VALUE_ARRAY,
		.n_bytes = n_bytes,
		.n_elements = n_bytes / 8,
		.element = &view->frame,
	};
	view->value = &view->value_by_size;
}

static void set_types(struct map_view *view, const struct map_source *source)
{
	view->key = type_of(view, source->key_type_id, view->info.key_size,
			    &view->key_by_size);
	view->value = type_of(view, source->value_type_id,
			      view->info.value_size, &view->value_by_size);
	if (view->kind->is_stack_trace)
		set_stack_type(view);
	view->plain_key = unwrap(view->key);
	view->plain_value = unwrap(view->value);
	view->key_leaves = leaves_new(view->types, view->plain_key);
	view->value_leaves = leaves_new(view->types, view->plain_value);
}

static GBytes *raw_btf(const struct btf *btf)
{
	uint32_t n_bytes;
	const void *data = btf ? btf__raw_data(btf, &n_bytes) : NULL;

	return data ? g_bytes_new(data, n_bytes) : NULL;
}

struct map_view *map_view_new(const struct map_source *source, GError **error)
{
	g_autoptr(GBytes) btf = NULL;
	struct map_view *view;
	int fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0) {
		int err = errno;

		probefs_set_error(error, err, "%s: no descriptor for it: %s",
				  source->name, g_strerror(err));
		return NULL;
	}
	btf = raw_btf(source->btf);
	view = g_new0(struct map_view, 1);
	view->name = g_strdup(source->name);
	view->fd = fd;
	view->info = *source->info;
	view->kind = map_kind_get(view->info.type);
	view->types = value_types_new(btf);
	set_types(view, source);
	view->can_sum = view->kind->is_per_cpu &&
			per_cpu_can_sum(view->value_leaves);
	histogram_find(view, source->histogram);
	return view;
}

void map_view_free(struct map_view *view)
{
	if (!view)
		return;
	g_array_unref(view->key_leaves);
	g_array_unref(view->value_leaves);
	value_types_free(view->types);
	close(view->fd);
	g_free(view->name);
	g_free(view);
}

bool map_has_form(uint32_t type, enum map_form form)
{
	const struct map_kind *kind = map_kind_get(type);

	switch (form) {
	case MAP_PERCPU:
		return kind->is_per_cpu;
	case MAP_ALL:
		return kind->access == MAP_ACCESS_ARRAY;
	case MAP_TEXT:
	case MAP_JSON:
		break;
	}
	return true;
}

bool map_view_is_histogram(const struct map_view *view)
{
	return view->histogram != MAP_HISTOGRAM_NONE;
}
