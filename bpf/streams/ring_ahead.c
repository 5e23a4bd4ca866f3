/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_ahead.c - owns the thread that makes the map. Knows no program; why a
 * map cannot be made is said by whoever then makes it in earnest.
 */
#include "ring_ahead.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <unistd.h>

#include "ring.h"
#include "bpf/include/probefs/record.h"

struct ring_ahead {
	GThread *thread; /* owned; NULL: it has ended */
	uint64_t n_bytes;
	/* The thread's, until it has ended. */
	int fd; /* owned, or -1 */
	struct ring ring;
	bool is_mapped;
};

static void *make(void *data)
{
	struct ring_ahead *ahead = data;

	ahead->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, PROBEFS_RING_MAP, 0, 0,
				   (uint32_t)ahead->n_bytes, NULL);
	if (ahead->fd < 0)
		ahead->fd = -1; /* libbpf has given the errno */
	if (ahead->fd >= 0)
		ahead->is_mapped = ring_init(&ahead->ring, ahead->fd,
					     ahead->n_bytes, NULL);
	return NULL;
}

struct ring_ahead *ring_ahead_new(uint64_t n_bytes)
{
	struct ring_ahead *ahead = g_new0(struct ring_ahead, 1);

	ahead->n_bytes = n_bytes;
	ahead->fd = -1;
	ahead->thread = g_thread_try_new("ring", make, ahead, NULL);
	return ahead;
}

static void wait_for(struct ring_ahead *ahead)
{
	if (ahead->thread)
		g_thread_join(g_steal_pointer(&ahead->thread));
}

void ring_ahead_free(struct ring_ahead *ahead)
{
	if (!ahead)
		return;
	wait_for(ahead);
	if (ahead->is_mapped)
		ring_clear(&ahead->ring);
	if (ahead->fd >= 0)
		close(ahead->fd);
	g_free(ahead);
}

int ring_ahead_fd(struct ring_ahead *ahead)
{
	if (!ahead)
		return -1;
	wait_for(ahead);
	return ahead->fd;
}

bool ring_ahead_take(struct ring_ahead *ahead, struct ring *ring)
{
	if (!ahead)
		return false;
	wait_for(ahead);
	if (!ahead->is_mapped)
		return false;
	*ring = ahead->ring;
	ahead->is_mapped = false;
	return true;
}
