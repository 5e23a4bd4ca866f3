/* SPDX-License-Identifier: GPL-2.0-only */
/* order.h - the order of a map's entries by their keys. */
#ifndef PROBEFS_BPF_MAPS_ORDER_H
#define PROBEFS_BPF_MAPS_ORDER_H

#include <stdint.h>

struct map_view;
struct snapshot;

/*
 * The numbers of the entries of @snapshot, which is of the view's map, in the
 * order of their keys; owned by the caller, NULL for no entries.
 */
uint32_t *order_new(const struct map_view *view,
		    const struct snapshot *snapshot);

#endif
