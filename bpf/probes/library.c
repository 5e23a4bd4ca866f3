/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * library.c - owns the reading of the loader's cache, /etc/ld.so.cache, whose
 * format is that of the C library's ldconfig: a header, entries, strings.
 */
#include "library.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define CACHE_FILE    "/etc/ld.so.cache"
#define CACHE_MAGIC   "glibc-ld.so.cache1.1"

/* Of an entry's flags: which programs can load it. */
#define FLAG_ABI_MASK 0xff00
#if defined(__x86_64__)
#define FLAG_ABI 0x0300
#elif defined(__aarch64__)
#define FLAG_ABI 0x0a00
#else
#define FLAG_ABI 0x0000
#endif

struct cache_header {
	char magic[20];
	uint32_t n_entries;
	uint32_t n_string_bytes;
	uint32_t unused[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name; /* offsets from the file's beginning */
	uint32_t path;
	uint32_t os_version;
	uint64_t hardware;
};

/* Is @library "libc.so.6" where @name is that, or "c"? */
static bool is_library(const char *library, const char *name)
{
	size_t n = strlen(name);

	if (!strcmp(library, name))
		return true;
	if (!g_str_has_prefix(library, "lib") || strncmp(library + 3, name, n))
		return false;
	library += 3 + n;
	return g_str_has_prefix(library, ".so") &&
	       (library[3] == '.' || !library[3]);
}

/* The file ends in a 0 byte, put there by GLib: a string ends in it. */
static const char *string_at(const char *text, size_t n_bytes, uint32_t offset)
{
	return offset < n_bytes ? text + offset : "";
}

char *library_find(const char *name)
{
	const struct cache_header *header;
	const struct cache_entry *entries;
	g_autofree char *text = NULL;
	size_t n_bytes;

	if (!g_file_get_contents(CACHE_FILE, &text, &n_bytes, NULL) ||
	    n_bytes < sizeof(*header) ||
	    memcmp(text, CACHE_MAGIC, strlen(CACHE_MAGIC)))
		return NULL;
	header = (const void *)text;
	entries = (const void *)(header + 1);
	if (header->n_entries > (n_bytes - sizeof(*header)) / sizeof(*entries))
		return NULL;
	for (uint32_t i = 0; i < header->n_entries; i++) {
		const char *path = string_at(text, n_bytes, entries[i].path);

		if ((entries[i].flags & FLAG_ABI_MASK) == FLAG_ABI &&
		    *path == '/' &&
		    is_library(string_at(text, n_bytes, entries[i].name), name))
			return g_strdup(path);
	}
	return NULL;
}

char *command_find(const char *name)
{
	static const char *const directories[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
		"/usr/bin",        "/sbin",          "/bin"};

	for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
		g_autofree char *path = g_strconcat(directories[i], "/", name,
						    NULL);

		if (!access(path, X_OK))
			return g_steal_pointer(&path);
	}
	return NULL;
}
