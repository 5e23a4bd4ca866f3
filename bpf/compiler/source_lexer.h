/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source_lexer.h - C text to tokens. Comments are gone, lines that end in a
 * backslash are joined, a string is one token. Knows nothing of what the
 * tokens mean.
 */
#ifndef PROBEFS_COMPILER_SOURCE_LEXER_H
#define PROBEFS_COMPILER_SOURCE_LEXER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum token_type {
	TOKEN_END,
	TOKEN_NEWLINE, /* only inside a preprocessor line: its end */
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_STRING,     /* or character constant, with its quotes */
	TOKEN_HASH,       /* the '#' that begins a preprocessor line */
	TOKEN_PUNCTUATOR, /* one byte */
};

struct token {
	enum token_type type;
	const char *text; /* borrowed; not terminated */
	size_t n_bytes;
};

struct lexer {
	char *text;       /* owned; lines joined */
	const char *next; /* in text */
	const char *end;
	bool at_line_start;
	bool in_directive;
};

void lexer_init(struct lexer *lexer, const char *text, size_t n_bytes);
void lexer_clear(struct lexer *lexer);

/* The next token; TOKEN_END again and again at the end. */
struct token lexer_next(struct lexer *lexer);

/*
 * The header's name of an #include, read from right after the directive's
 * name, or NULL where it is a macro. *is_angled: it stood in <…>.
 */
char *lexer_header_name(struct lexer *lexer, bool *is_angled);

bool token_is(const struct token *token, const char *text);

#endif
