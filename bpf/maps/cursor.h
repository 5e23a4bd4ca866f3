/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cursor.h - where the parsing of a line is, the words there, and the sentence
 * about what is wrong with them.
 */
#ifndef PROBEFS_BPF_MAPS_CURSOR_H
#define PROBEFS_BPF_MAPS_CURSOR_H

#include <glib.h>
#include <stdbool.h>

struct value_types;

struct cursor {
	const char *at;  /* borrowed, as the next ones */
	const char *end; /* of the line */
	struct value_types *types;
	const char *map_name;
	size_t line;    /* from 1 */
	GString *path;  /* owned by the parser: "key.pid", what is parsed */
	bool is_in_key; /* a TAB ends it, and so may what is not a member */
	GError **error;
};

/* A word: up to a blank, a comma or a closing bracket. */
struct word {
	const char *at;
	size_t n;
};

/* Set the error, "MAP: line N: PATH: …"; always false. */
bool cursor_fail(struct cursor *cursor, int err, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

void cursor_skip_blanks(struct cursor *cursor); /* and tabs */
/* In a list of elements: one comma, too. */
void cursor_skip_separator(struct cursor *cursor);

static inline bool cursor_is_at(const struct cursor *cursor, char c)
{
	return cursor->at < cursor->end && *cursor->at == c;
}

/* Step over @c; false, and an error, when it is not there. */
bool cursor_expect(struct cursor *cursor, char c);

/* The word here, left where it is; of length 0 at the end. */
struct word cursor_peek(const struct cursor *cursor);
struct word cursor_take(struct cursor *cursor);

/* The name before a '=' that is here, left where it is; or of length 0. */
struct word cursor_peek_name(const struct cursor *cursor);

/*
 * A string here, in quotes or without, its escapes undone: \xNN, \n, \t, \\,
 * \". NULL and an error when it is malformed.
 */
GString *cursor_take_string(struct cursor *cursor);

#endif
