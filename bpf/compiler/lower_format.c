/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_format.c - what a printk format asks of its arguments.
 *
 * The conversions are the kernel's (Documentation/core-api/printk-formats),
 * as far as bpf_trace_printk has them, and %pM, %pU and %o besides. Knows
 * strings only, no LLVM.
 */
#include "lower_format.h"

#include <string.h>

struct pointer_format {
	const char *letters; /* after "%p" */
	enum lower_conversion_type type;
	unsigned int n_bytes;
};

/* The longer first. */
static const struct pointer_format pointer_formats[] = {
	{"ks", LOWER_STRING, 0},  {"us", LOWER_STRING, 0},
	{"I4", LOWER_BYTES, 4},   {"i4", LOWER_BYTES, 4},
	{"I6c", LOWER_BYTES, 16}, {"I6", LOWER_BYTES, 16},
	{"i6", LOWER_BYTES, 16},  {"MF", LOWER_BYTES, 6},
	{"MR", LOWER_BYTES, 6},   {"M", LOWER_BYTES, 6},
	{"mR", LOWER_BYTES, 6},   {"m", LOWER_BYTES, 6},
	{"UL", LOWER_BYTES, 16},  {"UB", LOWER_BYTES, 16},
	{"Ul", LOWER_BYTES, 16},  {"Ub", LOWER_BYTES, 16},
	{"U", LOWER_BYTES, 16},   {"x", LOWER_ADDRESS, 0},
	{"K", LOWER_ADDRESS, 0},  {"B", LOWER_ADDRESS, 0},
	{"s", LOWER_ADDRESS, 0},  {"S", LOWER_ADDRESS, 0},
	{"f", LOWER_ADDRESS, 0},  {"F", LOWER_ADDRESS, 0},
};

static void add(GArray *conversions, enum lower_conversion_type type,
		unsigned int n_bytes, bool is_long, const char *start,
		const char *end)
{
	struct lower_conversion conversion = {
		.type = type,
		.n_bytes = n_bytes,
		.is_long = is_long,
	};
	size_t length = MIN((size_t)(end - start), sizeof(conversion.text) - 1);

	memcpy(conversion.text, start, length);
	g_array_append_val(conversions, conversion);
}

/* Past flags, width and precision; each '*' is an argument of its own. */
static const char *skip_width(GArray *conversions, const char *p)
{
	p += strspn(p, "-+ #0");
	for (;; p++) {
		if (*p == '*')
			add(conversions, LOWER_SIGNED, 0, false, "'*'",
			    "'*'" + 3);
		else if (!*p || !strchr("0123456789.", *p))
			return p;
	}
}

/* @p is behind "%p"; returns what is behind its letters, NULL: unknown. */
static const char *parse_pointer(GArray *conversions, const char *start,
				 const char *p)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pointer_formats); i++) {
		const struct pointer_format *format = &pointer_formats[i];

		if (!g_str_has_prefix(p, format->letters))
			continue;
		p += strlen(format->letters);
		/* The byte order of %pI4: host, network, big, little. */
		if (strstr(format->letters, "4"))
			p += strspn(p, "hnbl") ? 1 : 0;
		add(conversions, format->type, format->n_bytes, true, start, p);
		return p;
	}
	if (g_ascii_isalnum(*p))
		return NULL;
	add(conversions, LOWER_ADDRESS, 0, true, start, p);
	return p;
}

/* @start is at the '%'; returns what is behind the conversion. */
static const char *parse_conversion(GArray *conversions, const char *start)
{
	const char *p = skip_width(conversions, start + 1);
	size_t n_length = strspn(p, "hlLqjzt");
	bool is_long = n_length && *p != 'h';

	p += n_length;
	switch (*p) {
	case '%':
		return p + 1;
	case 'd':
	case 'i':
		add(conversions, LOWER_SIGNED, 0, is_long, start, p + 1);
		return p + 1;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
	case 'c':
		add(conversions, LOWER_UNSIGNED, 0, is_long, start, p + 1);
		return p + 1;
	case 's':
		add(conversions, LOWER_STRING, 0, true, start, p + 1);
		return p + 1;
	case 'p':
		return parse_pointer(conversions, start, p + 1);
	default:
		return NULL;
	}
}

GArray *lower_format_parse(const char *format, char **problem)
{
	g_autoptr(GArray)
		conversions = g_array_new(false, true,
					  sizeof(struct lower_conversion));
	const char *p = format;

	while ((p = strchr(p, '%'))) {
		const char *end = parse_conversion(conversions, p);

		if (!end) {
			*problem = g_strdup_printf(
				"\"%.8s\" is no conversion that can be printed "
				"here; %%%% prints a percent sign",
				p);
			return NULL;
		}
		p = end;
	}
	return g_steal_pointer(&conversions);
}
