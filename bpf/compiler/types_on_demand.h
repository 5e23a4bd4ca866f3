/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_on_demand.h - the part of the kernel's types that a source needs, as
 * a C header made from BTF. Knows nothing of clang and of jobs.
 */
#ifndef PROBEFS_COMPILER_TYPES_ON_DEMAND_H
#define PROBEFS_COMPILER_TYPES_ON_DEMAND_H

#include <glib.h>
#include <stdbool.h>

struct source_names;
struct types_index;
struct types_header;

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
