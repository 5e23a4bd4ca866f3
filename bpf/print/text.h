/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - writing the text of one event into a buffer of fixed size.
 *
 * A reader's buffer is written in place. An event that does not fit goes on
 * in the spill buffer, which grows as needed, and the reader decides what to
 * do with it. So whoever writes text asks for room and never counts.
 */
#ifndef PROBEFS_BPF_TEXT_H
#define PROBEFS_BPF_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a string of the traced system looks like when it is printed. */
enum text_style {
	/*
	 * As /dev/kmsg: control bytes, backslash and what is not UTF-8 as
	 * \xNN. What is valid UTF-8 stays readable.
	 */
	TEXT_PLAIN,
	/*
	 * The inside of a JSON string. A byte that is not part of valid
	 * UTF-8 becomes \u00NN, so that its value is not lost.
	 */
	TEXT_JSON,
};

struct text {
	char *at;
	char *end;
	char *start; /* of the event being written, in the buffer or spill */
	char *spill; /* owned */
	size_t spill_bytes;
	bool is_spilled;
};

/* The most digits that an integer has, in any base, sign included. */
#define TEXT_MAX_DIGITS 65

/* Begin an event at @buffer, which has @n_bytes (may be 0). */
void text_begin(struct text *text, char *buffer, size_t n_bytes);

/* The bytes of the event since text_begin. */
static inline size_t text_length(const struct text *text)
{
	return (size_t)(text->at - text->start);
}

/* Free the spill buffer. */
void text_clear(struct text *text);

/* Go on in the spill buffer, with room for @n_bytes more. */
void text_spill(struct text *text, size_t n_bytes);

/* Room for @n_bytes at the result, which is text->at. */
static inline char *text_room(struct text *text, size_t n_bytes)
{
	if (G_UNLIKELY((size_t)(text->end - text->at) < n_bytes))
		text_spill(text, n_bytes);
	return text->at;
}

static inline void text_put(struct text *text, const char *bytes,
			    size_t n_bytes)
{
	memcpy(text_room(text, n_bytes), bytes, n_bytes);
	text->at += n_bytes;
}

#define text_put_literal(text, literal) \
	text_put(text, literal, sizeof(literal) - 1)

static inline void text_put_string(struct text *text, const char *string)
{
	text_put(text, string, strlen(string));
}

static inline void text_put_char(struct text *text, char c)
{
	*text_room(text, 1) = c;
	text->at++;
}

void text_fill(struct text *text, char c, size_t n);

void text_put_u64(struct text *text, uint64_t value);
void text_put_i64(struct text *text, int64_t value);
/* At least @n_digits, with zeros or (text_put_u64_right) blanks before. */
void text_put_u64_zeros(struct text *text, uint64_t value, unsigned n_digits);
void text_put_u64_right(struct text *text, uint64_t value, unsigned width);
void text_put_hex(struct text *text, uint64_t value, unsigned n_digits);
void text_put_hex_bytes(struct text *text, const uint8_t *bytes, size_t n);

/*
 * Write @value's digits so that they end before @end; returns where they
 * begin. @base: 2 to 16; @digits is "0123456789abcdef" or the like.
 */
char *text_digits(char *end, uint64_t value, unsigned base, const char *digits);
char *text_decimal(char *end, uint64_t value);

/* A string of the traced system: @n_bytes, whatever they are. */
void text_put_escaped(struct text *text, enum text_style style,
		      const char *bytes, size_t n_bytes);

#endif
