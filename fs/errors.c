/* SPDX-License-Identifier: GPL-2.0-only */
/* errors.c - owns the lines of /errors. Knows no FUSE and no engine. */
#include "errors.h"

#include <string.h>

struct errors {
	GQueue lines; /* char *, owned, oldest at the head */
	unsigned int capacity;
	unsigned long n_all;
};

struct errors *errors_new(unsigned int capacity)
{
	struct errors *errors = g_new0(struct errors, 1);

	g_queue_init(&errors->lines);
	errors->capacity = capacity;
	return errors;
}

void errors_free(struct errors *errors)
{
	if (!errors)
		return;
	g_queue_clear_full(&errors->lines, g_free);
	g_free(errors);
}

/* A file's name may hold anything, and a line must stay a line. */
static void append_escaped(GString *line, const char *text, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			g_string_append_printf(line, "\\x%02x", c);
		else
			g_string_append_c(line, (char)c);
	}
}

void errors_add(struct errors *errors, const char *path, uid_t uid,
		const char *sentence)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
	GString *line = g_string_new(time);

	g_string_append_c(line, ' ');
	append_escaped(line, path, strlen(path));
	g_string_append_printf(line, " uid %u: ", (unsigned int)uid);
	append_escaped(line, sentence, strcspn(sentence, "\n"));
	g_string_append_c(line, '\n');

	g_queue_push_tail(&errors->lines, g_string_free(line, FALSE));
	errors->n_all++;
	if (g_queue_get_length(&errors->lines) > errors->capacity)
		g_free(g_queue_pop_head(&errors->lines));
}

GBytes *errors_show(const struct errors *errors)
{
	GString *all = g_string_new(NULL);

	for (GList *at = errors->lines.head; at; at = at->next)
		g_string_append(all, at->data);
	return g_string_free_to_bytes(all);
}

unsigned long errors_count(const struct errors *errors)
{
	return errors->n_all;
}
