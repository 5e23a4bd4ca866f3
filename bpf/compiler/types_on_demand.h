/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_on_demand.h - the part of the kernel's types that a source needs, as
 * a C header made from BTF. Knows nothing of clang and of jobs.
 */
#ifndef PROBEFS_COMPILER_TYPES_ON_DEMAND_H
#define PROBEFS_COMPILER_TYPES_ON_DEMAND_H

#include <glib.h>
#include <stdbool.h>

struct btf;
struct source_names;
struct types_index;
struct types_header;

/*
 * Load BTF (raw or ELF) from @path and index its names. Takes about 25 ms
 * for a kernel's, so a server does it once. EOPNOTSUPP: it cannot be read.
 */
struct types_index *types_index_new(const char *path, GError **error);
/* The same of BTF that is already there; takes @btf over. */
struct types_index *types_index_from_btf(struct btf *btf);
/*
 * The types at @base and those of the module whose BTF is at @path, when it
 * has @name; NULL otherwise. @base is borrowed for the new one's life.
 */
struct types_index *types_index_of_module(const struct types_index *base,
					  const char *path, const char *name);
void types_index_free(struct types_index *index);

/* Does the BTF have a type "#sock", or a typedef or enumerator "u32"? */
bool types_index_has(const struct types_index *index, const char *name);

/* Borrowed. */
const struct btf *types_index_btf(const struct types_index *index);

/*
 * The ids (guint32, owned by the caller) of all types of that name: struct,
 * union, enum, typedef. The one with an enumerator of that name may be there.
 */
GArray *types_index_named(const struct types_index *index, const char *name);

/*
 * A header being made. It may be filled several times, with more names each
 * time. @index is borrowed.
 */
struct types_header *types_header_new(const struct types_index *index,
				      GError **error);
void types_header_free(struct types_header *header);

/*
 * Take in the types that @names uses, what they contain by value, and the
 * types that they reach through members whose names it uses.
 */
void types_header_add(struct types_header *header,
		      const struct source_names *names);

/*
 * Large structures have only the members that were named (types_trim.h). When
 * clang complains in @message about one of them, begin anew, with all members
 * from then on. False: there is no such structure.
 */
bool types_header_make_whole(struct types_header *header, const char *message);

/*
 * Declare the kernel's function @name, "bpf_task_from_pid", for a program to
 * call, as a vmlinux.h of today does. False: it is none for BPF programs.
 */
bool types_header_add_function(struct types_header *header, const char *name);

/*
 * Declare the function @name, which this kernel does not have: a weak one
 * that never is there, for a program that asks before it calls.
 */
void types_header_add_absent(struct types_header *header, const char *name);

/*
 * Declare @member in the struct @tag ("#sock"), which this kernel's has not:
 * a long that CO-RE will not find. False: it was declared already, or the
 * struct is not in the header.
 */
bool types_header_add_member(struct types_header *header, const char *tag,
			     const char *member);

/*
 * The text. What @names defines itself has another name in it, with the
 * suffix ___kernel, which CO-RE does not look at.
 */
char *types_header_text(const struct types_header *header,
			const struct source_names *names);

#endif
