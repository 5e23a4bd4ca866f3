/* SPDX-License-Identifier: GPL-2.0-only */
/* write_queue.h - map_write for maps without keys. */
#ifndef PROBEFS_BPF_MAPS_WRITE_QUEUE_H
#define PROBEFS_BPF_MAPS_WRITE_QUEUE_H

#include <glib.h>
#include <stdbool.h>

struct map_view;

/*
 * Add the values of @changes, behind the others or in their place. More than
 * one value, or a replacement, takes all values out and puts them in again: a
 * program that uses the map meanwhile may find it empty. False, and the map
 * as it was: E2BIG and other errno.
 */
bool write_queue(const struct map_view *view, const GArray *changes,
		 bool replaces, GError **error);

#endif
