/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source_lexer.c - C text to tokens. Owns no more than a copy of the text
 * with its continued lines joined. Must not know what tokens mean.
 */
#include "source_lexer.h"

#include <string.h>

/* Backslash, newline is nothing at all, even inside a name. */
static char *join_lines(const char *text, size_t n_bytes, size_t *n_joined)
{
	char *joined = g_malloc(n_bytes + 1);
	size_t n = 0;

	for (size_t i = 0; i < n_bytes; i++) {
		if (text[i] == '\\' && i + 1 < n_bytes && text[i + 1] == '\n') {
			i++;
			continue;
		}
		if (text[i] == '\\' && i + 2 < n_bytes && text[i + 1] == '\r' &&
		    text[i + 2] == '\n') {
			i += 2;
			continue;
		}
		joined[n++] = text[i];
	}
	joined[n] = '\0';
	*n_joined = n;
	return joined;
}

void lexer_init(struct lexer *lexer, const char *text, size_t n_bytes)
{
	size_t n;

	*lexer = (struct lexer){
		.text = join_lines(text, n_bytes, &n),
		.at_line_start = true,
	};
	lexer->next = lexer->text;
	lexer->end = lexer->text + n;
}

void lexer_clear(struct lexer *lexer)
{
	g_clear_pointer(&lexer->text, g_free);
}

static bool is_name_start(char c)
{
	return g_ascii_isalpha(c) || c == '_' || c == '$' || (c & 0x80);
}

static bool is_name_part(char c)
{
	return is_name_start(c) || g_ascii_isdigit(c);
}

/* Past a comment at the cursor; false where there is none. */
static bool skip_comment(struct lexer *lexer)
{
	const char *p = lexer->next;

	if (lexer->end - p < 2 || p[0] != '/')
		return false;
	if (p[1] == '/') {
		while (p < lexer->end && *p != '\n')
			p++;
		lexer->next = p;
		return true;
	}
	if (p[1] != '*')
		return false;
	for (p += 2; p < lexer->end; p++) {
		if (p[0] == '*' && p + 1 < lexer->end && p[1] == '/') {
			lexer->next = p + 2;
			return true;
		}
	}
	lexer->next = lexer->end;
	return true;
}

/* Blanks, comments and, outside of directives, newlines. */
static void skip_space(struct lexer *lexer)
{
	while (lexer->next < lexer->end) {
		char c = *lexer->next;

		if (c == '\n') {
			if (lexer->in_directive)
				return;
			lexer->at_line_start = true;
		} else if (!g_ascii_isspace(c) && c != '\0') {
			if (!skip_comment(lexer))
				return;
			continue;
		}
		lexer->next++;
	}
}

/* The end of a string; an unfinished one ends with its line. */
static const char *string_end(const struct lexer *lexer, const char *start)
{
	char quote = *start;
	const char *p = start + 1;

	while (p < lexer->end && *p != '\n') {
		if (*p == '\\' && p + 1 < lexer->end)
			p++;
		else if (*p == quote)
			return p + 1;
		p++;
	}
	return p;
}

static const char *number_end(const struct lexer *lexer, const char *start)
{
	const char *p = start;

	while (p < lexer->end && (is_name_part(*p) || *p == '.'))
		p++;
	return p;
}

static const char *name_end(const struct lexer *lexer, const char *start)
{
	const char *p = start;

	while (p < lexer->end && is_name_part(*p))
		p++;
	return p;
}

static struct token take(struct lexer *lexer, enum token_type type,
			 const char *end)
{
	struct token token = {
		.type = type,
		.text = lexer->next,
		.n_bytes = end - lexer->next,
	};

	lexer->next = end;
	return token;
}

struct token lexer_next(struct lexer *lexer)
{
	bool at_line_start;
	const char *p;

	skip_space(lexer);
	p = lexer->next;
	at_line_start = lexer->at_line_start;
	lexer->at_line_start = false;
	if (p >= lexer->end || *p == '\n') {
		bool was_in_directive = lexer->in_directive;

		lexer->in_directive = false;
		return take(lexer, was_in_directive ? TOKEN_NEWLINE : TOKEN_END,
			    p);
	}
	if (*p == '#' && at_line_start) {
		lexer->in_directive = true;
		return take(lexer, TOKEN_HASH, p + 1);
	}
	if (*p == '"' || *p == '\'')
		return take(lexer, TOKEN_STRING, string_end(lexer, p));
	if (g_ascii_isdigit(*p))
		return take(lexer, TOKEN_NUMBER, number_end(lexer, p));
	if (is_name_start(*p))
		return take(lexer, TOKEN_NAME, name_end(lexer, p));
	return take(lexer, TOKEN_PUNCTUATOR, p + 1);
}

char *lexer_header_name(struct lexer *lexer, bool *is_angled)
{
	const char *start, *end;

	skip_space(lexer);
	start = lexer->next;
	if (start >= lexer->end || (*start != '<' && *start != '"'))
		return NULL;
	*is_angled = *start == '<';
	for (end = ++start; end < lexer->end && *end != '\n'; end++) {
		if (*end == (*is_angled ? '>' : '"'))
			break;
	}
	if (end >= lexer->end || *end == '\n')
		return NULL;
	lexer->next = end + 1;
	return g_strndup(start, end - start);
}

bool token_is(const struct token *token, const char *text)
{
	return token->n_bytes == strlen(text) &&
	       memcmp(token->text, text, token->n_bytes) == 0;
}
