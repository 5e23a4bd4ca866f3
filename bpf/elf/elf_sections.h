/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elf_sections.h - the sections of an ELF file in memory. The engine and the
 * compiler both read objects.
 */
#ifndef PROBEFS_BPF_ELF_SECTIONS_H
#define PROBEFS_BPF_ELF_SECTIONS_H

#include <gelf.h>
#include <glib.h>
#include <stdbool.h>

/* A visitor returns true to end the walk. */
typedef bool (*section_fn)(const char *name, const GElf_Shdr *header,
			   void *data);

/*
 * Visit the sections of the file @bytes; what has content lies within it.
 * True: a visitor ended the walk.
 */
bool elf_each_section(const void *bytes, size_t n_bytes, section_fn visit,
		      void *data);

/* The content of a section, a reference to @elf; NULL: it has none. */
GBytes *elf_section(GBytes *elf, const char *name);

#endif
