/* SPDX-License-Identifier: GPL-2.0-only */
/* link.c - owns the descriptors of attachments. Knows no kind of probe. */
#include "link.h"

#include "bpf/kernel/tracefs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_PROBES_REMOVED_AT_ONCE 8
#define N_CLOSERS_MAX            64

struct link {
	GArray *fds;                   /* owned: what calls the program */
	GArray *events;                /* owned: perf events of probes */
	const struct tracefs *tracefs; /* borrowed; NULL: no event */
	char *event;                   /* owned: "group/event" */
	guint n_probes;                /* of the event */
	void (*release)(void *data);   /* may be NULL */
	void *data;
};

struct link *link_new(void)
{
	struct link *link = g_new0(struct link, 1);

	link->fds = g_array_new(FALSE, FALSE, sizeof(int));
	link->events = g_array_new(FALSE, FALSE, sizeof(int));
	return link;
}

static void close_all(GArray *fds)
{
	for (guint i = fds->len; i > 0; i--)
		close(g_array_index(fds, int, i - 1));
	g_array_unref(fds);
}

static void close_one(void *fd_plus_1, void *unused)
{
	close(GPOINTER_TO_INT(fd_plus_1) - 1);
}

/*
 * The kernel waits a grace period for each link that is closed (6.13 and
 * later: 40 to 100 ms), but one period does for all that are closed at once.
 */
static void close_at_once(GArray *fds)
{
	GThreadPool *pool;

	if (fds->len < 2) {
		close_all(fds);
		return;
	}
	pool = g_thread_pool_new(close_one, NULL,
				 (int)MIN(fds->len, N_CLOSERS_MAX), FALSE,
				 NULL);
	for (guint i = fds->len; i > 0; i--)
		g_thread_pool_push(pool,
				   GINT_TO_POINTER(
					   g_array_index(fds, int, i - 1) + 1),
				   NULL);
	g_thread_pool_free(pool, FALSE, TRUE);
	g_array_unref(fds);
}

static void *close_thread(void *fds)
{
	close_all(fds);
	return NULL;
}

/* The program is off them already; nobody need wait 100 ms for each. */
static void close_events(GArray *events)
{
	if (events->len > N_PROBES_REMOVED_AT_ONCE)
		g_thread_unref(
			g_thread_new("close-events", close_thread, events));
	else
		close_all(events);
}

static void remove_event(const struct link *link)
{
	g_autofree char *command = g_strdup_printf("-:%s", link->event);

	/* It is off already; nobody need wait for its removal. */
	if (link->n_probes > N_PROBES_REMOVED_AT_ONCE)
		tracefs_append_later(link->tracefs, "kprobe_events", command);
	else
		tracefs_append(link->tracefs, "kprobe_events", command, NULL);
}

/* What is left when the program is called no more. */
static void free_detached(struct link *link, GArray *events)
{
	if (link->release)
		link->release(link->data);
	if (link->event) {
		/* What a descriptor still uses would stay in tracefs. */
		close_events(link->events);
		remove_event(link);
	} else {
		g_array_append_vals(events, link->events->data,
				    link->events->len);
		g_array_unref(link->events);
	}
	g_array_unref(link->fds);
	g_free(link->event);
	g_free(link);
}

void links_free(struct link **links, guint n)
{
	GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));
	GArray *events = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < n; i++)
		g_array_append_vals(fds, links[i]->fds->data,
				    links[i]->fds->len);
	close_at_once(fds);
	for (guint i = n; i > 0; i--)
		free_detached(links[i - 1], events);
	close_events(events);
}

void link_free(struct link *link)
{
	if (link)
		links_free(&link, 1);
}

void link_take_fd(struct link *link, int fd)
{
	g_array_append_val(link->fds, fd);
}

void link_on_free(struct link *link, void (*release)(void *data), void *data)
{
	link->release = release;
	link->data = data;
}

void link_take_event(struct link *link, const struct tracefs *tracefs,
		     const char *name, guint n_probes)
{
	link->tracefs = tracefs;
	link->n_probes = n_probes;
	link->event = g_strdup(name);
}

bool link_add_perf_of(struct link *link, struct perf_event_attr *attr,
		      pid_t pid, int cpu, int program_fd, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .perf_event = {.bpf_cookie = cookie});
	int event, fd;

	attr->size = sizeof(*attr);
	event = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1,
			     PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return false;
	g_array_append_val(link->events, event);
	fd = bpf_link_create(program_fd, event, BPF_PERF_EVENT, &options);
	if (fd < 0) {
		errno = -fd;
		return false;
	}
	link_take_fd(link, fd);
	return !ioctl(event, PERF_EVENT_IOC_ENABLE, 0);
}

bool link_add_perf(struct link *link, struct perf_event_attr *attr,
		   int program_fd, uint64_t cookie)
{
	return link_add_perf_of(link, attr, -1, 0, program_fd, cookie);
}

bool link_add_event_id(struct link *link, uint64_t id, int program_fd,
		       uint64_t cookie)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
	};

	return link_add_perf(link, &attr, program_fd, cookie);
}
