/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_trim.h - large structures of the kernel, with the members that a
 * source names and gaps for all others. CO-RE finds members by their names,
 * and the size and the places stay, so that nobody sees a difference but
 * clang, which needs half the time: struct task_struct has 250 members.
 */
#ifndef PROBEFS_COMPILER_TYPES_TRIM_H
#define PROBEFS_COMPILER_TYPES_TRIM_H

#include <glib.h>
#include <stdbool.h>

struct btf;
struct btf_dump;
struct btf_type;
struct source_names;

/*
 * Is @type to be trimmed? Only what is too large for the stack and for an
 * event, so that its members are never printed all together.
 */
bool types_trim_fits(const struct btf *btf, const struct btf_type *type,
		     const struct source_names *names);

/* Have @dump write the types that the members contain. */
void types_trim_dump_needed(struct btf_dump *dump, const struct btf *btf,
			    const struct btf_type *type,
			    const struct source_names *names);

/* Write the structure itself; @dump appends to @text. */
void types_trim_write(struct btf_dump *dump, const struct btf *btf,
		      const struct btf_type *type,
		      const struct source_names *names, GString *text);

#endif
