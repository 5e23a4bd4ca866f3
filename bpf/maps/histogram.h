/* SPDX-License-Identifier: GPL-2.0-only */
/* histogram.h - maps whose values are counts by slot, drawn as BCC does. */
#ifndef PROBEFS_BPF_MAPS_HISTOGRAM_H
#define PROBEFS_BPF_MAPS_HISTOGRAM_H

#include "bpf/print/text.h"
#include "maps.h"

struct snapshot;

/*
 * Fill what the view knows of its histograms. @wanted, where the map's types
 * have no slot, becomes MAP_HISTOGRAM_NONE.
 */
void histogram_find(struct map_view *view, enum map_histogram wanted);

/*
 * Draw the entries of @snapshot, which are @order of them: a section a key
 * where there is more to a key than the slot.
 */
void histogram_draw(const struct map_view *view,
		    const struct snapshot *snapshot, const uint32_t *order,
		    struct text *text);

#endif
