// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_dump.c - a map of 1,000,000 entries, u32 to u64, as text and JSON by
 * bpf/maps, and by `bpftool map dump`, in one run. Needs root.
 *
 * map_dump [ENTRIES]: seconds a way, the best of three.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/maps/maps.h"

#define N_RUNS 3

struct subject {
	struct map_view *view;
	uint32_t id;
	enum map_form form;
};

static struct btf *make_types(uint32_t *u32, uint32_t *u64)
{
	struct btf *btf = btf__new_empty();

	*u32 = (uint32_t)btf__add_int(btf, "unsigned int", 4, 0);
	*u64 = (uint32_t)btf__add_int(btf, "unsigned long", 8, 0);
	if (btf__load_into_kernel(btf))
		g_error("the kernel does not take the types");
	return btf;
}

static void fill(int fd, uint32_t n)
{
	g_autofree uint32_t *keys = g_new(uint32_t, n);
	g_autofree uint64_t *values = g_new(uint64_t, n);

	for (uint32_t i = 0; i < n; i++) {
		keys[i] = i * 2654435761u; /* odd: no key twice */
		values[i] = (uint64_t)keys[i] * i;
	}
	if (bpf_map_update_batch(fd, keys, values, &n, NULL))
		g_error("the map cannot be filled");
}

static struct subject make_subject(uint32_t n)
{
	uint32_t u32, u64, n_bytes = sizeof(struct bpf_map_info);
	struct btf *btf = make_types(&u32, &u64);
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .btf_fd = (uint32_t)btf__fd(btf), .btf_key_type_id = u32,
		    .btf_value_type_id = u64);
	struct bpf_map_info info = {};
	struct map_source source = {
		.info = &info,
		.btf = btf,
		.key_type_id = u32,
		.value_type_id = u64,
		.name = "counts",
	};
	struct subject subject = {};

	source.fd = bpf_map_create(BPF_MAP_TYPE_HASH, "counts", 4, 8, n,
				   &options);
	if (source.fd < 0 || bpf_obj_get_info_by_fd(source.fd, &info, &n_bytes))
		g_error("no map");
	fill(source.fd, n);
	subject.view = map_view_new(&source, NULL);
	subject.id = info.id;
	return subject;
}

static void render(struct subject *subject)
{
	GBytes *bytes = map_render(subject->view, subject->form,
				   (size_t)1 << 30, NULL);

	if (!bytes)
		g_error("not rendered");
	g_bytes_unref(bytes);
}

static void run_bpftool(struct subject *subject)
{
	g_autofree char *command = g_strdup_printf(
		"bpftool map dump id %u >/dev/null", subject->id);

	if (system(command))
		g_error("bpftool failed");
}

static double best_s(void (*run)(struct subject *), struct subject *subject)
{
	gint64 best = G_MAXINT64;

	for (int i = 0; i < N_RUNS; i++) {
		gint64 start = g_get_monotonic_time();

		run(subject);
		best = MIN(best, g_get_monotonic_time() - start);
	}
	return (double)best / 1e6;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
	struct subject subject = make_subject(n);
	double text_s, json_s, bpftool_s;

	subject.form = MAP_TEXT;
	text_s = best_s(render, &subject);
	subject.form = MAP_JSON;
	json_s = best_s(render, &subject);
	bpftool_s = best_s(run_bpftool, &subject);
	printf("%u entries: text %.3f s, json %.3f s, bpftool map dump %.3f s "
	       "(%.1f and %.1f times as long)\n",
	       n, text_s, json_s, bpftool_s, bpftool_s / text_s,
	       bpftool_s / json_s);
	return 0;
}
