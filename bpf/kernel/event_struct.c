/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_struct.c - owns the translation of format files to C. The offsets in
 * the file are the truth; the declaration is made to agree with them.
 */
#include "event_struct.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct field {
	char *declaration; /* "const char * filename", "char comm[16]" */
	char *name;
	unsigned offset;
	unsigned n_bytes;
	bool is_signed;
	bool is_location; /* __data_loc: where in the record it lies */
};

static void field_clear(struct field *field)
{
	g_free(field->declaration);
	g_free(field->name);
}

/* The value of "key:" in a line of a format file. */
static unsigned line_number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? (unsigned)g_ascii_strtoull(at + strlen(key), NULL, 10) : 0;
}

/* "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;" */
static bool field_parse(const char *line, struct field *field)
{
	const char *at = strstr(line, "field:");
	const char *end = at ? strchr(at, ';') : NULL;
	size_t n_name, n;

	if (!end)
		return false;
	at += strlen("field:");
	field->offset = line_number(end, "offset:");
	field->n_bytes = line_number(end, "size:");
	field->is_signed = line_number(end, "signed:");
	field->is_location = g_str_has_prefix(at, "__data_loc ") ||
			     g_str_has_prefix(at, "__rel_loc ");
	field->declaration = g_strndup(at, end - at);
	/* The name is the last word before any "[…]". */
	n = strcspn(field->declaration, "[");
	if (field->is_location)
		n = strlen(field->declaration);
	while (n && field->declaration[n - 1] == ' ')
		n--;
	for (n_name = 0; n_name < n; n_name++)
		if (strchr(" *", field->declaration[n - n_name - 1]))
			break;
	field->name = g_strndup(field->declaration + n - n_name, n_name);
	return true;
}

static const struct {
	const char *name;
	unsigned n_bytes;
} basic_types[] = {
	{"char", 1},
	{"signed char", 1},
	{"unsigned char", 1},
	{"bool", 1},
	{"short", 2},
	{"unsigned short", 2},
	{"int", 4},
	{"unsigned int", 4},
	{"unsigned", 4},
	{"long", 8},
	{"unsigned long", 8},
	{"long long", 8},
	{"unsigned long long", 8},
	{"u8", 1},
	{"u16", 2},
	{"u32", 4},
	{"u64", 8},
	{"s8", 1},
	{"s16", 2},
	{"s32", 4},
	{"s64", 8},
	{"__u8", 1},
	{"__u16", 2},
	{"__u32", 4},
	{"__u64", 8},
	{"pid_t", 4},
	{"size_t", 8},
};

/* The size of what is declared, or 0: not known here. */
static unsigned declared_bytes(const struct field *field)
{
	g_autofree char *type = NULL;

	if (strchr(field->declaration, '*'))
		return 8;
	type = g_strndup(field->declaration,
			 strlen(field->declaration) - strlen(field->name));
	g_strstrip(type);
	for (guint i = 0; i < G_N_ELEMENTS(basic_types); i++)
		if (!strcmp(type, basic_types[i].name))
			return basic_types[i].n_bytes;
	return 0;
}

static bool is_scalar_size(unsigned n_bytes)
{
	return n_bytes == 1 || n_bytes == 2 || n_bytes == 4 || n_bytes == 8;
}

/* The bytes to which the compiler will align the member. */
static unsigned member_alignment(const struct field *field)
{
	const char *bracket = strchr(field->declaration, '[');
	unsigned n_elements;

	if (field->is_location)
		return 4;
	if (!bracket)
		return is_scalar_size(field->n_bytes) ? field->n_bytes : 1;
	n_elements = (unsigned)g_ascii_strtoull(bracket + 1, NULL, 10);
	if (!n_elements || !is_scalar_size(field->n_bytes / n_elements))
		return 1;
	return field->n_bytes / n_elements;
}

static void append_member(GString *text, const struct field *field)
{
	unsigned n_declared = declared_bytes(field);

	if (field->is_location)
		g_string_append_printf(
			text,
			"\tint data_loc_%s; /* %s: offset in the low "
			"16 bits, length above */\n",
			field->name, field->declaration);
	else if (strchr(field->declaration, '[') ||
		 n_declared == field->n_bytes ||
		 (!n_declared && field->n_bytes != 8) ||
		 !is_scalar_size(field->n_bytes))
		g_string_append_printf(text, "\t%s;\n", field->declaration);
	else
		/* A system call's argument takes 8 bytes, whatever its type. */
		g_string_append_printf(text, "\t%s %s; /* %s */\n",
				       field->is_signed ? "__s64" : "__u64",
				       field->name, field->declaration);
}

char *event_struct(const char *subsystem, const char *event, const char *format)
{
	g_auto(GStrv) lines = g_strsplit(format, "\n", -1);
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned at = 0;

	g_string_append_printf(text, "struct %s_%s {\n", subsystem, event);
	for (guint i = 0; lines[i]; i++) {
		struct field field = {};
		unsigned alignment;

		if (!field_parse(lines[i], &field))
			continue;
		alignment = member_alignment(&field);
		if ((at + alignment - 1) / alignment * alignment !=
			    field.offset &&
		    field.offset > at)
			g_string_append_printf(text, "\tchar pad_at_%u[%u];\n",
					       at, field.offset - at);
		append_member(text, &field);
		at = field.offset + field.n_bytes;
		field_clear(&field);
	}
	g_string_append(text, "};\n");
	return g_string_free(g_steal_pointer(&text), FALSE);
}
