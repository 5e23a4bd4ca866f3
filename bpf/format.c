// SPDX-License-Identifier: GPL-2.0-only
/*
 * format.c - compiling printk formats into steps, and carrying them out.
 *
 * The formats are those of Documentation/core-api/printk-formats.rst as far
 * as their arguments can be in a record. One differs: %p prints the address
 * as %px does. The kernel hashes it to keep addresses from those who may not
 * trace; whoever reads this has already been trusted with more.
 *
 * The addresses behind %pI4 and its like are printed by format_address.c.
 */
#include "format.h"
#include "format_address.h"
#include <linux/types.h>

#include "include/probefs/record.h"

/* Wider than this helps nobody, and must not make a reader's line huge. */
#define FORMAT_MAX_WIDTH 1024

enum step_kind {
	STEP_LITERAL,
	STEP_SIGNED,   /* plain %d of any length */
	STEP_UNSIGNED, /* plain %u */
	STEP_NUMBER,   /* any other integer */
	STEP_CHAR,
	STEP_STRING,
	STEP_SYMBOL,
	STEP_ADDRESS, /* %pI4 and all that point to bytes */
};

enum step_flag {
	FLAG_LEFT = 1 << 0,
	FLAG_PLUS = 1 << 1,
	FLAG_SPACE = 1 << 2,
	FLAG_PREFIX = 1 << 3, /* '#' */
	FLAG_ZERO = 1 << 4,
	FLAG_SIGNED = 1 << 5,
	FLAG_UPPER = 1 << 6,
	FLAG_OFFSET = 1 << 7,   /* %pS: with the offset in the symbol */
	FLAG_BACKTRACE = 1 << 8 /* %pB: the address of a return */
};

struct step {
	enum step_kind kind;
	unsigned flags;
	unsigned base;
	unsigned bits;       /* of the integer, by its length modifier */
	int width;           /* -1: none */
	int precision;       /* -1: none */
	int width_at;        /* offset of the argument of a '*', or -1 */
	int precision_at;    /* the same */
	unsigned at;         /* offset of the argument in the payload */
	unsigned n_bytes;    /* of the argument */
	const char *pointer; /* "I4" of %pI4; borrowed from the table's text */
	char *literal;       /* owned */
	size_t literal_bytes;
	char *literal_json; /* owned, escaped */
	size_t literal_json_bytes;
};

struct format {
	GArray *steps; /* owned */
	unsigned payload_bytes;
};

struct format_table {
	GArray *formats; /* owned */
	GBytes *section; /* owned; what pointers in steps point into */
	format_symbol_fn symbol;
	void *data; /* borrowed */
};

/* Where the compiler of one format is. */
struct compiler {
	const char *at; /* in the text */
	const uint16_t *arg_bytes;
	unsigned n_args;
	unsigned arg;    /* the next one */
	unsigned offset; /* of the next one in the payload */
	GArray *steps;
	GString *literal; /* read, but not yet a step */
};

static bool take_argument(struct compiler *c, unsigned *at, unsigned *n_bytes)
{
	if (c->arg >= c->n_args)
		return false;
	*at = c->offset;
	*n_bytes = c->arg_bytes[c->arg++];
	c->offset = (c->offset + *n_bytes + 7) & ~7u;
	return true;
}

static void flush_literal(struct compiler *c)
{
	struct step step = {.kind = STEP_LITERAL};
	struct text text = {};

	if (!c->literal->len)
		return;
	text_begin(&text, NULL, 0);
	text_put_escaped(&text, TEXT_JSON, c->literal->str, c->literal->len);
	step.literal_json = g_memdup2(text.start, text_length(&text));
	step.literal_json_bytes = text_length(&text);
	text_clear(&text);
	step.literal = g_memdup2(c->literal->str, c->literal->len);
	step.literal_bytes = c->literal->len;
	g_array_append_val(c->steps, step);
	g_string_truncate(c->literal, 0);
}

static void read_flags(struct compiler *c, struct step *step)
{
	for (;; c->at++) {
		switch (*c->at) {
		case '-':
			step->flags |= FLAG_LEFT;
			break;
		case '+':
			step->flags |= FLAG_PLUS;
			break;
		case ' ':
			step->flags |= FLAG_SPACE;
			break;
		case '#':
			step->flags |= FLAG_PREFIX;
			break;
		case '0':
			step->flags |= FLAG_ZERO;
			break;
		default:
			return;
		}
	}
}

/* A number or a '*', whose argument's offset goes to @star_at. */
static bool read_count(struct compiler *c, int *count, int *star_at)
{
	unsigned at, n_bytes;

	if (*c->at == '*') {
		c->at++;
		if (!take_argument(c, &at, &n_bytes) || n_bytes != 8)
			return false;
		*star_at = (int)at;
		return true;
	}
	while (g_ascii_isdigit(*c->at)) {
		*count = MIN(MAX(*count, 0) * 10 + (*c->at - '0'),
			     FORMAT_MAX_WIDTH);
		c->at++;
	}
	return true;
}

static void read_length(struct compiler *c, struct step *step)
{
	step->bits = 32;
	if (g_str_has_prefix(c->at, "hh")) {
		step->bits = 8;
		c->at += 2;
	} else if (*c->at == 'h') {
		step->bits = 16;
		c->at++;
	} else {
		while (*c->at && strchr("lLqjzt", *c->at)) {
			step->bits = 64;
			c->at++;
		}
	}
}

/* What follows "%p": "S", "I6c"… Moves behind it. */
static void read_pointer(struct compiler *c, struct step *step)
{
	step->bits = 64;
	step->base = 16;
	step->pointer = c->at;
	switch (*c->at) {
	case 'S':
	case 'B':
	case 'F':
		step->flags |= FLAG_OFFSET;
		/* fall through */
	case 's':
	case 'f':
		step->kind = STEP_SYMBOL;
		if (*c->at++ == 'B')
			step->flags |= FLAG_BACKTRACE;
		while (*c->at == 'R' || *c->at == 'b')
			c->at++;
		return;
	case 'x':
	case 'K':
		c->at++;
		break;
	default: {
		unsigned length = format_address_suffix(c->at);

		if (length) {
			step->kind = STEP_ADDRESS;
			c->at += length;
			return;
		}
	}
	}
	step->kind = STEP_NUMBER;
	if (step->width < 0 && step->width_at < 0) {
		step->width = (step->flags & FLAG_PREFIX) ? 18 : 16;
		step->flags |= FLAG_ZERO;
	}
}

static bool read_integer(struct step *step, char conversion)
{
	step->kind = STEP_NUMBER;
	step->base = 10;
	switch (conversion) {
	case 'd':
	case 'i':
		step->flags |= FLAG_SIGNED;
		break;
	case 'u':
		break;
	case 'X':
		step->flags |= FLAG_UPPER;
		/* fall through */
	case 'x':
		step->base = 16;
		break;
	case 'o':
		step->base = 8;
		break;
	default:
		return false;
	}
	if (step->base == 10 && !(step->flags & ~(unsigned)FLAG_SIGNED) &&
	    step->width < 0 && step->width_at < 0 && step->precision < 0 &&
	    step->precision_at < 0)
		step->kind = (step->flags & FLAG_SIGNED) ? STEP_SIGNED
							 : STEP_UNSIGNED;
	return true;
}

static bool read_conversion(struct compiler *c, struct step *step)
{
	char conversion = *c->at;

	if (!conversion)
		return false;
	c->at++;
	switch (conversion) {
	case 'c':
		step->kind = STEP_CHAR;
		return true;
	case 's':
		step->kind = STEP_STRING;
		return true;
	case 'p':
		read_pointer(c, step);
		return true;
	default:
		return read_integer(step, conversion);
	}
}

static bool argument_fits(const struct step *step)
{
	if (step->kind == STEP_STRING)
		return true;
	if (step->kind == STEP_ADDRESS)
		return step->n_bytes >= format_address_bytes(step->pointer);
	return step->n_bytes == 8;
}

/* What follows a '%'. False: it is no conversion that can be printed. */
static bool read_step(struct compiler *c)
{
	struct step step = {.width = -1,
			    .precision = -1,
			    .width_at = -1,
			    .precision_at = -1};

	read_flags(c, &step);
	if (!read_count(c, &step.width, &step.width_at))
		return false;
	if (*c->at == '.') {
		c->at++;
		step.precision = 0;
		if (!read_count(c, &step.precision, &step.precision_at))
			return false;
	}
	read_length(c, &step);
	if (!read_conversion(c, &step) ||
	    !take_argument(c, &step.at, &step.n_bytes) || !argument_fits(&step))
		return false;
	flush_literal(c);
	g_array_append_val(c->steps, step);
	return true;
}

/* A conversion that is none stays in the text as the user wrote it. */
static void compile_text(struct compiler *c)
{
	while (*c->at) {
		const char *begin = c->at;

		if (*c->at != '%') {
			g_string_append_c(c->literal, *c->at++);
			continue;
		}
		c->at++;
		if (*c->at == '%') {
			g_string_append_c(c->literal, *c->at++);
			continue;
		}
		if (!read_step(c))
			g_string_append_len(c->literal, begin, c->at - begin);
	}
	/* Each event is a line: the reader ends it. */
	if (c->literal->len && c->literal->str[c->literal->len - 1] == '\n')
		g_string_truncate(c->literal, c->literal->len - 1);
	flush_literal(c);
}

static void step_clear(void *data)
{
	struct step *step = data;

	g_free(step->literal);
	g_free(step->literal_json);
}

static void format_clear(void *data)
{
	struct format *format = data;

	g_array_unref(format->steps);
}

/* The entry at @entry, which is whole and well-formed. */
static void compile_entry(struct format_table *table,
			  const struct probefs_format *entry)
{
	const uint16_t *arg_bytes = (const uint16_t *)(entry + 1);
	g_autoptr(GString) literal = g_string_new(NULL);
	struct compiler c = {
		.at = (const char *)(arg_bytes + entry->n_args),
		.arg_bytes = arg_bytes,
		.n_args = entry->n_args,
		.steps = g_array_new(false, false, sizeof(struct step)),
		.literal = literal,
	};
	struct format format = {.steps = c.steps};

	g_array_set_clear_func(c.steps, step_clear);
	compile_text(&c);
	for (unsigned i = 0; i < entry->n_args; i++)
		format.payload_bytes = ((format.payload_bytes + 7) & ~7u) +
				       arg_bytes[i];
	g_array_append_val(table->formats, format);
}

/* The entry at @data, or NULL where the rest of the table makes no sense. */
static const struct probefs_format *check_entry(const uint8_t *data,
						size_t n_bytes)
{
	const struct probefs_format *entry = (const void *)data;
	size_t text;

	if (n_bytes < sizeof(*entry) || entry->entry_bytes > n_bytes ||
	    entry->entry_bytes % 4)
		return NULL;
	text = sizeof(*entry) + sizeof(uint16_t) * entry->n_args;
	if (!entry->text_bytes || text + entry->text_bytes > entry->entry_bytes)
		return NULL;
	if (data[text + entry->text_bytes - 1])
		return NULL;
	return entry;
}

struct format_table *format_table_new(const void *section, size_t n_bytes,
				      format_symbol_fn symbol, void *data)
{
	struct format_table *table = g_new0(struct format_table, 1);
	const struct probefs_format *entry;
	const uint8_t *at;

	table->formats = g_array_new(false, false, sizeof(struct format));
	g_array_set_clear_func(table->formats, format_clear);
	table->section = g_bytes_new(section, section ? n_bytes : 0);
	table->symbol = symbol;
	table->data = data;
	at = g_bytes_get_data(table->section, &n_bytes);
	while (at && (entry = check_entry(at, n_bytes))) {
		compile_entry(table, entry);
		at += entry->entry_bytes;
		n_bytes -= entry->entry_bytes;
	}
	return table;
}

void format_table_free(struct format_table *table)
{
	if (!table)
		return;
	g_array_unref(table->formats);
	g_bytes_unref(table->section);
	g_free(table);
}

size_t format_table_length(const struct format_table *table)
{
	return table->formats->len;
}

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
