/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btf_ext.h - the records of an object's .BTF.ext, whose layout libbpf does
 * not export (Documentation/bpf/btf.rst). The engine and the compiler both
 * read it.
 */
#ifndef PROBEFS_BPF_BTF_EXT_H
#define PROBEFS_BPF_BTF_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum btf_ext_part {
	BTF_EXT_LINES,       /* struct bpf_line_info */
	BTF_EXT_RELOCATIONS, /* struct bpf_core_relo */
};

/* The records that belong to one section of the object. */
struct btf_ext_records {
	uint32_t section; /* its name, as an offset in the BTF's strings */
	uint32_t n_records;
	uint32_t record_bytes;
	const char *records; /* not aligned */
	const char *next, *end;
};

/*
 * Stand before the first section of a part of @ext. False: there is none, or
 * its records are shorter than @n_record_bytes_min.
 */
bool btf_ext_begin(struct btf_ext_records *records, const void *ext,
		   size_t n_bytes, enum btf_ext_part part,
		   size_t n_record_bytes_min);

/* Go to the next section. False: there is none, or it is cut short. */
bool btf_ext_next(struct btf_ext_records *records);

/* After btf_ext_next() said no: was all of the part read? */
bool btf_ext_is_read(const struct btf_ext_records *records);

/* Take the relocations away. */
void btf_ext_drop_relocations(void *ext, size_t n_bytes);

#endif
