/* SPDX-License-Identifier: GPL-2.0-only */
/* kprobe_events.h - probes made through tracefs's kprobe_events. */
#ifndef PROBEFS_BPF_KPROBE_EVENTS_H
#define PROBEFS_BPF_KPROBE_EVENTS_H

#include <glib.h>
#include <stdbool.h>

struct link;
struct link_plan;
struct tracefs;

/*
 * One trace event with a probe on each of the plan's symbols. Functions of a
 * pattern that the kernel refuses are left out; it fails when none is left.
 */
struct link *kprobe_events_attach(const struct link_plan *plan, bool is_return,
				  int program_fd, GError **error);

/* Remove the events of daemons that live no more. */
void kprobe_events_clean(const struct tracefs *tracefs);

#endif
