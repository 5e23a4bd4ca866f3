/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.c - owns the reading of program arrays' initial values from ELF.
 * Knows no program and no kernel call.
 */
#include "slots.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gelf.h>
#include <string.h>

struct image {
	char *bytes;        /* borrowed, a copy that may be written to */
	Elf *elf;           /* owned */
	size_t maps;        /* the number of section .maps */
	Elf_Data *symbols;  /* borrowed from elf */
	size_t strings;     /* the section of the symbols' names */
	Elf_Scn *relocated; /* .rel.maps, or NULL */
	struct btf *btf;    /* owned */
};

static void slot_free(gpointer data)
{
	struct slot *slot = data;

	g_free(slot->map);
	g_free(slot->function);
	g_free(slot);
}

GPtrArray *slots_new(void)
{
	return g_ptr_array_new_with_free_func(slot_free);
}

static struct btf *btf_of(Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	struct btf *btf = data ? btf__new(data->d_buf, (uint32_t)data->d_size)
			       : NULL;

	return libbpf_get_error(btf) ? NULL : btf;
}

static void take_section(struct image *image, Elf_Scn *section,
			 const GElf_Shdr *header, const char *name)
{
	if (!strcmp(name, ".maps"))
		image->maps = elf_ndxscn(section);
	if (!strcmp(name, ".rel.maps") && header->sh_type == SHT_REL)
		image->relocated = section;
	if (!strcmp(name, ".BTF") && !image->btf)
		image->btf = btf_of(section);
	if (header->sh_type == SHT_SYMTAB) {
		image->symbols = elf_getdata(section, NULL);
		image->strings = header->sh_link;
	}
}

static bool image_open(struct image *image, size_t n_bytes)
{
	Elf_Scn *section = NULL;
	size_t names;

	elf_version(EV_CURRENT);
	image->elf = elf_memory(image->bytes, n_bytes);
	if (!image->elf || elf_getshdrstrndx(image->elf, &names))
		return false;
	while ((section = elf_nextscn(image->elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(image->elf, names, header.sh_name);
		if (name)
			take_section(image, section, &header, name);
	}
	return image->maps && image->relocated && image->symbols && image->btf;
}

static void image_close(struct image *image)
{
	btf__free(image->btf);
	elf_end(image->elf);
}

static const char *symbol_name(const struct image *image,
			       const GElf_Sym *symbol)
{
	return elf_strptr(image->elf, image->strings, symbol->st_name);
}

/* The map at @offset of .maps; *@start is where it begins. */
static const char *map_at(const struct image *image, uint64_t offset,
			  uint64_t *start)
{
	GElf_Sym symbol;

	for (int i = 0; gelf_getsym(image->symbols, i, &symbol); i++) {
		if (symbol.st_shndx != image->maps ||
		    GELF_ST_TYPE(symbol.st_info) != STT_OBJECT ||
		    offset < symbol.st_value ||
		    offset >= symbol.st_value + symbol.st_size)
			continue;
		*start = symbol.st_value;
		return symbol_name(image, &symbol);
	}
	return NULL;
}

/* Where in the map's definition its values begin; -1: it has none. */
static int64_t values_offset(const struct btf *btf, const char *map)
{
	int id = btf__find_by_name_kind(btf, map, BTF_KIND_VAR);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	id = type ? btf__resolve_type(btf, type->type) : -1;
	type = id < 0 ? NULL : btf__type_by_id(btf, id);
	for (guint i = 0; type && btf_is_struct(type) && i < btf_vlen(type);
	     i++) {
		const char *name =
			btf__name_by_offset(btf, btf_members(type)[i].name_off);

		if (!strcmp(name, "values"))
			return btf_member_bit_offset(type, i) / 8;
	}
	return -1;
}

/* True when the relocation is a slot, which is then in @slots. */
static bool take_slot(const struct image *image, const GElf_Rel *relocation,
		      GPtrArray *slots)
{
	const char *map, *function;
	struct slot *slot;
	GElf_Sym symbol;
	uint64_t start;
	int64_t offset;

	if (!gelf_getsym(image->symbols, GELF_R_SYM(relocation->r_info),
			 &symbol) ||
	    GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
		return false;
	function = symbol_name(image, &symbol);
	map = map_at(image, relocation->r_offset, &start);
	offset = map ? values_offset(image->btf, map) : -1;
	if (!function || offset < 0 ||
	    relocation->r_offset < start + (uint64_t)offset)
		return false;
	slot = g_new0(struct slot, 1);
	slot->map = g_strdup(map);
	slot->function = g_strdup(function);
	slot->index = (uint32_t)((relocation->r_offset - start -
				  (uint64_t)offset) /
				 sizeof(uint64_t));
	g_ptr_array_add(slots, slot);
	return true;
}

/* The section header's own place in the image. */
static char *raw_header(const struct image *image, Elf_Scn *section)
{
	Elf64_Ehdr head;

	memcpy(&head, image->bytes, sizeof(head));
	return image->bytes + head.e_shoff +
	       elf_ndxscn(section) * sizeof(Elf64_Shdr);
}

static void take_slots(const struct image *image, GPtrArray *slots)
{
	Elf_Data *data = elf_getdata(image->relocated, NULL);
	char *header = raw_header(image, image->relocated), *kept;
	const size_t n_each = sizeof(Elf64_Rel);
	Elf64_Shdr copy;
	GElf_Rel relocation;

	memcpy(&copy, header, sizeof(copy));
	kept = image->bytes + copy.sh_offset;
	copy.sh_size = 0;
	for (int i = 0; gelf_getrel(data, i, &relocation); i++) {
		if (take_slot(image, &relocation, slots))
			continue;
		memmove(kept + copy.sh_size,
			image->bytes + copy.sh_offset + i * n_each, n_each);
		copy.sh_size += n_each;
	}
	memcpy(header, &copy, sizeof(copy));
}

/* All that libbpf takes on this machine; the rest is for it to refuse. */
static bool is_native(const char *bytes, size_t n_bytes)
{
	return n_bytes >= sizeof(Elf64_Ehdr) &&
	       !memcmp(bytes, ELFMAG, SELFMAG) &&
	       bytes[EI_CLASS] == ELFCLASS64 &&
	       bytes[EI_DATA] == (G_BYTE_ORDER == G_LITTLE_ENDIAN
					  ? ELFDATA2LSB
					  : ELFDATA2MSB);
}

GBytes *slots_take(GBytes *elf, GPtrArray *slots)
{
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);
	g_autofree char *copy = g_memdup2(bytes, n_bytes);
	struct image image = {.bytes = copy};
	/* What is read must not change under the reader: two copies. */
	g_autofree char *written = NULL;

	if (is_native(copy, n_bytes) && image_open(&image, n_bytes)) {
		written = g_memdup2(bytes, n_bytes);
		image.bytes = written;
		take_slots(&image, slots);
	}
	image_close(&image);
	if (!slots->len)
		return g_bytes_ref(elf);
	return g_bytes_new_take(g_steal_pointer(&written), n_bytes);
}
