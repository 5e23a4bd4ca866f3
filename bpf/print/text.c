// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - the buffer of an event's text, numbers, and the escaping of
 * strings. No printf here: this is the path of millions of events a second.
 */
#include "text.h"

#define TEXT_SPILL_MIN 4096

static const char two_digits[] = "00010203040506070809"
				 "10111213141516171819"
				 "20212223242526272829"
				 "30313233343536373839"
				 "40414243444546474849"
				 "50515253545556575859"
				 "60616263646566676869"
				 "70717273747576777879"
				 "80818283848586878889"
				 "90919293949596979899";

static const char hex_digits[] = "0123456789abcdef";

void text_begin(struct text *text, char *buffer, size_t n_bytes)
{
	text->at = text->start = buffer;
	text->end = buffer + n_bytes;
	text->is_spilled = false;
}

void text_clear(struct text *text)
{
	g_clear_pointer(&text->spill, g_free);
	text->spill_bytes = 0;
}

void text_spill(struct text *text, size_t n_bytes)
{
	size_t length = text_length(text), wanted = length + n_bytes;

	if (text->spill_bytes < wanted) {
		text->spill_bytes = MAX(wanted * 2, TEXT_SPILL_MIN);
		text->spill = g_realloc(text->spill, text->spill_bytes);
	}
	if (!text->is_spilled && length)
		memcpy(text->spill, text->start, length);
	text->is_spilled = true;
	text->start = text->spill;
	text->at = text->spill + length;
	text->end = text->spill + text->spill_bytes;
}

void text_fill(struct text *text, char c, size_t n)
{
	memset(text_room(text, n), c, n);
	text->at += n;
}

char *text_decimal(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, two_digits + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, two_digits + value * 2, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

char *text_digits(char *end, uint64_t value, unsigned base, const char *digits)
{
	do {
		*--end = digits[value % base];
		value /= base;
	} while (value);
	return end;
}

static unsigned count_digits(uint64_t value)
{
	unsigned n = 1;

	for (;;) {
		if (value < 10)
			return n;
		if (value < 100)
			return n + 1;
		if (value < 1000)
			return n + 2;
		if (value < 10000)
			return n + 3;
		value /= 10000;
		n += 4;
	}
}

void text_put_u64(struct text *text, uint64_t value)
{
	unsigned n = count_digits(value);

	text_room(text, n);
	text->at += n;
	text_decimal(text->at, value);
}

void text_put_i64(struct text *text, int64_t value)
{
	if (value < 0) {
		text_put_char(text, '-');
		text_put_u64(text, -(uint64_t)value);
	} else {
		text_put_u64(text, (uint64_t)value);
	}
}

static void put_u64_padded(struct text *text, uint64_t value, unsigned width,
			   char pad)
{
	unsigned n = count_digits(value);

	if (n < width)
		text_fill(text, pad, width - n);
	text_room(text, n);
	text->at += n;
	text_decimal(text->at, value);
}

void text_put_u64_zeros(struct text *text, uint64_t value, unsigned n_digits)
{
	put_u64_padded(text, value, n_digits, '0');
}

void text_put_u64_right(struct text *text, uint64_t value, unsigned width)
{
	put_u64_padded(text, value, width, ' ');
}

void text_put_hex(struct text *text, uint64_t value, unsigned n_digits)
{
	char digits[16];
	char *end = digits + sizeof(digits);
	char *at = text_digits(end, value, 16, hex_digits);

	while (at > digits && (unsigned)(end - at) < n_digits)
		*--at = '0';
	text_put(text, at, (size_t)(end - at));
}

void text_put_hex_bytes(struct text *text, const uint8_t *bytes, size_t n)
{
	char *at = text_room(text, n * 2);

	for (size_t i = 0; i < n; i++) {
		*at++ = hex_digits[bytes[i] >> 4];
		*at++ = hex_digits[bytes[i] & 15];
	}
	text->at = at;
}

/*
 * The length of the UTF-8 character at @s, of at most @n bytes: 1 for ASCII,
 * 0 for what is not valid, as surrogates and overlong forms. @lowest is the
 * first character above ASCII that counts as valid.
 */
static unsigned utf8_length(const uint8_t *s, size_t n, uint32_t lowest)
{
	uint32_t c;
	unsigned length;

	if (s[0] < 0x80)
		return 1;
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || length > n)
		return 0;
	c = s[0] & (0x7fu >> length);
	for (unsigned i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < lowest || (length == 3 && c < 0x800) ||
	    (length == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return length;
}

static void put_byte_escape(struct text *text, enum text_style style, uint8_t c)
{
	char *at = text_room(text, 6);

	*at++ = '\\';
	if (style == TEXT_JSON) {
		memcpy(at, "u00", 3);
		at += 3;
	} else {
		*at++ = 'x';
	}
	*at++ = hex_digits[c >> 4];
	*at++ = hex_digits[c & 15];
	text->at = at;
}

static void put_special(struct text *text, enum text_style style, uint8_t c)
{
	if (style == TEXT_PLAIN) {
		put_byte_escape(text, style, c);
		return;
	}
	switch (c) {
	case '"':
		text_put_literal(text, "\\\"");
		break;
	case '\\':
		text_put_literal(text, "\\\\");
		break;
	case '\n':
		text_put_literal(text, "\\n");
		break;
	case '\t':
		text_put_literal(text, "\\t");
		break;
	case '\r':
		text_put_literal(text, "\\r");
		break;
	default:
		put_byte_escape(text, style, c);
	}
}

/* May byte @c stand for itself, with no look at its neighbours? */
static inline bool is_plain(enum text_style style, uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '\\' &&
	       (c != '"' || style == TEXT_PLAIN);
}

void text_put_escaped(struct text *text, enum text_style style,
		      const char *bytes, size_t n_bytes)
{
	const uint8_t *s = (const uint8_t *)bytes;
	/* Terminals obey some of U+0080 to U+009F. */
	uint32_t lowest = style == TEXT_PLAIN ? 0xa0 : 0x80;
	size_t i = 0;

	while (i < n_bytes) {
		size_t begin = i;
		unsigned length;

		while (i < n_bytes && is_plain(style, s[i]))
			i++;
		if (i > begin)
			text_put(text, bytes + begin, i - begin);
		if (i == n_bytes)
			return;
		length = utf8_length(s + i, n_bytes - i, lowest);
		if (length > 1) {
			text_put(text, bytes + i, length);
			i += length;
		} else if (length == 1) {
			put_special(text, style, s[i++]);
		} else {
			put_byte_escape(text, style, s[i++]);
		}
	}
}
