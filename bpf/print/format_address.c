// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_address.c - internet, hardware and unique addresses as printk
 * writes them. Formats: Documentation/core-api/printk-formats.rst.
 */
#include "format_address.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

/* The kernel's own limit of %*ph. */
#define HEX_MAX_BYTES 64

unsigned format_address_suffix(const char *suffix)
{
	unsigned n;

	switch (suffix[0]) {
	case 'I':
	case 'i':
		if (suffix[1] == '4')
			return suffix[2] && strchr("hnbl", suffix[2]) ? 3 : 2;
		if (suffix[1] == '6')
			return suffix[2] == 'c' && suffix[0] == 'I' ? 3 : 2;
		return 0;
	case 'M':
	case 'm':
		n = suffix[1] && strchr("FR", suffix[1]) ? 2 : 1;
		return n;
	case 'U':
		return suffix[1] && strchr("bBlL", suffix[1]) ? 2 : 1;
	case 'h':
		return suffix[1] && strchr("CDN", suffix[1]) ? 2 : 1;
	default:
		return 0;
	}
}

unsigned format_address_bytes(const char *suffix)
{
	switch (suffix[0]) {
	case 'I':
	case 'i':
		return suffix[1] == '4' ? 4 : 16;
	case 'M':
	case 'm':
		return 6;
	case 'U':
		return 16;
	default:
		return 0;
	}
}

static char *put_hex(char *at, uint8_t byte, bool is_upper)
{
	const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";

	*at++ = digits[byte >> 4];
	*at++ = digits[byte & 15];
	return at;
}

static char *put_decimal(char *at, unsigned value, unsigned n_digits)
{
	char digits[20], *end = digits + sizeof(digits);
	char *first = text_decimal(end, value);

	while ((unsigned)(end - first) < n_digits)
		*--first = '0';
	memcpy(at, first, (size_t)(end - first));
	return at + (end - first);
}

/* @suffix: "I4" plain, "i4" with leading zeros, "I4l" little endian. */
static char *put_ip4(char *at, const char *suffix, const uint8_t *bytes)
{
	bool is_swapped = suffix[2] == 'l' ||
			  (suffix[2] == 'h' && G_BYTE_ORDER == G_LITTLE_ENDIAN);

	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_decimal(at, bytes[is_swapped ? 3 - i : i],
				 suffix[0] == 'i' ? 3 : 1);
	}
	return at;
}

static char *put_ip6(char *at, const uint8_t *bytes, bool with_colons)
{
	for (unsigned i = 0; i < 16; i++) {
		if (with_colons && i && i % 2 == 0)
			*at++ = ':';
		at = put_hex(at, bytes[i], false);
	}
	return at;
}

/* The longest run of at least two zero words among the first @n_words. */
static unsigned longest_zeros(const uint16_t *words, unsigned n_words,
			      unsigned *length)
{
	unsigned best = n_words;

	*length = 1;
	for (unsigned i = 0; i < n_words; i++) {
		unsigned n = 0;

		while (i + n < n_words && !words[i + n])
			n++;
		if (n > *length) {
			*length = n;
			best = i;
		}
	}
	return best;
}

static char *put_word(char *at, unsigned word)
{
	char digits[8], *end = digits + sizeof(digits);
	char *first = text_digits(end, word, 16, "0123456789abcdef");

	memcpy(at, first, (size_t)(end - first));
	return at + (end - first);
}

/* RFC 5952: shortest form; v4-mapped and ISATAP addresses end in dots. */
static char *put_ip6_short(char *at, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool has_ip4 = !memcmp(bytes, mapped, sizeof(mapped)) ||
		       ((bytes[8] | 2) == 2 && !bytes[9] && bytes[10] == 0x5e &&
			bytes[11] == 0xfe);
	unsigned n_words = has_ip4 ? 6 : 8, n_zeros;
	uint16_t words[8];
	unsigned zeros;

	for (unsigned i = 0; i < 8; i++)
		words[i] = (uint16_t)(bytes[i * 2] << 8 | bytes[i * 2 + 1]);
	zeros = longest_zeros(words, n_words, &n_zeros);
	for (unsigned i = 0; i < n_words; i++) {
		if (i == zeros) {
			*at++ = ':';
			if (i + n_zeros == n_words)
				*at++ = ':';
			i += n_zeros - 1;
			continue;
		}
		if (i)
			*at++ = ':';
		at = put_word(at, words[i]);
	}
	if (has_ip4) {
		if (at[-1] != ':')
			*at++ = ':';
		at = put_ip4(at, "I4", bytes + 12);
	}
	return at;
}

/* @suffix: "M" with colons, "MF" with dashes, "MR" backwards, "m" bare. */
static char *put_mac(char *at, const char *suffix, const uint8_t *bytes)
{
	for (unsigned i = 0; i < 6; i++) {
		if (i && suffix[0] == 'M')
			*at++ = suffix[1] == 'F' ? '-' : ':';
		at = put_hex(at, bytes[suffix[1] == 'R' ? 5 - i : i], false);
	}
	return at;
}

/* @suffix: "Ub" big endian, "Ul" little endian; capital: upper case. */
static char *put_uuid(char *at, const char *suffix, const uint8_t *bytes)
{
	static const uint8_t big[16] = {0, 1, 2,  3,  4,  5,  6,  7,
					8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t little[16] = {3, 2, 1,  0,  5,  4,  7,  6,
					   8, 9, 10, 11, 12, 13, 14, 15};
	char variant = suffix[1];
	const uint8_t *order = variant == 'l' || variant == 'L' ? little : big;
	bool is_upper = variant == 'B' || variant == 'L';

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at = put_hex(at, bytes[order[i]], is_upper);
	}
	return at;
}

static char *put_bytes(char *at, const char *suffix, const uint8_t *bytes,
		       size_t n_bytes)
{
	char separator = suffix[1] == 'C' ? ':' : suffix[1] == 'D' ? '-' : ' ';

	for (size_t i = 0; i < n_bytes; i++) {
		if (i && suffix[1] != 'N')
			*at++ = separator;
		at = put_hex(at, bytes[i], false);
	}
	return at;
}

size_t format_address_print(char *buffer, const char *suffix,
			    const uint8_t *bytes, size_t n_bytes,
			    unsigned width)
{
	char *end = buffer;

	switch (suffix[0]) {
	case 'I':
	case 'i':
		if (suffix[1] == '4')
			end = put_ip4(buffer, suffix, bytes);
		else if (format_address_suffix(suffix) == 3)
			end = put_ip6_short(buffer, bytes);
		else
			end = put_ip6(buffer, bytes, suffix[0] == 'I');
		break;
	case 'M':
	case 'm':
		end = put_mac(buffer, suffix, bytes);
		break;
	case 'U':
		end = put_uuid(buffer, suffix, bytes);
		break;
	case 'h':
		n_bytes = MIN(n_bytes, HEX_MAX_BYTES);
		end = put_bytes(buffer, suffix, bytes,
				width ? MIN(n_bytes, width) : n_bytes);
		break;
	default:
		break;
	}
	return (size_t)(end - buffer);
}
