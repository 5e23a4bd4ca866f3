/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format.h - the kernel's printk formats, from the raw arguments of a record.
 *
 * A table of formats is compiled once, from the content of an object's
 * PROBEFS_FORMATS_SECTION (bpf/include/probefs/record.h), into short lists of
 * steps. Knows nothing of rings or readers.
 */
#ifndef PROBEFS_BPF_FORMAT_H
#define PROBEFS_BPF_FORMAT_H

#include "text.h"

/*
 * The name of the kernel symbol that @address is in, and the distance from
 * its beginning; NULL when there is none. Valid until the next call.
 */
typedef const char *(*format_symbol_fn)(uint64_t address, uint64_t *offset,
					void *data);

struct format_table;

/*
 * Never NULL. What is malformed in @section (which may be NULL) ends the
 * table there. @symbol may be NULL.
 */
struct format_table *format_table_new(const void *section, size_t n_bytes,
				      format_symbol_fn symbol, void *data);
void format_table_free(struct format_table *table);

size_t format_table_length(const struct format_table *table);

/*
 * Write what format @id prints for @payload, without the newline at its end,
 * if it has one. False, with nothing written: there is no such format, or the
 * payload is too short for it.
 */
bool format_print(const struct format_table *table, uint32_t id,
		  const uint8_t *payload, size_t n_bytes, enum text_style style,
		  struct text *text);

#endif
