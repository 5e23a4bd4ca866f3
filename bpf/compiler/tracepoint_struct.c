/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint_struct.c - tracefs's format file to a C struct. Integers are
 * written by their size: in the events of system calls the type is that of
 * the C function and the slot is always 8 bytes. Must not know files or jobs.
 *
 * A line of the format (kernel: Documentation/trace/events.rst):
 *	field:unsigned char name[16];	offset:8;	size:16;	signed:0;
 */
#include "tracepoint_struct.h"

#include <errno.h>
#include <string.h>

#include "bpf/error.h"

struct field {
	char *type;  /* owned: "unsigned char" */
	char *name;  /* owned: "name" */
	char *array; /* owned: "[16]", or "" */
	unsigned offset, size;
	bool is_signed;
};

static void field_clear(struct field *field)
{
	g_free(field->type);
	g_free(field->name);
	g_free(field->array);
}

static bool read_number(const char *line, const char *key, unsigned *value)
{
	const char *at = strstr(line, key);

	if (!at)
		return false;
	*value = g_ascii_strtoull(at + strlen(key), NULL, 10);
	return true;
}

/* "unsigned char name[16]" to its three parts. */
static bool split_declaration(struct field *field, const char *declaration)
{
	const char *end = strchr(declaration, '[');
	const char *start;

	/* "__data_loc char[] name" has its brackets before the name. */
	if (!end || g_str_has_prefix(declaration, "__data_loc ") ||
	    g_str_has_prefix(declaration, "__rel_loc "))
		end = declaration + strlen(declaration);
	start = end;
	while (start > declaration &&
	       (g_ascii_isalnum(start[-1]) || start[-1] == '_'))
		start--;
	if (start == end || start == declaration)
		return false;
	field->type = g_strstrip(g_strndup(declaration, start - declaration));
	field->name = g_strndup(start, end - start);
	field->array = g_strdup(end);
	return true;
}

static bool parse_field(struct field *field, const char *line)
{
	const char *start = line + strlen("field:");
	const char *end = strchr(start, ';');
	g_autofree char *declaration = NULL;
	unsigned is_signed = 0;

	*field = (struct field){};
	if (!end || !read_number(end, "offset:", &field->offset) ||
	    !read_number(end, "size:", &field->size))
		return false;
	read_number(end, "signed:", &is_signed);
	field->is_signed = is_signed;
	declaration = g_strndup(start, end - start);
	return split_declaration(field, declaration);
}

static const char *integer_type(const struct field *field)
{
	switch (field->size) {
	case 1:
		return field->is_signed ? "__s8" : "__u8";
	case 2:
		return field->is_signed ? "__s16" : "__u16";
	case 4:
		return field->is_signed ? "__s32" : "__u32";
	case 8:
		return field->is_signed ? "__s64" : "__u64";
	default:
		return NULL;
	}
}

static bool is_character(const char *type)
{
	return strcmp(type, "char") == 0 || strcmp(type, "unsigned char") == 0;
}

static void append_field(GString *text, const struct field *field)
{
	const char *integer = integer_type(field);
	size_t n_type = strlen(field->type);

	if (g_str_has_prefix(field->type, "__data_loc "))
		g_string_append_printf(text, "\tint data_loc_%s;\n",
				       field->name);
	else if (g_str_has_prefix(field->type, "__rel_loc "))
		g_string_append_printf(text, "\tint rel_loc_%s;\n",
				       field->name);
	else if (field->type[n_type - 1] == '*' && field->size == 8)
		g_string_append_printf(text, "\t%s%s;\n", field->type,
				       field->name);
	else if (*field->array && is_character(field->type))
		g_string_append_printf(text, "\tchar %s[%u];\n", field->name,
				       field->size);
	else if (*field->array || !integer)
		g_string_append_printf(text, "\t__u8 %s[%u];\n", field->name,
				       field->size);
	else if (g_str_has_prefix(field->type, "enum ") && field->size == 4)
		g_string_append_printf(text, "\t%s %s;\n", field->type,
				       field->name);
	else
		g_string_append_printf(text, "\t%s %s;\n", integer,
				       field->name);
}

/* Numbers keep their array form: "unsigned long args[6]". */
static bool append_number_array(GString *text, const struct field *field)
{
	struct field element = *field;
	unsigned n = g_ascii_strtoull(field->array + (*field->array == '['),
				      NULL, 10);

	if (!*field->array || is_character(field->type) || !n ||
	    field->size % n)
		return false;
	element.size = field->size / n;
	if (!integer_type(&element) ||
	    field->type[strlen(field->type) - 1] == '*')
		return false;
	g_string_append_printf(text, "\t%s %s[%u];\n", integer_type(&element),
			       field->name, n);
	return true;
}

/* One line of the format; *offset: the end of the last field written. */
static void append_line(GString *text, const char *line, unsigned *offset)
{
	struct field field;

	if (!parse_field(&field, line) ||
	    g_str_has_prefix(field.name, "common_") || field.offset < *offset)
		goto out;
	if (field.offset > *offset)
		g_string_append_printf(text, "\tchar __pad_%u[%u];\n", *offset,
				       field.offset - *offset);
	*offset = field.offset + field.size;
	/* An array without a length has no size: it is the rest. */
	if (!field.size)
		g_string_append_printf(text, "\tchar %s[0];\n", field.name);
	else if (!append_number_array(text, &field))
		append_field(text, &field);
out:
	field_clear(&field);
}

char *tracepoint_struct(const char *subsystem, const char *event,
			const char *format, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(format, "\n", -1);
	GString *text;
	unsigned offset = 8;

	if (!strstr(format, "field:")) {
		probefs_set_error(error, EINVAL,
				  "tracepoint %s:%s: its format has no fields",
				  subsystem, event);
		return NULL;
	}
	text = g_string_new(NULL);
	g_string_append_printf(text,
			       "struct tracepoint__%s__%s {\n"
			       "\t__u64 __do_not_use__;\n",
			       subsystem, event);
	for (char **line = lines; *line; line++) {
		g_strstrip(*line);
		if (g_str_has_prefix(*line, "field:"))
			append_line(text, *line, &offset);
	}
	g_string_append(text, "};\n");
	return g_string_free(text, FALSE);
}
