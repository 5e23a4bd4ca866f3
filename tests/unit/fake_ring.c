// SPDX-License-Identifier: GPL-2.0-only
/* fake_ring.c - the producer's side of a BPF ring buffer, in a memfd. */
#include "fake_ring.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/streams/state.h"

void fake_ring_init(struct fake_ring *fake, uint64_t n_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = 2 * page + 2 * n_bytes;

	*fake = (struct fake_ring){.n_bytes = n_bytes};
	fake->fd = memfd_create("ring", MFD_CLOEXEC);
	g_assert_cmpint(fake->fd, >=, 0);
	g_assert_cmpint(ftruncate(fake->fd, (off_t)whole), ==, 0);
	fake->mapping = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED,
			     fake->fd, 0);
	g_assert_true(fake->mapping != MAP_FAILED);
	fake->consumer = fake->mapping;
	fake->producer = (void *)((uint8_t *)fake->mapping + page);
	fake->data = (uint8_t *)fake->mapping + 2 * page;
	fake->control.active = 1;
	/* Long ago, so that the root's output need not wait for it. */
	fake->time_ns = 12345678901000;
	fake->time_ns = MIN(fake->time_ns, hub_now_ns() / 2);
}

void fake_ring_clear(struct fake_ring *fake)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap(fake->mapping, 2 * page + 2 * fake->n_bytes);
	close(fake->fd);
}

/* The word before a record: its length and its state. */
static void put_header(struct fake_ring *fake, unsigned long position,
		       uint32_t value)
{
	size_t at = position & (fake->n_bytes - 1);

	__atomic_store_n((uint32_t *)(void *)(fake->data + at), value,
			 __ATOMIC_RELEASE);
	__atomic_store_n((uint32_t *)(void *)(fake->data + fake->n_bytes + at),
			 value, __ATOMIC_RELEASE);
}

struct probefs_record *fake_ring_reserve(struct fake_ring *fake,
					 uint32_t n_bytes)
{
	unsigned long size = (n_bytes + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	unsigned long position = *fake->producer;

	if (position + size -
		    __atomic_load_n(fake->consumer, __ATOMIC_ACQUIRE) >
	    fake->n_bytes)
		return NULL;
	put_header(fake, position, n_bytes | BPF_RINGBUF_BUSY_BIT);
	__atomic_store_n(fake->producer, position + size, __ATOMIC_RELEASE);
	return (void *)(fake->data + (position & (fake->n_bytes - 1)) +
			BPF_RINGBUF_HDR_SZ);
}

/* Bring what was written to one copy of the data to the other. */
static void mirror(struct fake_ring *fake, size_t at, size_t n_bytes)
{
	for (size_t i = at; i < at + n_bytes; i++) {
		if (i < fake->n_bytes)
			fake->data[i + fake->n_bytes] = fake->data[i];
		else
			fake->data[i - fake->n_bytes] = fake->data[i];
	}
}

void fake_ring_commit(struct fake_ring *fake, struct probefs_record *record,
		      bool is_discarded)
{
	size_t at = (size_t)((uint8_t *)record - fake->data);
	uint32_t header = *(uint32_t *)(void *)(fake->data + at -
						BPF_RINGBUF_HDR_SZ) &
			  ~BPF_RINGBUF_BUSY_BIT;

	mirror(fake, at, header);
	if (is_discarded)
		header |= BPF_RINGBUF_DISCARD_BIT;
	put_header(fake, at - BPF_RINGBUF_HDR_SZ, header);
}

bool fake_ring_send(struct fake_ring *fake, uint32_t cpu, uint32_t id,
		    const void *payload, uint32_t payload_bytes)
{
	__u64 *n_lost = &fake->control.lost[cpu % PROBEFS_N_LOST_SLOTS].n_lost;
	struct probefs_record *record = fake_ring_reserve(
		fake, (uint32_t)sizeof(*record) + payload_bytes);

	if (!record) {
		++*n_lost;
		return false;
	}
	*record = (struct probefs_record){
		.time_ns = fake->time_ns,
		.pid_tgid = 812ull << 32 | 813,
		.comm = "bash",
		.id = id,
		.cpu = cpu,
		.lost = (uint32_t)*n_lost,
		.payload_bytes = payload_bytes,
	};
	fake->time_ns += 1000;
	if (payload_bytes)
		memcpy(record + 1, payload, payload_bytes);
	fake_ring_commit(fake, record, false);
	return true;
}

bool fake_ring_send_u64(struct fake_ring *fake, uint32_t cpu, uint32_t id,
			uint64_t value)
{
	return fake_ring_send(fake, cpu, id, &value, sizeof(value));
}

void fake_formats_add(GByteArray *section, const char *text,
		      const uint16_t *arg_bytes, unsigned n_args)
{
	static const uint8_t zeros[4];
	size_t n_text = strlen(text) + 1;
	size_t n_bytes = sizeof(struct probefs_format) +
			 n_args * sizeof(*arg_bytes) + n_text;
	struct probefs_format entry = {
		.entry_bytes = (uint16_t)((n_bytes + 3) & ~3u),
		.n_args = (uint16_t)n_args,
		.text_bytes = (uint16_t)n_text,
	};

	g_byte_array_append(section, (const void *)&entry, sizeof(entry));
	if (n_args)
		g_byte_array_append(section, (const void *)arg_bytes,
				    (guint)(n_args * sizeof(*arg_bytes)));
	g_byte_array_append(section, (const void *)text, (guint)n_text);
	g_byte_array_append(section, zeros,
			    (guint)(entry.entry_bytes - n_bytes));
}
