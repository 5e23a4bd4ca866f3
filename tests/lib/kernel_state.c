// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_state.c - `kernel_state`: the BPF programs and links that the kernel
 * has, and its probe events, a line each, sorted:
 *
 *   prog_id: ID TYPE NAME      link_id: ID TYPE
 *   kprobe event DEFINITION    uprobe event DEFINITION
 *
 * One process, since an emulated machine starts few of them in a second. A
 * tracefs need not be mounted. Exit status 1: the kernel does not say.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/kernel/tracefs.h"

static void add_program(GPtrArray *lines, int fd, uint32_t id)
{
	struct bpf_prog_info info = {};
	uint32_t n_bytes = sizeof(info);
	const char *type;

	if (bpf_obj_get_info_by_fd(fd, &info, &n_bytes))
		return;
	type = libbpf_bpf_prog_type_str(info.type);
	g_ptr_array_add(lines, g_strdup_printf("prog_id: %u %s %s", id,
					       type ? type : "?", info.name));
}

static void add_link(GPtrArray *lines, int fd, uint32_t id)
{
	struct bpf_link_info info = {};
	uint32_t n_bytes = sizeof(info);
	const char *type;

	if (bpf_obj_get_info_by_fd(fd, &info, &n_bytes))
		return;
	type = libbpf_bpf_link_type_str(info.type);
	g_ptr_array_add(lines, g_strdup_printf("link_id: %u %s", id,
					       type ? type : "?"));
}

/* All objects of a kind; one that goes meanwhile is none. */
static void add_objects(GPtrArray *lines,
			int (*next)(uint32_t id, uint32_t *next_id),
			int (*open_id)(uint32_t id),
			void (*add)(GPtrArray *lines, int fd, uint32_t id))
{
	uint32_t id = 0;
	int fd;

	while (!next(id, &id)) {
		fd = open_id(id);
		if (fd < 0)
			continue;
		add(lines, fd, id);
		close(fd);
	}
	if (errno != ENOENT) {
		fprintf(stderr, "kernel_state: %s\n", strerror(errno));
		exit(1);
	}
}

/* A kernel without such probes has no such file. */
static void add_probe_events(GPtrArray *lines, const struct tracefs *tracefs,
			     const char *file, const char *what)
{
	g_autofree char *text = tracefs_read(tracefs, file, NULL);
	g_auto(GStrv) events = g_strsplit(text ? text : "", "\n", -1);

	for (char **event = events; *event; event++)
		if (**event)
			g_ptr_array_add(lines, g_strdup_printf("%s event %s",
							       what, *event));
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	struct tracefs *tracefs = tracefs_new(NULL);

	add_objects(lines, bpf_prog_get_next_id, bpf_prog_get_fd_by_id,
		    add_program);
	add_objects(lines, bpf_link_get_next_id, bpf_link_get_fd_by_id,
		    add_link);
	if (tracefs) {
		add_probe_events(lines, tracefs, "kprobe_events", "kprobe");
		add_probe_events(lines, tracefs, "uprobe_events", "uprobe");
	}
	tracefs_free(tracefs);
	g_ptr_array_sort(lines, by_text);
	for (guint i = 0; i < lines->len; i++)
		puts(g_ptr_array_index(lines, i));
	return 0;
}
