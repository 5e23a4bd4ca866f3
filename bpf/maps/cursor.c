// SPDX-License-Identifier: GPL-2.0-only
/* cursor.c - words of a line. Knows no types. */
#include "cursor.h"

#include <errno.h>
#include <string.h>

#include "bpf/error.h"

bool cursor_fail(struct cursor *cursor, int err, const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	probefs_set_error(cursor->error, err, "%s: line %zu: %s: %s",
			  cursor->map_name, cursor->line, cursor->path->str,
			  message);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void cursor_skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && is_blank(*cursor->at))
		cursor->at++;
}

void cursor_skip_separator(struct cursor *cursor)
{
	cursor_skip_blanks(cursor);
	if (!cursor_is_at(cursor, ','))
		return;
	cursor->at++;
	cursor_skip_blanks(cursor);
}

bool cursor_expect(struct cursor *cursor, char c)
{
	struct word word;

	if (cursor_is_at(cursor, c)) {
		cursor->at++;
		return true;
	}
	word = cursor_peek(cursor);
	if (word.n)
		return cursor_fail(cursor, EINVAL,
				   "\"%.*s\" where '%c' "
				   "should be",
				   (int)word.n, word.at, c);
	return cursor_fail(cursor, EINVAL, "'%c' is missing", c);
}

static bool ends_word(char c)
{
	return is_blank(c) || c == ',' || c == '}' || c == ']';
}

struct word cursor_peek(const struct cursor *cursor)
{
	struct word word = {.at = cursor->at};

	while (word.at + word.n < cursor->end && !ends_word(word.at[word.n]))
		word.n++;
	return word;
}

struct word cursor_take(struct cursor *cursor)
{
	struct word word = cursor_peek(cursor);

	cursor->at += word.n;
	return word;
}

struct word cursor_peek_name(const struct cursor *cursor)
{
	struct word word = {.at = cursor->at};

	while (word.at + word.n < cursor->end &&
	       (g_ascii_isalnum(word.at[word.n]) || word.at[word.n] == '_'))
		word.n++;
	if (word.at + word.n == cursor->end || word.at[word.n] != '=')
		word.n = 0;
	return word;
}

/* The character that the escape at the cursor, behind its '\', stands for. */
static bool take_escape(struct cursor *cursor, GString *string)
{
	static const char letters[] = "nt\\\"", meanings[] = "\n\t\\\"";
	const char *letter;

	if (cursor->end - cursor->at >= 3 && *cursor->at == 'x' &&
	    g_ascii_isxdigit(cursor->at[1]) &&
	    g_ascii_isxdigit(cursor->at[2])) {
		int byte = g_ascii_xdigit_value(cursor->at[1]) * 16 +
			   g_ascii_xdigit_value(cursor->at[2]);

		g_string_append_c(string, (char)byte);
		cursor->at += 3;
		return true;
	}
	letter = cursor->at < cursor->end && *cursor->at
			 ? strchr(letters, *cursor->at)
			 : NULL;
	if (!letter)
		return cursor_fail(cursor, EINVAL,
				   "a '\\' that is none of \\xNN, \\n, \\t, "
				   "\\\\ and \\\"");
	g_string_append_c(string, meanings[letter - letters]);
	cursor->at++;
	return true;
}

GString *cursor_take_string(struct cursor *cursor)
{
	bool is_quoted = cursor_is_at(cursor, '"');
	g_autoptr(GString) string = g_string_new(NULL);

	cursor->at += is_quoted;
	while (cursor->at < cursor->end) {
		char c = *cursor->at;

		if (is_quoted ? c == '"' : ends_word(c))
			break;
		cursor->at++;
		if (c != '\\')
			g_string_append_c(string, c);
		else if (!take_escape(cursor, string))
			return NULL;
	}
	if (is_quoted && !cursor_expect(cursor, '"'))
		return NULL;
	return g_steal_pointer(&string);
}
