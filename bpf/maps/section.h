/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * section.h - what tells one histogram of a map from the next, and the unit
 * that its slots have. A section begins with "\nNAME = VALUE\n", as in BCC.
 */
#ifndef PROBEFS_BPF_MAPS_SECTION_H
#define PROBEFS_BPF_MAPS_SECTION_H

#include <stdbool.h>
#include <stdint.h>

struct map_view;
struct text;

/*
 * The unit that a map's name has as a word, as it is written there: "ms" of
 * "read_ms"; "value" where there is none. Owned by the caller.
 */
char *section_unit(const char *map_name);

/* Are two keys the same but for the slot? */
bool section_is_same(const struct map_view *view, const uint8_t *a,
		     const uint8_t *b);

/* The head of a section: a key without its slot. */
void section_put_key(const struct map_view *view, const uint8_t *key,
		     struct text *text);

/* The same of an entry that is one histogram: its key, and what its value has
 * besides the slots. */
void section_put_entry(const struct map_view *view, const uint8_t *key,
		       const uint8_t *value, struct text *text);

#endif
