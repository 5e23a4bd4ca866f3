/* SPDX-License-Identifier: GPL-2.0-only */
/* attach_line.h - a line of an attach file: `[PROGRAM:]FUNCTION [opt=val]…` */
#ifndef PROBEFS_BPF_ATTACH_LINE_H
#define PROBEFS_BPF_ATTACH_LINE_H

#include "kinds.h"

#define ATTACH_LINE_BYTES_MAX 4096

struct attach_line {
	bool is_removal; /* '!' */
	char *program;   /* NULL: not given */
	char *function;
	struct attach_options options;
	char *options_text; /* " maxactive=64", "" without any */
};

/*
 * Parse @n bytes without the newline. NULL and no error: an empty line or a
 * comment ('#'). E2BIG: too long; EINVAL: anything else that is wrong.
 */
struct attach_line *attach_line_parse(const struct kind *kind, const char *text,
				      size_t n, GError **error);
void attach_line_free(struct attach_line *line);

#endif
