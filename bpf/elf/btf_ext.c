/* SPDX-License-Identifier: GPL-2.0-only */
/* btf_ext.c - owns the layout of .BTF.ext. Knows no BTF and no ELF. */
#include "btf_ext.h"

#include <string.h>

struct header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t header_bytes;
	uint32_t functions_at, functions_bytes;
	uint32_t lines_at, lines_bytes;
	uint32_t relocations_at, relocations_bytes;
};

struct section_header {
	uint32_t name;
	uint32_t n_records;
};

static uint32_t read_u32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

bool btf_ext_begin(struct btf_ext_records *records, const void *ext,
		   size_t n_bytes, enum btf_ext_part part,
		   size_t n_record_bytes_min)
{
	struct header header;
	uint32_t at, n;

	if (n_bytes < sizeof(header))
		return false;
	memcpy(&header, ext, sizeof(header));
	at = part == BTF_EXT_LINES ? header.lines_at : header.relocations_at;
	n = part == BTF_EXT_LINES ? header.lines_bytes
				  : header.relocations_bytes;
	if (n < sizeof(uint32_t) ||
	    (uint64_t)header.header_bytes + at + n > n_bytes)
		return false;
	records->next = (const char *)ext + header.header_bytes + at;
	records->end = records->next + n;
	records->record_bytes = read_u32(records->next);
	records->next += sizeof(uint32_t);
	return records->record_bytes >= n_record_bytes_min;
}

bool btf_ext_next(struct btf_ext_records *records)
{
	size_t n_left = (size_t)(records->end - records->next);
	struct section_header section;
	uint64_t n_bytes;

	if (n_left < sizeof(section))
		return false;
	memcpy(&section, records->next, sizeof(section));
	n_bytes = (uint64_t)section.n_records * records->record_bytes;
	if (n_bytes > n_left - sizeof(section))
		return false;
	records->section = section.name;
	records->n_records = section.n_records;
	records->records = records->next + sizeof(section);
	records->next = records->records + n_bytes;
	return true;
}

bool btf_ext_is_read(const struct btf_ext_records *records)
{
	return (size_t)(records->end - records->next) <
	       sizeof(struct section_header);
}

void btf_ext_drop_relocations(void *ext, size_t n_bytes)
{
	struct header header;

	if (n_bytes < sizeof(header))
		return;
	memcpy(&header, ext, sizeof(header));
	if (header.header_bytes < sizeof(header))
		return;
	header.relocations_bytes = 0;
	memcpy(ext, &header, sizeof(header));
}
