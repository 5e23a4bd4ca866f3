/* SPDX-License-Identifier: GPL-2.0-only */
/* attach_line.c - owns the syntax of attach files. Knows no program. */
#include "attach_line.h"

#include "bpf/error.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool check_bytes(const char *text, size_t n, GError **error)
{
	/* A file that was written elsewhere may have CR LF. */
	if (n && text[n - 1] == '\r')
		n--;
	if (n > ATTACH_LINE_BYTES_MAX) {
		probefs_set_error(error, E2BIG,
				  "the line is too long (more than %d bytes)",
				  ATTACH_LINE_BYTES_MAX);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = text[i];

		if ((isprint(byte) || byte == '\t') && byte < 0x7f)
			continue;
		probefs_set_error(error, EINVAL,
				  "byte %zu of the line is \\x%02x; a line is "
				  "[PROGRAM:]FUNCTION [option=value]…",
				  i + 1, byte);
		return false;
	}
	return true;
}

static bool take_option(struct attach_line *line, const struct kind *kind,
			const char *word, GError **error)
{
	const char *equals = strchr(word, '=');
	g_autofree char *key = NULL, *longer = NULL;

	if (!equals) {
		probefs_set_error(error, EINVAL,
				  "\"%s\" is not an option=value; each line "
				  "names one function",
				  word);
		return false;
	}
	key = g_strndup(word, equals - word);
	if (!kind->option) {
		probefs_set_error(error, EINVAL,
				  "unknown option %s: %s have no options", key,
				  kind->shown.directory);
		return false;
	}
	if (strcmp(kind->option->name, key)) {
		probefs_set_error(error, EINVAL,
				  "unknown option %s: %s have only %s", key,
				  kind->shown.directory, kind->option->name);
		return false;
	}
	if (!kind->option->parse(&line->options, equals + 1, error))
		return false;
	longer = g_steal_pointer(&line->options_text);
	line->options_text = g_strconcat(longer, " ", word, NULL);
	return true;
}

static bool is_name(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
			return false;
	return true;
}

static bool take_function(struct attach_line *line, const char *word,
			  GError **error)
{
	const char *colon;

	line->is_removal = *word == '!';
	word += line->is_removal;
	if (line->is_removal && !*word) {
		probefs_set_error(error, EINVAL,
				  "the function follows the ! directly, as "
				  "!hello");
		return false;
	}
	colon = strchr(word, ':');
	if (colon)
		line->program = g_strndup(word, colon - word);
	line->function = g_strdup(colon ? colon + 1 : word);
	if (*line->function && is_name(line->function) &&
	    (!colon || (colon != word && is_name(line->program))))
		return true;
	probefs_set_error(error, EINVAL,
			  "\"%s\" is not [PROGRAM:]FUNCTION, as hello or "
			  "net:on_drop",
			  word);
	return false;
}

struct attach_line *attach_line_parse(const struct kind *kind, const char *text,
				      size_t n, GError **error)
{
	g_autofree char *copy = NULL;
	struct attach_line *line;
	char *word, *rest;
	bool is_good = true;

	if (!check_bytes(text, n, error))
		return NULL;
	copy = g_strstrip(g_strndup(text, n));
	if (!*copy || *copy == '#')
		return NULL;
	line = g_new0(struct attach_line, 1);
	line->options_text = g_strdup("");
	rest = copy;
	while (is_good && (word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		is_good = line->function ? take_option(line, kind, word, error)
					 : take_function(line, word, error);
	}
	if (is_good)
		return line;
	attach_line_free(line);
	return NULL;
}

void attach_line_free(struct attach_line *line)
{
	if (!line)
		return;
	g_free(line->program);
	g_free(line->function);
	g_free(line->options_text);
	g_free(line);
}
