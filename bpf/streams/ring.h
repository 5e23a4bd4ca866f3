/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - the consumer's side of a BPF ring buffer map.
 *
 * Unlike libbpf's it hands out records without a callback, publishes its
 * position in batches, and can stop anywhere. The layout is that of
 * kernel/bpf/ringbuf.c: a page with the consumer's position, a page with the
 * producer's, the data twice in a row.
 */
#ifndef PROBEFS_BPF_RING_H
#define PROBEFS_BPF_RING_H

#include <glib.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* The producer's cache line is left alone for so many bytes. */
#define RING_PUBLISH_BYTES 65536

struct ring {
	unsigned long *consumer;       /* borrowed from the mapping */
	const unsigned long *producer; /* borrowed from the mapping */
	const uint8_t *data;           /* borrowed from the mapping */
	uint64_t n_bytes;
	unsigned long position;  /* ours */
	unsigned long published; /* what the kernel knows */
	unsigned long end;       /* the producer's position, as last seen */
	void *consumer_page;     /* owned mapping */
	void *producer_page;     /* owned mapping */
};

/* Fails with the errno of the mmap. @n_bytes: of the ring, a power of two. */
bool ring_init(struct ring *ring, int fd, uint64_t n_bytes, GError **error);
void ring_clear(struct ring *ring);

static inline void ring_publish(struct ring *ring)
{
	if (ring->published == ring->position)
		return;
	ring->published = ring->position;
	__atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
}

/* Is there nothing that has been reserved and not consumed? */
static inline bool ring_is_empty(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_SEQ_CST) ==
	       ring->position;
}

/*
 * The next committed record and its length, or NULL: there is none, or it is
 * still being written. It stays valid until the position behind it is
 * published, which this does for the records before it.
 */
static inline const uint8_t *ring_next(struct ring *ring, uint32_t *n_bytes)
{
	for (;;) {
		const uint8_t *record;
		uint32_t header;

		if (ring->position == ring->end) {
			ring->end = __atomic_load_n(ring->producer,
						    __ATOMIC_ACQUIRE);
			if (ring->position == ring->end)
				return NULL;
		}
		if (ring->position - ring->published >= RING_PUBLISH_BYTES)
			ring_publish(ring);
		record = ring->data + (ring->position & (ring->n_bytes - 1));
		header = __atomic_load_n((const uint32_t *)(const void *)record,
					 __ATOMIC_ACQUIRE);
		if (header & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*n_bytes = header & ~(uint32_t)BPF_RINGBUF_DISCARD_BIT;
		ring->position += (*n_bytes + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			return record + BPF_RINGBUF_HDR_SZ;
	}
}

#endif
