// SPDX-License-Identifier: GPL-2.0-only
/*
 * variable.c - a global variable of a program as a line of text. It is a part
 * of the value of a map of one entry, which programs change meanwhile: only
 * its own bytes are written, through a mapping.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/error.h"
#include "bpf/object/version.h"
#include "maps.h"
#include "parse.h"

GBytes *map_variable_render(const struct version_variable *variable,
			    GBytes *btf, GError **error)
{
	g_autofree uint8_t *all = g_malloc(variable->map_bytes);
	struct value_types *types;
	const uint32_t first = 0;
	struct text text = {};
	GBytes *content;

	if (bpf_map_lookup_elem(variable->fd, &first, all)) {
		int err = errno;

		probefs_set_error(error, err, "%s: cannot be read: %s",
				  variable->name, g_strerror(err));
		return NULL;
	}
	types = value_types_new(btf);
	text_begin(&text, NULL, 0);
	value_print_as(types, value_type_get(types, variable->type_id),
		       all + variable->offset, variable->n_bytes, TEXT_PLAIN,
		       VALUE_EXACT, &text);
	text_put_char(&text, '\n');
	content = g_bytes_new(text.start, text_length(&text));
	text_clear(&text);
	value_types_free(types);
	return content;
}

/* Its only line; NULL and EINVAL where there are others. */
static const char *only_line(const struct version_variable *variable,
			     const char *text, size_t n_bytes, size_t *n,
			     GError **error)
{
	const char *newline = memchr(text, '\n', n_bytes);

	*n = newline ? (size_t)(newline - text) : n_bytes;
	if (!newline || newline + 1 == text + n_bytes)
		return text;
	probefs_set_error(error, EINVAL,
			  "%s: a variable has one line, its value",
			  variable->name);
	return NULL;
}

GBytes *map_variable_parse(const struct version_variable *variable, GBytes *btf,
			   const char *text, size_t n_bytes, GError **error)
{
	g_autoptr(GString) path = g_string_new("value");
	g_autofree uint8_t *value = g_malloc0(variable->n_bytes);
	struct cursor cursor = {.map_name = variable->name,
				.line = 1,
				.path = path,
				.error = error};
	const struct value_type *type;
	bool is_parsed = true;
	size_t n = 0;

	if (n_bytes &&
	    !(cursor.at = only_line(variable, text, n_bytes, &n, error)))
		return NULL;
	cursor.end = cursor.at + n;
	cursor.types = value_types_new(btf);
	type = value_type_get(cursor.types, variable->type_id);
	if (n_bytes) {
		cursor_skip_blanks(&cursor);
		is_parsed = parse_top(&cursor, type, type, value,
				      variable->n_bytes);
		cursor_skip_blanks(&cursor);
	}
	if (is_parsed && cursor.at != cursor.end)
		is_parsed = cursor_fail(&cursor, EINVAL,
					"\"%.*s\" behind its end",
					(int)MIN(cursor.end - cursor.at, 40),
					cursor.at);
	value_types_free(cursor.types);
	return is_parsed ? g_bytes_new_take(g_steal_pointer(&value),
					    variable->n_bytes)
			 : NULL;
}

/* What fits a register is stored at once, as programs read it. */
static void store(void *to, const void *from, size_t n_bytes)
{
	bool is_aligned = (uintptr_t)to % n_bytes == 0;

	if (n_bytes == 8 && is_aligned)
		__atomic_store_n((uint64_t *)to, *(const uint64_t *)from,
				 __ATOMIC_RELAXED);
	else if (n_bytes == 4 && is_aligned)
		__atomic_store_n((uint32_t *)to, *(const uint32_t *)from,
				 __ATOMIC_RELAXED);
	else
		memcpy(to, from, n_bytes);
}

bool map_variable_set(const struct version_variable *variable, GBytes *value,
		      GError **error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t mapped = (variable->map_bytes + page - 1) / page * page;
	uint8_t *all = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
			    variable->fd, 0);
	int err = errno;

	if (all == MAP_FAILED) {
		probefs_set_error(error, err, "%s: cannot be written: %s",
				  variable->name, g_strerror(err));
		return false;
	}
	store(all + variable->offset, g_bytes_get_data(value, NULL),
	      variable->n_bytes);
	munmap(all, mapped);
	return true;
}
