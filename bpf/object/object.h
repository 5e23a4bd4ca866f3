/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.h - a BPF object as a file: what functions it has, on what lines
 * they come from, which helpers they call. Nothing of it is in the kernel.
 * Does not change once made, so any thread may read it.
 */
#ifndef PROBEFS_BPF_OBJECT_H
#define PROBEFS_BPF_OBJECT_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct object_function {
	char *name;
	char *section;           /* without the '?' */
	bool is_optional;        /* SEC("?…"): not to be attached by itself */
	enum bpf_prog_type type; /* by its section, or UNSPEC */
	enum bpf_attach_type attach_type; /* likewise */
	uint64_t offset_bytes;            /* in the section */
	size_t n_instructions;
};

struct object;

/*
 * @name is the program's. EINVAL: @elf is no BPF object. Every function is
 * in the order of the file. @types: BTF of all that its relocations look for
 * in the kernel; NULL: they look in the kernel's own.
 */
struct object *object_new(GBytes *elf, GBytes *types, const char *name,
			  GError **error);
void object_free(struct object *object);

const char *object_name(const struct object *object);
GBytes *object_bytes(const struct object *object); /* borrowed */
/* The same without what libbpf is not to do by itself (see slots.h). */
GBytes *object_loadable(const struct object *object); /* borrowed */
/* What is to be in its program arrays, const struct slot *, borrowed. */
const GPtrArray *object_slots(const struct object *object);
GBytes *object_types(const struct object *object); /* borrowed, or NULL */
/* Content of a section, a reference, or NULL. */
GBytes *object_section(const struct object *object, const char *name);

/* const struct object_function *, borrowed. */
const GPtrArray *object_functions(const struct object *object);
const struct object_function *object_function(const struct object *object,
					      const char *name);

/*
 * The source line of an instruction of @function: "hello.c:12", owned by the
 * caller, or NULL.
 */
char *object_line(const struct object *object,
		  const struct object_function *function, size_t instruction);

/* Where the function begins in the source, likewise. */
char *object_function_line(const struct object *object,
			   const struct object_function *function);

/*
 * EPERM when a function calls a helper that changes the traced system; the
 * sentence names both.
 */
bool object_check_harmless(const struct object *object, GError **error);

/* A copy in which calls of @helper are "result = 0". */
GBytes *object_without_helper(GBytes *elf, int helper);

/* A copy in which @n_bytes at @offset of a section are those at @value; they lie
 * within it. */
GBytes *object_with_value(GBytes *elf, const char *section, size_t offset,
			  const void *value, size_t n_bytes);

/* A copy without CO-RE relocations, to be loaded for its maps alone. */
GBytes *object_without_relocations(GBytes *elf);

#endif
