// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - the mappings of a BPF ring buffer.
 */
#include "ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/error.h"

static void *map_pages(int fd, size_t n_bytes, int protection, long offset,
		       GError **error)
{
	void *pages = mmap(NULL, n_bytes, protection, MAP_SHARED, fd, offset);

	if (pages != MAP_FAILED)
		return pages;
	probefs_set_error(error, errno, "ring buffer of %zu bytes: mmap: %s",
			  n_bytes, g_strerror(errno));
	return NULL;
}

bool ring_init(struct ring *ring, int fd, uint64_t n_bytes, GError **error)
{
	long page = sysconf(_SC_PAGESIZE);

	*ring = (struct ring){.n_bytes = n_bytes};
	if (!n_bytes || n_bytes & (n_bytes - 1) || n_bytes % (uint64_t)page) {
		probefs_set_error(error, EINVAL,
				  "ring buffer of %" G_GUINT64_FORMAT
				  " bytes: its size must be a power of two and "
				  "whole pages",
				  n_bytes);
		return false;
	}
	ring->consumer_page = map_pages(fd, (size_t)page,
					PROT_READ | PROT_WRITE, 0, error);
	if (!ring->consumer_page)
		return false;
	ring->producer_page = map_pages(fd, (size_t)page + 2 * n_bytes,
					PROT_READ, page, error);
	if (!ring->producer_page) {
		ring_clear(ring);
		return false;
	}
	ring->consumer = ring->consumer_page;
	ring->producer = ring->producer_page;
	ring->data = (const uint8_t *)ring->producer_page + page;
	ring->position = ring->published = ring->end =
		__atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
	return true;
}

void ring_clear(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (ring->consumer_page)
		munmap(ring->consumer_page, page);
	if (ring->producer_page)
		munmap(ring->producer_page, page + 2 * ring->n_bytes);
	ring->consumer_page = ring->producer_page = NULL;
}
