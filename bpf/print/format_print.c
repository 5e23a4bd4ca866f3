// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_print.c - carrying out the steps of a format with the arguments of a
 * record. The addresses behind %pI4 and its like are format_address.c's.
 */
#include "format_steps.h"

#include "format_address.h"

static inline uint64_t load_u64(const uint8_t *payload, unsigned at)
{
	uint64_t value;

	memcpy(&value, payload + at, sizeof(value));
	return value;
}

static inline uint64_t truncate_value(uint64_t value, unsigned bits,
				      bool is_signed)
{
	unsigned shift = 64 - bits;

	if (is_signed)
		return (uint64_t)((int64_t)(value << shift) >> shift);
	return value << shift >> shift;
}

/* One conversion with its '*' arguments in place. */
struct spec {
	unsigned flags;
	unsigned width;
	int precision; /* -1: none */
};

static struct spec step_spec(const struct step *step, const uint8_t *payload)
{
	struct spec spec = {.flags = step->flags, .precision = step->precision};
	int width = step->width;

	if (step->width_at >= 0) {
		width = (int)load_u64(payload, (unsigned)step->width_at);
		if (width < 0) {
			spec.flags |= FLAG_LEFT;
			width = width < -FORMAT_MAX_WIDTH ? FORMAT_MAX_WIDTH
							  : -width;
		}
	}
	if (step->precision_at >= 0)
		spec.precision = (int)load_u64(payload,
					       (unsigned)step->precision_at);
	spec.precision = CLAMP(spec.precision, -1, FORMAT_MAX_WIDTH);
	spec.width = (unsigned)CLAMP(width, 0, FORMAT_MAX_WIDTH);
	if (spec.flags & FLAG_LEFT)
		spec.flags &= ~(unsigned)FLAG_ZERO;
	return spec;
}

static void pad(struct text *text, char c, unsigned width, size_t length)
{
	if (length < width)
		text_fill(text, c, width - length);
}

static char sign_of(unsigned flags, int64_t value)
{
	if (!(flags & FLAG_SIGNED))
		return 0;
	if (value < 0)
		return '-';
	if (flags & FLAG_PLUS)
		return '+';
	return (flags & FLAG_SPACE) ? ' ' : 0;
}

/* "0x", "0" or "", as the kernel's number() has it: 0 is "0x0". */
static const char *prefix_of(const struct step *step, uint64_t value)
{
	if (!(step->flags & FLAG_PREFIX) || step->base == 10)
		return "";
	if (step->base == 16)
		return (step->flags & FLAG_UPPER) ? "0X" : "0x";
	return value ? "0" : "";
}

static void print_number(struct text *text, const struct step *step,
			 const struct spec *spec, uint64_t value)
{
	char digits[TEXT_MAX_DIGITS], *end = digits + sizeof(digits), *at;
	char sign = sign_of(spec->flags, (int64_t)value);
	const char *prefix = prefix_of(step, value);
	size_t n_digits, n_zeros = 0, length;

	if (sign == '-')
		value = -value;
	at = text_digits(end, value, step->base,
			 (step->flags & FLAG_UPPER) ? "0123456789ABCDEF"
						    : "0123456789abcdef");
	n_digits = (size_t)(end - at);
	if (spec->precision > (int)n_digits)
		n_zeros = (size_t)spec->precision - n_digits;
	length = n_digits + n_zeros + strlen(prefix) + (sign != 0);
	if (!(spec->flags & (FLAG_ZERO | FLAG_LEFT)))
		pad(text, ' ', spec->width, length);
	if (sign)
		text_put_char(text, sign);
	text_put_string(text, prefix);
	if (spec->flags & FLAG_ZERO)
		pad(text, '0', spec->width, length);
	text_fill(text, '0', n_zeros);
	text_put(text, at, n_digits);
	if (spec->flags & FLAG_LEFT)
		pad(text, ' ', spec->width, length);
}

static void print_padded(struct text *text, enum text_style style,
			 const struct spec *spec, const char *bytes,
			 size_t n_bytes)
{
	if (!(spec->flags & FLAG_LEFT))
		pad(text, ' ', spec->width, n_bytes);
	text_put_escaped(text, style, bytes, n_bytes);
	if (spec->flags & FLAG_LEFT)
		pad(text, ' ', spec->width, n_bytes);
}

static void print_string(struct text *text, enum text_style style,
			 const struct step *step, const struct spec *spec,
			 const uint8_t *payload)
{
	const char *string = (const char *)payload + step->at;
	size_t n_bytes = strnlen(string, step->n_bytes);

	if (spec->precision >= 0)
		n_bytes = MIN(n_bytes, (size_t)spec->precision);
	print_padded(text, style, spec, string, n_bytes);
}

/* "vfs_read", "vfs_read+0x10", or "0xffff…" for what has no name. */
static void print_symbol(const struct format_table *table, struct text *text,
			 enum text_style style, const struct step *step,
			 const struct spec *spec, uint64_t address)
{
	uint64_t offset = 0;
	bool is_return = (step->flags & FLAG_BACKTRACE) && address;
	const char *name = NULL;
	struct text symbol = {};

	/* A call may be a function's last instruction. */
	if (table->symbol)
		name = table->symbol(address - is_return, &offset, table->data);
	text_begin(&symbol, NULL, 0);
	if (name) {
		text_put_string(&symbol, name);
		if (step->flags & FLAG_OFFSET) {
			text_put_literal(&symbol, "+0x");
			text_put_hex(&symbol, offset + is_return, 1);
		}
	} else {
		text_put_literal(&symbol, "0x");
		text_put_hex(&symbol, address, 1);
	}
	print_padded(text, style, spec, symbol.start, text_length(&symbol));
	text_clear(&symbol);
}

static void print_address(struct text *text, enum text_style style,
			  const struct step *step, const struct spec *spec,
			  const uint8_t *payload)
{
	char buffer[FORMAT_ADDRESS_BYTES];
	size_t n = format_address_print(buffer, step->pointer,
					payload + step->at, step->n_bytes,
					spec->width);

	/* The width of %*ph is the number of its bytes. */
	if (*step->pointer == 'h')
		text_put(text, buffer, n);
	else
		print_padded(text, style, spec, buffer, n);
}

/* All but the most frequent kinds. */
static void print_step(const struct format_table *table,
		       const struct step *step, const uint8_t *payload,
		       enum text_style style, struct text *text)
{
	struct spec spec = step_spec(step, payload);
	uint64_t value = 0;
	char c;

	if (step->kind != STEP_STRING && step->kind != STEP_ADDRESS)
		value = load_u64(payload, step->at);
	switch (step->kind) {
	case STEP_CHAR:
		c = (char)value;
		print_padded(text, style, &spec, &c, 1);
		break;
	case STEP_STRING:
		print_string(text, style, step, &spec, payload);
		break;
	case STEP_SYMBOL:
		print_symbol(table, text, style, step, &spec, value);
		break;
	case STEP_ADDRESS:
		print_address(text, style, step, &spec, payload);
		break;
	case STEP_LITERAL:
	case STEP_SIGNED:
	case STEP_UNSIGNED:
	case STEP_NUMBER:
		value = truncate_value(value, step->bits,
				       step->flags & FLAG_SIGNED);
		print_number(text, step, &spec, value);
		break;
	}
}

static inline void print_plain_string(const struct step *step,
				      const uint8_t *payload,
				      enum text_style style, struct text *text)
{
	const char *string = (const char *)payload + step->at;

	text_put_escaped(text, style, string, strnlen(string, step->n_bytes));
}

static inline bool is_plain_string(const struct step *step)
{
	return step->kind == STEP_STRING && step->width < 0 &&
	       step->precision < 0 && step->width_at < 0 &&
	       step->precision_at < 0;
}

bool format_print(const struct format_table *table, uint32_t id,
		  const uint8_t *payload, size_t n_bytes, enum text_style style,
		  struct text *text)
{
	const struct format *format;
	const struct step *step, *end;

	if (id >= table->formats->len)
		return false;
	format = &g_array_index(table->formats, struct format, id);
	if (n_bytes < format->payload_bytes)
		return false;
	step = (const struct step *)(void *)format->steps->data;
	for (end = step + format->steps->len; step < end; step++) {
		if (step->kind == STEP_LITERAL && style == TEXT_PLAIN)
			text_put(text, step->literal, step->literal_bytes);
		else if (step->kind == STEP_LITERAL)
			text_put(text, step->literal_json,
				 step->literal_json_bytes);
		else if (step->kind == STEP_UNSIGNED)
			text_put_u64(text,
				     truncate_value(load_u64(payload, step->at),
						    step->bits, false));
		else if (step->kind == STEP_SIGNED)
			text_put_i64(text, (int64_t)truncate_value(
						   load_u64(payload, step->at),
						   step->bits, true));
		else if (is_plain_string(step))
			print_plain_string(step, payload, style, text);
		else
			print_step(table, step, payload, style, text);
	}
	return true;
}
