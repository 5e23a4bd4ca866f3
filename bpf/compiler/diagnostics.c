/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diagnostics.c - clang's messages: parse, learn from, explain, print.
 *
 * clang's text is stable in form ("FILE:LINE:COLUMN: SEVERITY: TEXT" and
 * excerpt lines below it); the few phrases that are known here only ever add
 * help: a message that is not recognised is passed on as it is.
 */
#include "diagnostics.h"

#include <string.h>

struct diagnostic *diagnostic_new(const char *place, const char *severity,
				  const char *text)
{
	struct diagnostic *diagnostic = g_new0(struct diagnostic, 1);

	diagnostic->place = g_strdup(place);
	diagnostic->severity = g_strdup(severity);
	diagnostic->text = g_strdup(text);
	diagnostic->excerpt = g_string_new(NULL);
	return diagnostic;
}

void diagnostic_free(struct diagnostic *diagnostic)
{
	if (!diagnostic)
		return;
	g_free(diagnostic->place);
	g_free(diagnostic->severity);
	g_free(diagnostic->text);
	g_string_free(diagnostic->excerpt, TRUE);
	g_free(diagnostic);
}

bool diagnostic_is_error(const struct diagnostic *diagnostic)
{
	return strcmp(diagnostic->severity, "error") == 0;
}

/* What of @path is below @directory, or NULL. */
static const char *below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	while (n && directory[n - 1] == '/')
		n--;
	if (strncmp(path, directory, n) != 0 || path[n] != '/')
		return NULL;
	return path + n + 1;
}

/* @path as the user knows it. */
static const char *shorten(const char *path, const char *include_dir)
{
	const char *inner = below(path, include_dir);

	if (inner)
		return below(inner, "programs") ? below(inner, "programs")
						: inner;
	if (g_str_has_prefix(path, "./"))
		return path + 2;
	return path;
}

/* "hello.c:3:5: error: …" to its parts; NULL for any other line. */
static struct diagnostic *parse_line(const char *line, const char *include_dir)
{
	static const struct {
		const char *marker, *severity;
	} markers[] = {
		{": fatal error: ", "error"},
		{": error: ", "error"},
		{": warning: ", "warning"},
		{": note: ", "note"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(markers); i++) {
		const char *at = strstr(line, markers[i].marker);
		g_autofree char *place = NULL;

		if (!at || *line == ' ')
			continue;
		place = g_strndup(line, at - line);
		return diagnostic_new(shorten(place, include_dir),
				      markers[i].severity,
				      at + strlen(markers[i].marker));
	}
	if (g_str_has_prefix(line, "error: ") ||
	    g_str_has_prefix(line, "fatal error: "))
		return diagnostic_new("", "error", strstr(line, ": ") + 2);
	return NULL;
}

/* "2 errors generated." and the way through includes help nobody here. */
static bool is_noise(const char *line)
{
	return g_str_has_prefix(line, "In file included from ") ||
	       g_str_has_suffix(line, " generated.");
}

/* How our own macros are made is not the user's concern. */
static bool is_inside_ours(const char *line, const char *include_dir)
{
	return below(line, include_dir) &&
	       strstr(line, ": note: expanded from macro ");
}

GPtrArray *diagnostics_parse(const char *output, const char *include_dir)
{
	GPtrArray *diagnostics = g_ptr_array_new_with_free_func(
		(GDestroyNotify)diagnostic_free);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	bool skips = false;

	for (char **line = lines; *line; line++) {
		struct diagnostic *diagnostic = parse_line(*line, include_dir);

		if (diagnostic || !**line)
			skips = is_inside_ours(*line, include_dir);
		if (skips) {
			diagnostic_free(diagnostic);
		} else if (diagnostic) {
			g_ptr_array_add(diagnostics, diagnostic);
		} else if (diagnostics->len && **line && !is_noise(*line)) {
			diagnostic = diagnostics->pdata[diagnostics->len - 1];
			g_string_append_printf(diagnostic->excerpt, "%s\n",
					       *line);
		}
	}
	return diagnostics;
}

/* The text between the first quotes after @phrase, or NULL. */
static char *quoted_after(const char *text, const char *phrase)
{
	const char *at = strstr(text, phrase), *end;

	if (!at)
		return NULL;
	at = strchr(at, '\'');
	end = at ? strchr(at + 1, '\'') : NULL;
	return end ? g_strndup(at + 1, end - at - 1) : NULL;
}

/* "struct sock" to "#sock", "u32" to itself; qualifiers are left out. */
static char *set_name(const char *type)
{
	static const char *const tags[] = {"struct ", "union ", "enum "};

	if (g_str_has_prefix(type, "const "))
		type += strlen("const ");
	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (g_str_has_prefix(type, tags[i])) {
			const char *name = type + strlen(tags[i]);

			return g_strdup_printf("#%.*s",
					       (int)strcspn(name, " *["), name);
		}
	}
	return g_strdup(type);
}

char *diagnostic_name(const struct diagnostic *diagnostic, bool *is_missing)
{
	static const struct {
		const char *phrase;
		bool is_missing;
	} phrases[] = {
		{"incomplete definition of type ", true},
		{"incomplete type ", true},
		{"incomplete result type ", true},
		{"incomplete element type ", true},
		{"unknown type name ", true},
		{"use of undeclared identifier ", true},
		{"call to undeclared function ", true},
		{"redefinition of ", false},
		{"typedef redefinition with different types ", false},
	};

	if (!diagnostic_is_error(diagnostic))
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++) {
		g_autofree char *type = quoted_after(diagnostic->text,
						     phrases[i].phrase);

		if (!type)
			continue;
		*is_missing = phrases[i].is_missing;
		return set_name(type);
	}
	return NULL;
}

char *diagnostic_member(const struct diagnostic *diagnostic, char **tag)
{
	static const char phrase[] = "no member named ";
	g_autofree char *member = quoted_after(diagnostic->text, phrase);
	g_autofree char *type = quoted_after(diagnostic->text, " in ");

	if (!diagnostic_is_error(diagnostic) || !member || !type ||
	    !g_str_has_prefix(diagnostic->text, phrase) ||
	    strstr(diagnostic->text, "did you mean"))
		return NULL;
	*tag = set_name(type);
	if (**tag == '#')
		return g_steal_pointer(&member);
	g_clear_pointer(tag, g_free);
	return NULL;
}

static void set_text(struct diagnostic *diagnostic, char *text)
{
	g_free(diagnostic->text);
	diagnostic->text = text;
}

/* The stem of a source: its flags are in NAME.cflags. */
static char *stem(const char *source)
{
	return g_strndup(source, strcspn(source, "."));
}

static void explain_unknown_name(struct diagnostic *diagnostic,
				 const char *name, const char *source)
{
	g_autofree char *program = stem(source);

	set_text(diagnostic,
		 g_strdup_printf("%s is not known: the source does not define "
				 "it, and the kernel's types and probefs's "
				 "headers have none of that name; if it is a "
				 "macro of the kernel's, define it in %s "
				 "(#define %s …) or in %s.cflags (-D%s=…)",
				 name, source, name, program, name));
}

static void explain_missing_file(struct diagnostic *diagnostic,
				 const char *file)
{
	set_text(diagnostic,
		 g_strdup_printf("there is no header %s: a header of your own "
				 "belongs in progs/ beside the source, and "
				 "headers of the C library do not exist for "
				 "BPF programs",
				 file));
}

static void explain_incomplete(struct diagnostic *diagnostic, const char *type)
{
	set_text(diagnostic,
		 g_strdup_printf("%s is not defined: this kernel's types do "
				 "not have it, and neither does the source "
				 "(%s)",
				 type, diagnostic->text));
}

void diagnostic_explain(struct diagnostic *diagnostic, const char *source)
{
	static const char *const unknown[] = {
		"use of undeclared identifier ",
		"unknown type name ",
		"call to undeclared function ",
	};
	g_autofree char *incomplete = NULL;

	if (!diagnostic_is_error(diagnostic))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_autofree char *name = quoted_after(diagnostic->text,
						     unknown[i]);

		if (name && !strstr(diagnostic->text, "did you mean"))
			return explain_unknown_name(diagnostic, name, source);
	}
	if (g_str_has_suffix(diagnostic->text, " file not found")) {
		g_autofree char *file = quoted_after(diagnostic->text, "'");

		if (file)
			return explain_missing_file(diagnostic, file);
	}
	incomplete = quoted_after(diagnostic->text, "incomplete definition of");
	if (!incomplete)
		incomplete = quoted_after(diagnostic->text, "incomplete type ");
	if (incomplete)
		explain_incomplete(diagnostic, incomplete);
}

static void append_one(GString *text, const struct diagnostic *diagnostic)
{
	if (*diagnostic->place)
		g_string_append_printf(text, "%s: ", diagnostic->place);
	g_string_append_printf(text, "%s: %s\n", diagnostic->severity,
			       diagnostic->text);
	g_string_append(text, diagnostic->excerpt->str);
}

/* The end of the error at @first: its notes follow it. */
static guint end_of_error(const GPtrArray *diagnostics, guint first)
{
	guint end = first + 1;

	while (end < diagnostics->len) {
		const struct diagnostic *next = diagnostics->pdata[end];

		if (strcmp(next->severity, "note") != 0)
			break;
		end++;
	}
	return end;
}

char *diagnostics_format(const GPtrArray *diagnostics)
{
	GString *text = g_string_new(NULL);
	guint first = 0, end = 0;

	while (first < diagnostics->len &&
	       !diagnostic_is_error(diagnostics->pdata[first]))
		first++;
	if (first < diagnostics->len)
		end = end_of_error(diagnostics, first);
	for (guint i = first; i < end; i++)
		append_one(text, diagnostics->pdata[i]);
	for (guint i = 0; i < diagnostics->len; i++) {
		if (i < first || i >= end)
			append_one(text, diagnostics->pdata[i]);
	}
	return g_string_free(text, FALSE);
}
