/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * draw.h - the two pictures of a histogram, character by character those of
 * BCC's print_log2_hist and print_linear_hist (src/python/bcc/table.py,
 * version 0.26). Knows no maps.
 */
#ifndef PROBEFS_BPF_MAPS_DRAW_H
#define PROBEFS_BPF_MAPS_DRAW_H

#include "bpf/print/text.h"

/* A log2 histogram has slots 0 (unused) to 64. */
#define DRAW_LOG2_SLOTS 65

/* The counts of slots 0 to @n - 1; @unit heads the column of the slots. */
void draw_log2(const uint64_t *counts, size_t n, const char *unit,
	       struct text *text);
void draw_linear(const uint64_t *counts, size_t n, const char *unit,
		 struct text *text);

/*
 * The stars for @count where @highest, which is not less, has @width of them
 * (at most 40).
 */
unsigned draw_stars(uint64_t count, uint64_t highest, unsigned width);

#endif
