/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_sections.c - owns the walk through an ELF file. Knows no content. */
#include "elf_sections.h"

#include <stdint.h>
#include <string.h>

bool elf_each_section(const void *bytes, size_t n_bytes, section_fn visit,
		      void *data)
{
	/* libelf writes to its image only when told to. */
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE
			   ? NULL
			   : elf_memory((char *)(uintptr_t)bytes, n_bytes);
	Elf_Scn *section = NULL;
	bool is_found = false;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names)) {
		elf_end(elf);
		return false;
	}
	while (!is_found && (section = elf_nextscn(elf, section))) {
		const char *name;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || (header.sh_type != SHT_NOBITS &&
			      (header.sh_offset > n_bytes ||
			       header.sh_size > n_bytes - header.sh_offset)))
			continue;
		is_found = visit(name, &header, data);
	}
	elf_end(elf);
	return is_found;
}

struct wanted_section {
	const char *name;
	GElf_Shdr header;
};

static bool is_wanted_section(const char *name, const GElf_Shdr *header,
			      void *data)
{
	struct wanted_section *wanted = data;

	if (strcmp(name, wanted->name) || header->sh_type == SHT_NOBITS)
		return false;
	wanted->header = *header;
	return true;
}

GBytes *elf_section(GBytes *elf, const char *name)
{
	struct wanted_section wanted = {.name = name};
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);

	if (!elf_each_section(bytes, n_bytes, is_wanted_section, &wanted))
		return NULL;
	return g_bytes_new_from_bytes(elf, wanted.header.sh_offset,
				      wanted.header.sh_size);
}
