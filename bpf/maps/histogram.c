// SPDX-License-Identifier: GPL-2.0-only
/*
 * histogram.c - which maps are histograms, and their entries as counts. Two
 * shapes: BCC's, where an entry is one slot, and libbpf-tools', where an
 * entry is all slots of a histogram.
 */
#include "histogram.h"

#include <string.h>

#include "bits.h"
#include "draw.h"
#include "leaves.h"
#include "map_kind.h"
#include "map_view.h"
#include "per_cpu.h"
#include "section.h"
#include "snapshot.h"

/* As many as BCC draws of a linear histogram. */
#define LINEAR_SLOTS 1025

static bool is_number(const struct value_type *type)
{
	return (type->kind == VALUE_UNSIGNED || type->kind == VALUE_SIGNED) &&
	       type->n_bytes <= 8;
}

static bool is_histogram_name(const char *name)
{
	static const char *const names[] = {"slots", "hist", "hists"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return g_str_has_suffix(name, "_slots") ||
	       g_str_has_suffix(name, "_hist") ||
	       g_str_has_suffix(name, "_hists");
}

static bool is_slots(const struct value_type *type)
{
	return type->kind == VALUE_ARRAY && type->n_elements > 1 &&
	       is_number(type->element);
}

/* libbpf-tools' shape: an array named slots or hist. */
static bool find_slots(struct map_view *view)
{
	const struct value_type *value = view->value;

	if (value->kind == VALUE_ARRAY && is_slots(value) &&
	    is_histogram_name(view->name)) {
		view->slots = value;
		return true;
	}
	for (uint32_t i = 0;
	     value->kind == VALUE_STRUCT && i < value->n_members; i++) {
		const struct value_member *member = &value->members[i];

		if (!is_slots(member->type) ||
		    (strcmp(member->name, "slots") != 0 &&
		     strcmp(member->name, "hist") != 0))
			continue;
		view->slots = member->type;
		view->slots_offset = member->bit_offset / 8;
		view->slots_member = member;
		return true;
	}
	return false;
}

/*
 * BCC's shape: the key is the slot, or has it as the member of that name, or
 * as its last one.
 */
static bool find_slot(struct map_view *view)
{
	const struct value_type *key = view->plain_key;
	const struct value_member *slot = NULL;

	if (!is_number(view->plain_value))
		return false;
	if (is_number(key))
		return true;
	if (key->kind != VALUE_STRUCT)
		return false;
	for (uint32_t i = 0; i < key->n_members; i++)
		if (is_number(key->members[i].type) && *key->members[i].name &&
		    !key->members[i].bit_size &&
		    (!slot || strcmp(slot->name, "slot") != 0))
			slot = &key->members[i];
	view->slot_member = slot;
	return slot != NULL;
}

/* Sorted by the slot last, the slots of a section are side by side. */
static void move_slot_leaf(struct map_view *view)
{
	GArray *leaves = view->key_leaves;

	for (guint i = 0; i < leaves->len; i++) {
		struct leaf leaf = g_array_index(leaves, struct leaf, i);

		if (leaf.bit_offset != view->slot_member->bit_offset)
			continue;
		g_array_remove_index(leaves, i);
		g_array_append_val(leaves, leaf);
		return;
	}
}

void histogram_find(struct map_view *view, enum map_histogram wanted)
{
	enum map_access access = view->kind->access;

	view->histogram = MAP_HISTOGRAM_NONE;
	if (wanted == MAP_HISTOGRAM_NONE ||
	    (access != MAP_ACCESS_KEYS && access != MAP_ACCESS_ARRAY) ||
	    view->kind->is_trie || (view->kind->is_per_cpu && !view->can_sum))
		return;
	if (find_slots(view))
		view->histogram = wanted == MAP_HISTOGRAM_LINEAR
					  ? wanted
					  : MAP_HISTOGRAM_LOG2;
	else if (wanted != MAP_HISTOGRAM_BY_NAME && find_slot(view))
		view->histogram = wanted;
	if (view->slot_member)
		move_slot_leaf(view);
}

/* One histogram while it is drawn. */
struct counts {
	uint64_t of_slot[LINEAR_SLOTS];
	size_t n;          /* slots up to the last that counted something */
	uint64_t n_beyond; /* counts in slots that have no place */
};

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_count(struct counts *counts, uint64_t slot, uint64_t count)
{
	if (!count)
		return;
	if (slot >= LINEAR_SLOTS) {
		counts->n_beyond = add_saturated(counts->n_beyond, count);
		return;
	}
	counts->of_slot[slot] = add_saturated(counts->of_slot[slot], count);
	counts->n = MAX(counts->n, slot + 1);
}

static void draw_counts(const struct map_view *view,
			const struct counts *counts, struct text *text)
{
	g_autofree char *unit = section_unit(view->name);

	if (view->histogram == MAP_HISTOGRAM_LOG2 &&
	    counts->n <= DRAW_LOG2_SLOTS)
		draw_log2(counts->of_slot, counts->n, unit, text);
	else
		draw_linear(counts->of_slot, counts->n, unit, text);
	if (!counts->n_beyond)
		return;
	text_put_literal(text, "# ");
	text_put_u64(text, counts->n_beyond);
	text_put_literal(text, " in slots that are not drawn, beyond ");
	text_put_u64(text, LINEAR_SLOTS - 1);
	text_put_char(text, '\n');
}

/* A number of @n_bytes at @offset of a value, over all CPUs. */
static uint64_t sum_of(const struct snapshot *s, const uint8_t *value,
		       size_t offset, uint32_t n_bytes)
{
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < s->n_cpus; cpu++)
		sum = add_saturated(sum, bits_load(value + cpu * s->part_bytes,
						   offset * 8, n_bytes * 8));
	return sum;
}

/*
 * libbpf-tools count 1 in slot 0 of a log2 histogram, BCC in slot 1: drawn,
 * both are "0 -> 1".
 */
static void draw_slots(const struct map_view *view, const struct snapshot *s,
		       size_t entry, struct text *text)
{
	g_autofree struct counts *counts = g_new0(struct counts, 1);
	const uint8_t *value = snapshot_value(s, entry);
	uint32_t n_bytes = view->slots->element->n_bytes;
	unsigned first = view->histogram == MAP_HISTOGRAM_LOG2 ? 1 : 0;

	for (uint32_t i = 0; i < view->slots->n_elements; i++)
		add_count(counts, i + first,
			  sum_of(s, value, view->slots_offset + i * n_bytes,
				 n_bytes));
	if (view->info.max_entries > 1)
		section_put_entry(view, snapshot_key(s, entry), value, text);
	draw_counts(view, counts, text);
}

/* Where the slot is in a key. */
static uint64_t slot_of(const struct map_view *view, const uint8_t *key)
{
	const struct value_member *member = view->slot_member;

	if (!member)
		return bits_load(key, 0, view->plain_key->n_bytes * 8);
	return bits_load(key, member->bit_offset, member->type->n_bytes * 8);
}

/* All slots with the same rest of the key: from entry @begin of the order. */
static size_t draw_section(const struct map_view *view,
			   const struct snapshot *s, const uint32_t *order,
			   size_t begin, struct text *text)
{
	g_autofree struct counts *counts = g_new0(struct counts, 1);
	const uint8_t *key = snapshot_key(s, order[begin]);
	size_t i;

	for (i = begin; i < s->n; i++) {
		const uint8_t *next = snapshot_key(s, order[i]);

		if (!section_is_same(view, key, next))
			break;
		add_count(counts, slot_of(view, next),
			  sum_of(s, snapshot_value(s, order[i]), 0,
				 view->plain_value->n_bytes));
	}
	if (view->slot_member)
		section_put_key(view, key, text);
	draw_counts(view, counts, text);
	return i;
}

void histogram_draw(const struct map_view *view,
		    const struct snapshot *snapshot, const uint32_t *order,
		    struct text *text)
{
	if (view->slots) {
		for (size_t i = 0; i < snapshot->n; i++)
			draw_slots(view, snapshot, order[i], text);
		return;
	}
	for (size_t i = 0; i < snapshot->n;)
		i = draw_section(view, snapshot, order, i, text);
}
