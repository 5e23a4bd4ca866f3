/* SPDX-License-Identifier: GPL-2.0-only */
/* events.c - owns the list of trace events. Knows nothing of attaching. */
#include "events.h"

#include "bpf/error.h"
#include "bpf/suggest.h"
#include "tracefs.h"

#include <errno.h>
#include <string.h>

struct events {
	struct tracefs *tracefs;  /* borrowed; NULL in tests */
	GHashTable *by_subsystem; /* owned: char * to GPtrArray of char * */
	GPtrArray *subsystems;    /* owned; borrowed names */
	GPtrArray *raw;           /* owned; borrowed names */
};

static int compare_strings(gconstpointer a, gconstpointer b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static void free_names(gpointer names)
{
	g_ptr_array_unref(names);
}

static bool has_name(const GPtrArray *names, const char *name)
{
	return names->len && bsearch(&name, names->pdata, names->len,
				     sizeof(*names->pdata), compare_strings);
}

/*
 * "subsystem:event". Probes that others made through kprobe_events are left
 * out: they come and go, and are not the kernel's own.
 */
static void events_add_line(struct events *events, char *line)
{
	char *colon = strchr(line, ':');
	GPtrArray *names;

	if (!colon || g_str_has_prefix(line, "kprobes:") ||
	    g_str_has_prefix(line, "uprobes:") ||
	    g_str_has_prefix(line, "probefs_") ||
	    g_str_has_prefix(line, "ftrace:"))
		return;
	*colon = '\0';
	names = g_hash_table_lookup(events->by_subsystem, line);
	if (!names) {
		names = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(events->by_subsystem, g_strdup(line),
				    names);
	}
	g_ptr_array_add(names, g_strdup(colon + 1));
}

/* The events of system calls are made by the two raw_syscalls tracepoints. */
static void events_list_raw(struct events *events)
{
	GHashTableIter iter;
	gpointer subsystem, value;

	g_hash_table_iter_init(&iter, events->by_subsystem);
	while (g_hash_table_iter_next(&iter, &subsystem, &value)) {
		GPtrArray *names = value;

		if (!strcmp(subsystem, "syscalls"))
			continue;
		for (guint i = 0; i < names->len; i++)
			g_ptr_array_add(events->raw, names->pdata[i]);
	}
	g_ptr_array_sort(events->raw, compare_strings);
}

static void events_parse(struct events *events, char *text)
{
	char *line, *rest = text;
	GHashTableIter iter;
	gpointer key, value;

	events->by_subsystem = g_hash_table_new_full(g_str_hash, g_str_equal,
						     g_free, free_names);
	events->subsystems = g_ptr_array_new();
	events->raw = g_ptr_array_new();
	while ((line = strsep(&rest, "\n")))
		events_add_line(events, line);
	g_hash_table_iter_init(&iter, events->by_subsystem);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		g_ptr_array_add(events->subsystems, key);
		g_ptr_array_sort(value, compare_strings);
	}
	g_ptr_array_sort(events->subsystems, compare_strings);
	events_list_raw(events);
}

static void events_load(struct events *events)
{
	g_autofree char *text = NULL;

	if (events->by_subsystem)
		return;
	text = tracefs_read(events->tracefs, "available_events", NULL);
	if (!text)
		text = g_strdup("");
	events_parse(events, text);
}

static void events_forget(struct events *events)
{
	g_clear_pointer(&events->subsystems, g_ptr_array_unref);
	g_clear_pointer(&events->raw, g_ptr_array_unref);
	g_clear_pointer(&events->by_subsystem, g_hash_table_unref);
}

struct events *events_new(struct tracefs *tracefs)
{
	struct events *events = g_new0(struct events, 1);

	events->tracefs = tracefs;
	return events;
}

struct events *events_new_from_text(const char *available_events)
{
	struct events *events = g_new0(struct events, 1);
	g_autofree char *text = g_strdup(available_events);

	events_parse(events, text);
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	events_forget(events);
	g_free(events);
}

void events_reload(struct events *events)
{
	if (events->tracefs)
		events_forget(events);
	events_load(events);
}

const GPtrArray *events_subsystems(struct events *events)
{
	events_load(events);
	return events->subsystems;
}

const GPtrArray *events_in(struct events *events, const char *subsystem)
{
	events_load(events);
	return g_hash_table_lookup(events->by_subsystem, subsystem);
}

const GPtrArray *events_raw(struct events *events)
{
	events_load(events);
	return events->raw;
}

bool events_has(struct events *events, const char *subsystem, const char *event)
{
	const GPtrArray *names = events_in(events, subsystem);

	return names && has_name(names, event);
}

/* The subsystem that has @event, or NULL. */
static const char *subsystem_of(struct events *events, const char *event)
{
	const GPtrArray *subsystems = events_subsystems(events);

	for (guint i = 0; i < subsystems->len; i++)
		if (events_has(events, subsystems->pdata[i], event))
			return subsystems->pdata[i];
	return NULL;
}

/*
 * What somebody meant who wrote an event without its subsystem or with
 * another's, or a system call for its tracepoint; NULL: none of these.
 */
static char *suggest_place(struct events *events, const char *event)
{
	g_autofree char *entry = g_strconcat("sys_enter_", event, NULL);
	const char *subsystem = subsystem_of(events, event);

	if (subsystem)
		return g_strdup_printf("; did you mean %s/%s?", subsystem,
				       event);
	if (events_has(events, "syscalls", entry))
		return g_strdup_printf("; did you mean syscalls/%s?", entry);
	return NULL;
}

void events_set_missing(struct events *events, const char *subsystem,
			const char *event, GError **error)
{
	const GPtrArray *names = events_in(events, subsystem);
	g_autofree char *hint = suggest_place(events,
					      *event ? event : subsystem);

	if (!names) {
		if (!hint)
			hint = suggest_phrase(subsystem,
					      events_subsystems(events));
		probefs_set_error(error, ENOENT, "no tracepoint subsystem %s%s",
				  subsystem, hint);
		return;
	}
	if (!hint)
		hint = suggest_phrase(event, names);
	probefs_set_error(error, ENOENT, "no tracepoint %s in subsystem %s%s",
			  event, subsystem, hint);
}
