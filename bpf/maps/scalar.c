// SPDX-License-Identifier: GPL-2.0-only
/* scalar.c - the words that values consist of. */
#include "scalar.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bits.h"
#include "bpf/suggest.h"

struct number {
	bool is_negative;
	uint64_t magnitude;
};

static bool is_word(struct word word, const char *string)
{
	return word.n == strlen(string) && !memcmp(word.at, string, word.n);
}

/* The base that a number's prefix names, which is stepped over. */
static unsigned take_base(struct word *word)
{
	static const struct {
		char letter;
		unsigned base;
	} bases[] = {{'x', 16}, {'o', 8}, {'b', 2}};
	char letter;

	if (word->n < 2 || word->at[0] != '0')
		return 10;
	letter = g_ascii_tolower(word->at[1]);
	for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
		if (letter != bases[i].letter)
			continue;
		word->at += 2;
		word->n -= 2;
		return bases[i].base;
	}
	word->at++; /* as in C */
	word->n--;
	return 8;
}

/* 0, EINVAL or ERANGE. */
static int read_number(struct word word, struct number *number)
{
	unsigned base;

	*number = (struct number){};
	if (word.n && (*word.at == '-' || *word.at == '+')) {
		number->is_negative = *word.at == '-';
		word.at++;
		word.n--;
	}
	base = take_base(&word);
	if (!word.n)
		return EINVAL;
	for (; word.n; word.at++, word.n--) {
		int digit = g_ascii_xdigit_value(*word.at);

		if (digit < 0 || (unsigned)digit >= base)
			return EINVAL;
		if (__builtin_mul_overflow(number->magnitude, base,
					   &number->magnitude) ||
		    __builtin_add_overflow(number->magnitude, (unsigned)digit,
					   &number->magnitude))
			return ERANGE;
	}
	return 0;
}

static bool fail_range(struct cursor *c, struct word word, bool is_signed,
		       unsigned n_bits)
{
	if (is_signed)
		return cursor_fail(c, ERANGE,
				   "%.*s is not in the range %" PRId64
				   " to %" PRId64,
				   (int)word.n, word.at,
				   bits_signed(1ull << (n_bits - 1), n_bits),
				   INT64_MAX >> (64 - n_bits));
	return cursor_fail(c, ERANGE, "%.*s is not in the range 0 to %" PRIu64,
			   (int)word.n, word.at, UINT64_MAX >> (64 - n_bits));
}

static bool is_in_range(const struct number *number, bool is_signed,
			unsigned n_bits)
{
	uint64_t end = UINT64_MAX >> (64 - n_bits);

	if (is_signed)
		return number->magnitude <= end / 2 + number->is_negative;
	return number->magnitude <= end &&
	       (!number->is_negative || !number->magnitude);
}

static bool take_number(struct cursor *c, bool is_signed, unsigned n_bits,
			uint64_t *value)
{
	struct word word = cursor_take(c);
	struct number number;
	int err = read_number(word, &number);

	if (!word.n)
		return cursor_fail(c, EINVAL, "a number is missing");
	if (err == EINVAL)
		return cursor_fail(c, EINVAL, "\"%.*s\" is not a number",
				   (int)word.n, word.at);
	if (err || !is_in_range(&number, is_signed, n_bits))
		return fail_range(c, word, is_signed, n_bits);
	*value = number.is_negative ? -number.magnitude : number.magnitude;
	return true;
}

static bool take_bool(struct cursor *c, unsigned n_bits, uint64_t *value)
{
	struct word word = cursor_peek(c);

	if (is_word(word, "true") || is_word(word, "false")) {
		*value = *word.at == 't';
		c->at += word.n;
		return true;
	}
	return take_number(c, false, 1, value);
}

/* The value of enumerator @i, and its name. */
static const char *enumerator(const struct btf *btf,
			      const struct btf_type *type, uint32_t i,
			      uint64_t *value)
{
	const struct btf_enum64 *wide;

	if (!btf_is_enum64(type)) {
		*value = (uint64_t)btf_enum(type)[i].val;
		return btf__name_by_offset(btf, btf_enum(type)[i].name_off);
	}
	wide = &btf_enum64(type)[i];
	*value = (uint64_t)wide->val_lo32 | (uint64_t)wide->val_hi32 << 32;
	return btf__name_by_offset(btf, wide->name_off);
}

static bool take_enum(struct cursor *c, const struct value_type *type,
		      unsigned n_bits, uint64_t *value)
{
	const struct btf *btf = c->types->btf;
	const struct btf_type *of = btf__type_by_id(btf, type->type_id);
	struct word word = cursor_peek(c);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *wanted = NULL, *hint = NULL;

	if (!word.n || !(g_ascii_isalpha(*word.at) || *word.at == '_'))
		return take_number(c, btf_kflag(of), n_bits, value);
	for (uint32_t i = 0; i < btf_vlen(of); i++) {
		const char *name = enumerator(btf, of, i, value);

		if (!is_word(word, name)) {
			g_ptr_array_add(names, g_strdup(name));
			continue;
		}
		c->at += word.n;
		return true;
	}
	wanted = g_strndup(word.at, word.n);
	hint = suggest_phrase(wanted, names);
	return cursor_fail(c, EINVAL, "enum %s has no %s%s",
			   btf__name_by_offset(btf, of->name_off), wanted,
			   hint);
}

bool scalar_number(struct cursor *cursor, const struct value_type *type,
		   uint8_t *out, size_t bit, unsigned n_bits)
{
	uint64_t value = 0;
	bool is_good;

	if (type->kind == VALUE_BOOL)
		is_good = take_bool(cursor, n_bits, &value);
	else if (type->kind == VALUE_ENUM)
		is_good = take_enum(cursor, type, n_bits, &value);
	else
		is_good = take_number(cursor, type->kind == VALUE_SIGNED,
				      n_bits, &value);
	if (is_good)
		bits_store(out, bit, n_bits, value);
	return is_good;
}

bool scalar_string(struct cursor *cursor, uint8_t *out, size_t n)
{
	g_autoptr(GString) string = cursor_take_string(cursor);

	if (!string)
		return false;
	if (string->len > n)
		return cursor_fail(cursor, ERANGE,
				   "a string of %zu bytes, of which it holds "
				   "at most %zu",
				   string->len, n);
	memcpy(out, string->str, string->len);
	return true;
}

static bool decode_hex(struct word word, uint8_t *out, size_t n)
{
	if (word.n != 2 * n)
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (!g_ascii_isxdigit(word.at[i]))
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(g_ascii_xdigit_value(word.at[2 * i]) * 16 +
				   g_ascii_xdigit_value(word.at[2 * i + 1]));
	return true;
}

bool scalar_bytes(struct cursor *cursor, uint8_t *out, size_t n)
{
	struct word word;

	if (cursor_is_at(cursor, '"'))
		return scalar_string(cursor, out, n);
	word = cursor_take(cursor);
	return decode_hex(word, out, n) ||
	       cursor_fail(cursor, EINVAL,
			   "\"%.*s\" is not %zu bytes of two hexadecimal "
			   "digits each",
			   (int)MIN(word.n, 40), word.at, n);
}

static bool read_address(struct word word, uint8_t *out, size_t n_bytes)
{
	char buffer[INET6_ADDRSTRLEN] = {};

	if ((n_bytes != 4 && n_bytes != 16) || word.n >= sizeof(buffer))
		return false;
	memcpy(buffer, word.at, word.n);
	return inet_pton(n_bytes == 4 ? AF_INET : AF_INET6, buffer, out) == 1;
}

bool scalar_is_address(struct cursor *cursor, uint8_t *out, size_t n_bytes)
{
	struct word word = cursor_peek(cursor);

	if (!read_address(word, out, n_bytes))
		return false;
	cursor->at += word.n;
	return true;
}

bool scalar_prefix(struct cursor *cursor, uint8_t *out, size_t n_bytes)
{
	size_t address_bytes = n_bytes - sizeof(uint32_t);
	struct word word = cursor_take(cursor), address = word, digits;
	const char *slash = memchr(word.at, '/', word.n);
	struct number number;
	uint32_t length;
	int err;

	if (!slash)
		return cursor_fail(cursor, EINVAL,
				   "\"%.*s\" is not ADDRESS/LENGTH",
				   (int)word.n, word.at);
	address.n = (size_t)(slash - word.at);
	digits.at = slash + 1;
	digits.n = word.n - address.n - 1;
	if (!read_address(address, out + 4, address_bytes) &&
	    !decode_hex(address, out + 4, address_bytes))
		return cursor_fail(cursor, EINVAL,
				   "\"%.*s\" is not an address of %zu bytes",
				   (int)address.n, address.at, address_bytes);
	err = read_number(digits, &number);
	if (err == EINVAL)
		return cursor_fail(cursor, EINVAL, "\"%.*s\" is not a number",
				   (int)digits.n, digits.at);
	if (err || number.is_negative || number.magnitude > 8 * address_bytes)
		return cursor_fail(cursor, ERANGE,
				   "a prefix of %.*s bits; there are %zu",
				   (int)digits.n, digits.at, 8 * address_bytes);
	length = (uint32_t)number.magnitude;
	memcpy(out, &length, sizeof(length));
	return true;
}
