// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_bench.c - records a second through the part of the way that is ours:
 * out of a ring in memory, into a backlog, and as text into a reader's
 * buffer. The record is that of the benchmark in `run`: pid, comm and size of
 * a write.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "bpf/streams/ring.h"
#include "bpf/streams/streams.h"
#include "tests/unit/fake_ring.h"

#define RING_BYTES (4u << 20)
#define READ_BYTES (128u << 10)
#define N_RECORDS  4000000
#define BATCH      20000

static const char format[] = "%d %s %lu\n";

struct arguments {
	uint64_t pid;
	char comm[16];
	uint64_t n_bytes;
};

static void nothing(void *data)
{
}

static struct stream_ring *connect(struct stream *stream,
				   struct fake_ring *fake)
{
	static const uint16_t arg_bytes[] = {8, 16, 8};
	g_autoptr(GByteArray) section = g_byte_array_new();
	g_autoptr(GBytes) formats = NULL;
	g_autoptr(GError) error = NULL;
	struct ring mapping;

	fake_formats_add(section, format, arg_bytes, 3);
	formats = g_bytes_new(section->data, section->len);
	if (!ring_init(&mapping, fake->fd, fake->n_bytes, &error))
		g_error("%s", error->message);
	return stream_ring_new(stream, fake->fd, &mapping, &fake->control,
			       formats, NULL, NULL);
}

/* Send a batch; the time that this takes is not measured. */
static void send_batch(struct fake_ring *fake)
{
	struct arguments arguments = {.pid = 812,
				      .comm = "one-byte-writer",
				      .n_bytes = 1};

	for (unsigned i = 0; i < BATCH; i++)
		fake_ring_send(fake, 1, 0, &arguments, sizeof(arguments));
}

static void measure(const char *what, bool is_root,
		    enum engine_stream_format kind)
{
	struct stream_hub_config config = {};
	struct stream_hub *hub = stream_hub_new(&config, NULL);
	struct stream *stream = stream_new(hub, "writes");
	struct engine_reader *reader = stream_reader_new(
		hub, is_root ? NULL : stream, kind, 0, nothing, NULL);
	g_autofree char *buffer = g_malloc(READ_BYTES);
	struct stream_ring *ring;
	struct fake_ring fake;
	gint64 drain_us = 0, read_us = 0, n_bytes = 0;

	fake_ring_init(&fake, RING_BYTES);
	ring = connect(stream, &fake);
	for (unsigned i = 0; i < N_RECORDS / BATCH; i++) {
		gint64 begin, drained;
		ssize_t n;

		send_batch(&fake);
		begin = g_get_monotonic_time();
		stream_mark(hub, stream, "");
		drained = g_get_monotonic_time();
		while ((n = engine_reader_read(reader, buffer, READ_BYTES)) > 0)
			n_bytes += n;
		drain_us += drained - begin;
		read_us += g_get_monotonic_time() - drained;
	}
	printf("%-14s %6.1f ns drain %6.1f ns format %6.2f M/s %4.0f bytes\n",
	       what, drain_us * 1e3 / N_RECORDS, read_us * 1e3 / N_RECORDS,
	       N_RECORDS / (double)(drain_us + read_us),
	       (double)n_bytes / N_RECORDS);
	engine_reader_free(reader);
	stream_ring_free(ring);
	stream_free(stream);
	stream_hub_free(hub);
	fake_ring_clear(&fake);
}

int main(void)
{
	measure("program text", false, ENGINE_STREAM_TEXT);
	measure("root text", true, ENGINE_STREAM_TEXT);
	measure("program json", false, ENGINE_STREAM_JSON);
	return 0;
}
