/* SPDX-License-Identifier: GPL-2.0-only */
/* event_struct.h - a tracepoint's format file as a C struct. */
#ifndef PROBEFS_BPF_EVENT_STRUCT_H
#define PROBEFS_BPF_EVENT_STRUCT_H

/*
 * The declaration that can be pasted into a program whose function gets a
 * pointer to it as its context:
 *
 *     struct skb_kfree_skb { … };
 *
 * @format is the text of events/SUBSYSTEM/EVENT/format (its syntax: the
 * kernel's Documentation/trace/events.rst). Owned by the caller.
 */
char *event_struct(const char *subsystem, const char *event,
		   const char *format);

#endif
