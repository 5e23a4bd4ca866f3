/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - what a C source says about itself before it is compiled.
 *
 * A C lexer without a preprocessor: it sees every branch of every #if, which
 * is right for its purpose, to find the names that may be needed. Knows
 * nothing of BTF, of clang and of files.
 */
#ifndef PROBEFS_COMPILER_SOURCE_H
#define PROBEFS_COMPILER_SOURCE_H

#include <glib.h>
#include <stdbool.h>

struct source_include {
	char *name;     /* owned: "linux/sched.h" */
	bool is_angled; /* <…> */
};

/*
 * Names gathered from any number of texts. In the sets a tag is written with
 * a '#' in front, "#sock" for struct sock, since tags have a name space of
 * their own. The strings live as long as the gathering.
 */
struct source_names {
	GStringChunk *strings;  /* owned */
	GHashTable *used;       /* owned; set of const char * */
	GHashTable *defined;    /* owned; set: at file scope, by the user */
	GHashTable *macros;     /* owned; name to GPtrArray of names in it */
	GPtrArray *includes;    /* owned; struct source_include */
	GPtrArray *tracepoints; /* owned; "skb/kfree_skb", from
				 * TRACEPOINT_PROBE(skb, kfree_skb) */
	GPtrArray *inner_maps;  /* owned; pairs: outer, inner, from
				 * BPF_ARRAY_OF_MAPS(outer, "inner", n) */
	bool has_sections;      /* names SEC( */
};

struct source_names *source_names_new(void);
void source_names_free(struct source_names *names);

/* Take a text of the user's: all that it names counts as used. */
void source_scan_user(struct source_names *names, const char *text,
		      size_t n_bytes);

/* Take a text of our own making: what it names is used, nothing defined. */
void source_scan_needed(struct source_names *names, const char *text,
			size_t n_bytes);

/*
 * Take a header of ours or of libbpf's: only what its macros name, and that
 * only where the user's text names the macro (see source_close_macros).
 */
void source_scan_library(struct source_names *names, const char *text,
			 size_t n_bytes);

/* Add to the used names those in the macros that are used, to the end. */
void source_close_macros(struct source_names *names);

/* Does the user's text, or a macro that it uses, name @name? */
bool source_uses(const struct source_names *names, const char *name);

/* Does the text include @name, with either kind of quotes? */
bool source_includes(const struct source_names *names, const char *name);

/*
 * The libbpf dialect is what includes vmlinux.h or a header of libbpf's, or
 * has SEC() and none of BCC's ways; all else is the BCC dialect.
 */
bool source_is_bcc(const struct source_names *names);

/*
 * Is the source written for kernels whose struct @tag ("#sock") differ: does
 * it define a flavour of it (sock___old), or ask which members there are?
 */
bool source_knows_flavours(const struct source_names *names, const char *tag);

bool source_is_keyword(const char *name);

#endif
