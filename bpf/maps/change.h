/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change.h - what a written text asks for, parsed: the changes of a map.
 * Nothing here calls the kernel.
 */
#ifndef PROBEFS_BPF_MAPS_CHANGE_H
#define PROBEFS_BPF_MAPS_CHANGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct map_view;

struct change {
	uint8_t *key;   /* owned; NULL for a queue or stack */
	uint8_t *value; /* owned, all CPUs' parts; NULL: the key goes */
	size_t line;
};

void change_clear(void *change);

/* An empty list of struct change; the caller owns it. */
GArray *changes_new(void);

/*
 * The lines of the @n_bytes at @text, in their order: "KEY VALUE", "!KEY",
 * for a queue or stack "VALUE". Empty lines and remarks ('#') are none. NULL
 * and an error: EINVAL, ERANGE; it says in which line. The caller owns the
 * result.
 */
GArray *changes_parse(const struct map_view *view, const char *text,
		      size_t n_bytes, GError **error);

#endif
