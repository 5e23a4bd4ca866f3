// SPDX-License-Identifier: GPL-2.0-only
/* render.c - entries as lines of text or as JSON. */
#include <errno.h>
#include <string.h>

#include "bpf/error.h"
#include "histogram.h"
#include "map_kind.h"
#include "map_view.h"
#include "order.h"
#include "per_cpu.h"
#include "prefix.h"
#include "snapshot.h"

/* One rendering. */
struct output {
	const struct map_view *view; /* borrowed, as the snapshot */
	const struct snapshot *snapshot;
	uint8_t *sum; /* owned: a value's size */
	enum map_form form;
	size_t max_bytes;
	struct text text;
};

static enum text_style style_of(const struct output *out)
{
	return out->form == MAP_JSON ? TEXT_JSON : TEXT_PLAIN;
}

static void put_value(struct output *out, const uint8_t *value, unsigned flags)
{
	const struct map_view *view = out->view;
	size_t n_bytes = view->info.value_size;

	/* What is behind a stack's outermost frame is zero. */
	while (view->kind->is_stack_trace && n_bytes > 8 && !value[n_bytes - 1])
		n_bytes--;
	if (view->kind->is_stack_trace)
		n_bytes = (n_bytes + 7) & ~(size_t)7;
	value_print_as(view->types, view->plain_value, value, n_bytes,
		       style_of(out), flags | VALUE_EXACT, &out->text);
}

/* "cpu0=1 cpu1=4", or a JSON array. */
static void put_parts(struct output *out, const uint8_t *parts)
{
	const struct snapshot *s = out->snapshot;
	bool is_json = out->form == MAP_JSON;

	if (is_json)
		text_put_char(&out->text, '[');
	for (unsigned cpu = 0; cpu < s->n_cpus; cpu++) {
		if (cpu)
			text_put_char(&out->text, is_json ? ',' : ' ');
		if (!is_json) {
			text_put_literal(&out->text, "cpu");
			text_put_u64(&out->text, cpu);
			text_put_char(&out->text, '=');
		}
		put_value(out, parts + cpu * s->part_bytes, VALUE_NESTED);
	}
	if (is_json)
		text_put_char(&out->text, ']');
}

static void put_entry_value(struct output *out, size_t i)
{
	const struct snapshot *s = out->snapshot;
	const uint8_t *value = snapshot_value(s, i);

	if (!out->view->kind->is_per_cpu)
		put_value(out, value, 0);
	else if (out->form != MAP_PERCPU && out->view->can_sum &&
		 per_cpu_sum(out->view->value_leaves, value, s->n_cpus,
			     s->part_bytes, out->sum))
		put_value(out, out->sum, 0);
	else
		put_parts(out, value);
}

static void put_key(struct output *out, const uint8_t *key)
{
	const struct map_view *view = out->view;
	bool is_json = out->form == MAP_JSON;

	if (!view->kind->is_trie) {
		value_print_as(view->types, view->plain_key, key,
			       view->info.key_size, style_of(out), VALUE_EXACT,
			       &out->text);
		return;
	}
	if (is_json)
		text_put_char(&out->text, '"');
	prefix_print(key, view->info.key_size, &out->text);
	if (is_json)
		text_put_char(&out->text, '"');
}

static void put_line(struct output *out, size_t i)
{
	if (out->snapshot->key_bytes) {
		put_key(out, snapshot_key(out->snapshot, i));
		text_put_char(&out->text, '\t');
	}
	put_entry_value(out, i);
	text_put_char(&out->text, '\n');
}

static void put_json_entry(struct output *out, size_t i)
{
	text_put_char(&out->text, '{');
	if (out->snapshot->key_bytes) {
		text_put_literal(&out->text, "\"key\":");
		put_key(out, snapshot_key(out->snapshot, i));
		text_put_char(&out->text, ',');
	}
	text_put_literal(&out->text, "\"value\":");
	put_entry_value(out, i);
	text_put_char(&out->text, '}');
}

static bool check_size(const struct output *out, GError **error)
{
	if (text_length(&out->text) <= out->max_bytes)
		return true;
	probefs_set_error(error, EFBIG,
			  "%s: its text takes more than the %zu bytes that a "
			  "snapshot may have",
			  out->view->name, out->max_bytes);
	return false;
}

static bool put_lines(struct output *out, const uint32_t *order, GError **error)
{
	if (out->view->kind->what) {
		text_put_literal(&out->text, "# ");
		text_put_string(&out->text, out->view->kind->what);
		text_put_char(&out->text, '\n');
	}
	for (size_t i = 0; i < out->snapshot->n; i++) {
		put_line(out, order[i]);
		if (!check_size(out, error))
			return false;
	}
	return true;
}

static bool put_json(struct output *out, const uint32_t *order, GError **error)
{
	text_put_char(&out->text, '[');
	for (size_t i = 0; i < out->snapshot->n; i++) {
		if (i)
			text_put_literal(&out->text, ",\n");
		put_json_entry(out, order[i]);
		if (!check_size(out, error))
			return false;
	}
	text_put_literal(&out->text, "]\n");
	return true;
}

/* The text, without a copy: all of it is in the spill buffer. */
static GBytes *take_text(struct text *text)
{
	size_t n_bytes = text_length(text);
	char *bytes = g_realloc(g_steal_pointer(&text->spill), n_bytes);

	return g_bytes_new_take(bytes, n_bytes);
}

static bool put_all(struct output *out, const uint32_t *order, GError **error)
{
	if (out->form == MAP_JSON)
		return put_json(out, order, error);
	if (out->form != MAP_TEXT || !map_view_is_histogram(out->view))
		return put_lines(out, order, error);
	histogram_draw(out->view, out->snapshot, order, &out->text);
	return check_size(out, error);
}

static GBytes *render(struct output *out, GError **error)
{
	g_autofree uint32_t *order = order_new(out->view, out->snapshot);

	text_begin(&out->text, NULL, 0);
	return put_all(out, order, error) ? take_text(&out->text) : NULL;
}

GBytes *map_render(struct map_view *view, enum map_form form, size_t max_bytes,
		   GError **error)
{
	struct output out = {.view = view,
			     .form = form,
			     .max_bytes = max_bytes};
	unsigned flags = form == MAP_ALL ? SNAPSHOT_ZEROS : 0;
	struct snapshot *snapshot = snapshot_read(view->fd, &view->info,
						  view->name, flags, max_bytes,
						  error);
	GBytes *result;

	if (!snapshot)
		return NULL;
	out.snapshot = snapshot;
	out.sum = g_malloc(snapshot->part_bytes);
	result = render(&out, error);
	g_free(out.sum);
	text_clear(&out.text);
	snapshot_free(snapshot);
	return result;
}
