/* SPDX-License-Identifier: GPL-2.0-only */
/* events.h - the kernel's trace events by subsystem and name. */
#ifndef PROBEFS_BPF_EVENTS_H
#define PROBEFS_BPF_EVENTS_H

#include <glib.h>
#include <stdbool.h>

struct events;
struct tracefs;

/* Reads nothing before the first question. @tracefs is borrowed. */
struct events *events_new(struct tracefs *tracefs);
/* From the text of available_events. For tests. */
struct events *events_new_from_text(const char *available_events);
void events_free(struct events *events);

/*
 * Sorted names, borrowed: the subsystems; the events of one (NULL: there is
 * no such subsystem).
 */
const GPtrArray *events_subsystems(struct events *events);
const GPtrArray *events_in(struct events *events, const char *subsystem);

/* The names of all tracepoints that BPF can use raw, sorted. */
const GPtrArray *events_raw(struct events *events);

bool events_has(struct events *events, const char *subsystem,
		const char *event);

/* Read the list again: a module may have brought new ones. */
void events_reload(struct events *events);

/* ENOENT and a sentence with the nearest name: there is no such event. */
void events_set_missing(struct events *events, const char *subsystem,
			const char *event, GError **error);

#endif
