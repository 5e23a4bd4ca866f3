/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diagnostics.h - clang's messages, as the user is to read them and as the
 * compiler itself learns from them. Knows nothing of how clang is run.
 */
#ifndef PROBEFS_COMPILER_DIAGNOSTICS_H
#define PROBEFS_COMPILER_DIAGNOSTICS_H

#include <glib.h>
#include <stdbool.h>

struct diagnostic {
	char *place;      /* owned: "hello.c:3:5", or "" */
	char *severity;   /* owned: "error", "warning", "note" */
	char *text;       /* owned: the message itself */
	GString *excerpt; /* owned: the lines below, with their newlines */
};

/*
 * Parse what clang wrote to its standard error. @include_dir is taken out of
 * the paths. The array owns its struct diagnostic.
 */
GPtrArray *diagnostics_parse(const char *output, const char *include_dir);

void diagnostic_free(struct diagnostic *diagnostic);

/* A message of our own. @place may be "". */
struct diagnostic *diagnostic_new(const char *place, const char *severity,
				  const char *text);

/* Is it an error (also a fatal one)? */
bool diagnostic_is_error(const struct diagnostic *diagnostic);

/*
 * Which name would help against this error, as in struct source_names? A
 * *is_missing name should be in the types, any other should not. NULL: none.
 */
char *diagnostic_name(const struct diagnostic *diagnostic, bool *is_missing);

/*
 * When the error is that a struct has no such member: the member's name, and
 * in *@tag (owned by the caller) the struct's, as "#sock". NULL otherwise,
 * and where clang takes it for a misspelling.
 */
char *diagnostic_member(const struct diagnostic *diagnostic, char **tag);

/*
 * Say in plain words what a user of this project can do. @source is the name
 * of the user's source.
 */
void diagnostic_explain(struct diagnostic *diagnostic, const char *source);

/* All of them as the file "diagnostics", which begins with the first error. */
char *diagnostics_format(const GPtrArray *diagnostics);

#endif
