/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.h - what a stream keeps and a line is printed of: a record of a
 * program, or a note. Knows nothing of who keeps it.
 */
#ifndef PROBEFS_BPF_PRINT_ENTRY_H
#define PROBEFS_BPF_PRINT_ENTRY_H

#include <stdint.h>

/* What an entry is; for all but ENTRY_RECORD the data is a struct note. */
enum entry_kind {
	ENTRY_RECORD,
	ENTRY_LOST, /* n events were lost in the kernel, on a cpu */
	ENTRY_MARK, /* the user's: echo text >> output */
	ENTRY_NOTE, /* ours */
};

/* Entries are at multiples of 8. */
struct entry {
	uint32_t n_bytes; /* of the data behind this */
	uint32_t kind;
};

struct note {
	uint64_t time_ns;
	uint64_t n_lost;
	uint32_t cpu;
	/* A mark in all streams: the root output shows only the hub's. */
	uint32_t is_copy;
	char text[]; /* with its NUL */
};

#endif
