/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link.h - a BPF program on a probe: the descriptors that keep it there.
 * All of it waits for the kernel; it runs in the worker.
 */
#ifndef PROBEFS_BPF_LINK_H
#define PROBEFS_BPF_LINK_H

#include <glib.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct link;
struct tracefs;

struct link *link_new(void);

/* Detach. Takes 100 ms for a kprobe. Accepts NULL. */
void link_free(struct link *link);
/* The same for @n, which takes little longer than one. */
void links_free(struct link **links, guint n);

/* Keep @fd, to be closed by link_free. */
void link_take_fd(struct link *link, int fd);

/* Call @release with @data when the program is detached. */
void link_on_free(struct link *link, void (*release)(void *data), void *data);

/*
 * Remember that @name ("group/event") was made in tracefs's kprobe_events
 * with @n_probes probes and is to be removed from there: later, when that
 * takes long (24 ms each). @tracefs is borrowed for the link's life.
 */
void link_take_event(struct link *link, const struct tracefs *tracefs,
		     const char *name, guint n_probes);

/*
 * Open the perf event of @attr for the process or thread @pid (-1: all) on
 * @cpu (-1: all, where @pid is one) and put @program_fd on it. False with
 * errno set.
 */
bool link_add_perf_of(struct link *link, struct perf_event_attr *attr,
		      pid_t pid, int cpu, int program_fd, uint64_t cookie);

/* The same for an event that belongs to no CPU, for all processes. */
bool link_add_perf(struct link *link, struct perf_event_attr *attr,
		   int program_fd, uint64_t cookie);

/* The same for the tracefs event with this id. */
bool link_add_event_id(struct link *link, uint64_t id, int program_fd,
		       uint64_t cookie);

#endif
