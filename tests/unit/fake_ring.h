/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake_ring.h - the producer's side of a BPF ring buffer, in a memfd, so that
 * streams can be tested without a kernel that takes part. As in the kernel,
 * what finds no room is counted as lost.
 */
#ifndef PROBEFS_TESTS_FAKE_RING_H
#define PROBEFS_TESTS_FAKE_RING_H

#include <glib.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/include/probefs/record.h"

struct fake_ring {
	int fd;
	uint64_t n_bytes;
	unsigned long *consumer;
	unsigned long *producer;
	uint8_t *data; /* twice, unlike the kernel's not the same memory */
	void *mapping; /* owned */
	struct probefs_control control;
	uint64_t time_ns; /* of the next record; goes up by a microsecond */
};

/* @n_bytes: a power of two, whole pages. */
void fake_ring_init(struct fake_ring *fake, uint64_t n_bytes);
void fake_ring_clear(struct fake_ring *fake);

/* Reserve a record with @n_bytes in all; NULL: no room. Not yet committed. */
struct probefs_record *fake_ring_reserve(struct fake_ring *fake,
					 uint32_t n_bytes);
void fake_ring_commit(struct fake_ring *fake, struct probefs_record *record,
		      bool is_discarded);

/* Send a record of bash's with @id and a payload. False: lost, and counted. */
bool fake_ring_send(struct fake_ring *fake, uint32_t cpu, uint32_t id,
		    const void *payload, uint32_t payload_bytes);

/* The same with one 64-bit argument. */
bool fake_ring_send_u64(struct fake_ring *fake, uint32_t cpu, uint32_t id,
			uint64_t value);

/*
 * Append a format to a PROBEFS_FORMATS_SECTION: its text, and the bytes of
 * its @n_args arguments.
 */
void fake_formats_add(GByteArray *section, const char *text,
		      const uint16_t *arg_bytes, unsigned n_args);

#endif
