// SPDX-License-Identifier: GPL-2.0-only
/*
 * format.c - compiling printk formats into steps.
 *
 * The formats are those of Documentation/core-api/printk-formats.rst as far
 * as their arguments can be in a record. One differs: %p prints the address
 * as %px does. The kernel hashes it to keep addresses from those who may not
 * trace; whoever reads this has already been trusted with more.
 */
#include "format_steps.h"

#include "format_address.h"
#include <linux/types.h>

#include "bpf/include/probefs/record.h"

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
