// SPDX-License-Identifier: GPL-2.0-only
/* draw.c - rows of stars. */
#include "draw.h"

#define MAX_STARS        40
/* With a slot beyond this, columns are wider and bars shorter. */
#define LAST_NARROW_SLOT 32
/* The fraction of a double, with the bit that is not stored. */
#define FRACTION_BITS    53

/*
 * floor(width * count / highest), where the quotient is first rounded to a
 * double, as Python's division is: one that lies less than half a unit of the
 * last place below an integer becomes that integer.
 */
unsigned draw_stars(uint64_t count, uint64_t highest, unsigned width)
{
	unsigned __int128 product = (unsigned __int128)count * width;
	unsigned __int128 missing;
	unsigned stars = (unsigned)(product / highest);
	/* The exponent of the doubles just below stars + 1. */
	int exponent = stars ? 31 - __builtin_clz(stars) : -1;

	missing = highest - product % highest;
	if (stars < width && missing << (FRACTION_BITS - exponent) <= highest)
		stars++;
	return stars;
}

/* What all rows of a picture have in common. */
struct scale {
	uint64_t highest;
	size_t n; /* up to the last slot that counted something */
	unsigned n_stars;
};

static struct scale measure(const uint64_t *counts, size_t n)
{
	struct scale scale = {.n_stars = MAX_STARS};

	for (size_t i = 0; i < n; i++) {
		if (!counts[i])
			continue;
		scale.n = i + 1;
		scale.highest = MAX(scale.highest, counts[i]);
	}
	return scale;
}

static void put_left(struct text *text, const char *string, size_t width)
{
	size_t n = strlen(string);

	text_put(text, string, n);
	if (n < width)
		text_fill(text, ' ', width - n);
}

static void put_u64_left(struct text *text, uint64_t value, unsigned width)
{
	char digits[TEXT_MAX_DIGITS + 1] = {};

	put_left(text, text_decimal(digits + TEXT_MAX_DIGITS, value), width);
}

static void put_header(struct text *text, unsigned indent, const char *unit,
		       unsigned width)
{
	text_fill(text, ' ', indent);
	put_left(text, unit, width);
	text_put_literal(text, " : count     distribution\n");
}

/* " : COUNT    |STARS   |" */
static void put_bar(struct text *text, const struct scale *scale,
		    uint64_t count)
{
	unsigned n = draw_stars(count, scale->highest, scale->n_stars);

	text_put_literal(text, " : ");
	put_u64_left(text, count, 8);
	text_put_literal(text, " |");
	text_fill(text, '*', n);
	text_fill(text, ' ', scale->n_stars - n);
	text_put_literal(text, "|\n");
}

void draw_log2(const uint64_t *counts, size_t n, const char *unit,
	       struct text *text)
{
	struct scale scale = measure(counts, MIN(n, DRAW_LOG2_SLOTS));
	bool is_wide = scale.n > LAST_NARROW_SLOT + 1;
	unsigned width = is_wide ? 20 : 10;

	/* Slot 0 is never drawn. */
	if (scale.n < 2)
		return;
	if (is_wide)
		scale.n_stars = MAX_STARS / 2;
	put_header(text, is_wide ? 15 : 5, unit, is_wide ? 29 : 19);
	for (size_t i = 1; i < scale.n; i++) {
		uint64_t low = i > 1 ? 1ull << (i - 1) : 0;

		text_put_u64_right(text, low, width);
		text_put_literal(text, " -> ");
		put_u64_left(text, UINT64_MAX >> (64 - i), width);
		put_bar(text, &scale, counts[i]);
	}
}

void draw_linear(const uint64_t *counts, size_t n, const char *unit,
		 struct text *text)
{
	struct scale scale = measure(counts, n);

	if (!scale.n)
		return;
	put_header(text, 5, unit, 13);
	for (size_t i = 0; i < scale.n; i++) {
		text_fill(text, ' ', 8);
		put_u64_left(text, i, 10);
		put_bar(text, &scale, counts[i]);
	}
}
