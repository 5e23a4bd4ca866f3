// SPDX-License-Identifier: GPL-2.0-only
/* held.c - reads /proc/PID/fd and fdinfo, and asks the kernel for BPF ids. */
#include "held.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *kind;
	int (*open_id)(uint32_t id);
} kinds[] = {
	{"prog_id", bpf_prog_get_fd_by_id},
	{"link_id", bpf_link_get_fd_by_id},
	{"map_id", bpf_map_get_fd_by_id},
};

/* A line of fdinfo is "map_id:\t12". */
static void add_objects(GHashTable *objects, const char *fdinfo)
{
	g_auto(GStrv) lines = g_strsplit(fdinfo, "\n", -1);

	for (char **line = lines; *line; line++)
		for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
			size_t n = strlen(kinds[i].kind);

			if (!strncmp(*line, kinds[i].kind, n) &&
			    (*line)[n] == ':')
				g_hash_table_add(
					objects,
					g_strdup_printf("%s %s", kinds[i].kind,
							g_strchug(*line + n +
								  1)));
		}
}

static GDir *open_dir(pid_t pid, const char *what)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, what);

	return g_dir_open(path, 0, NULL);
}

GHashTable *held_objects(pid_t pid)
{
	GHashTable *objects = g_hash_table_new_full(g_str_hash, g_str_equal,
						    g_free, NULL);
	g_autoptr(GDir) dir = open_dir(pid, "fdinfo");
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_strdup_printf("/proc/%d/fdinfo/%s",
							pid, name);
		g_autofree char *text = NULL;

		if (g_file_get_contents(path, &text, NULL, NULL))
			add_objects(objects, text);
	}
	return objects;
}

guint held_count(GHashTable *objects, const char *kind)
{
	GHashTableIter iter;
	gpointer object;
	guint n = 0;

	g_hash_table_iter_init(&iter, objects);
	while (g_hash_table_iter_next(&iter, &object, NULL))
		if (g_str_has_prefix(object, kind))
			n++;
	return n;
}

bool held_by_kernel(const char *object)
{
	const char *number = strchr(object, ' ');

	for (guint i = 0; number && i < G_N_ELEMENTS(kinds); i++) {
		int fd;

		if (!g_str_has_prefix(object, kinds[i].kind))
			continue;
		fd = kinds[i].open_id(
			(uint32_t)g_ascii_strtoull(number + 1, NULL, 10));
		if (fd >= 0)
			close(fd);
		return fd >= 0 || errno != ENOENT;
	}
	return true;
}

guint held_descriptors(pid_t pid)
{
	g_autoptr(GDir) dir = open_dir(pid, "fd");
	guint n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	return n;
}

char *held_descriptors_text(pid_t pid)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GDir) dir = open_dir(pid, "fd");
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_strdup_printf("/proc/%d/fd/%s", pid,
							name);
		g_autofree char *to = g_file_read_link(path, NULL);

		g_string_append_printf(text, "%s %s\n", name, to ? to : "?");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
