/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compiler.h - what does not depend on the job, made once by a server.
 */
#ifndef PROBEFS_COMPILER_COMPILER_H
#define PROBEFS_COMPILER_COMPILER_H

#include <glib.h>
#include <stdbool.h>

struct spare;
struct source_names;
struct types_header;
struct types_index;

/* A job uses the names and the header up: it runs in its own process. */
struct compiler {
	const char *include_dir;     /* borrowed */
	struct source_names *names;  /* owned; the macros of our headers */
	char *btf_path;              /* owned; of the loaded types */
	struct types_index *kernel;  /* owned; NULL before it is loaded */
	struct types_index *module;  /* owned; the kernel's with a module's */
	struct types_index *types;   /* borrowed; the one of them to use */
	struct types_header *header; /* owned; NULL likewise */
	struct spare *spare;         /* owned; NULL: there is none */
};

/* Reads the headers in @include_dir and libbpf's. */
struct compiler *compiler_new(const char *include_dir, GError **error);
void compiler_free(struct compiler *compiler);

/*
 * Go on with the types of a module that has @name, as a name is written in
 * struct source_names. False: none of those loaded has it.
 */
bool compiler_load_module(struct compiler *compiler, const char *name);

/* Load the types at @btf_path now, unless they are there. EOPNOTSUPP. */
bool compiler_load_types(struct compiler *compiler, const char *btf_path,
			 GError **error);

#endif
