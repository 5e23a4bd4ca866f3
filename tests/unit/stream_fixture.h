/* SPDX-License-Identifier: GPL-2.0-only */
/* stream_fixture.h - what the tests of streams stand on: rings in memory. */
#ifndef PROBEFS_TESTS_STREAM_FIXTURE_H
#define PROBEFS_TESTS_STREAM_FIXTURE_H

#include <glib.h>

#include "bpf/streams/streams.h"
#include "fake_ring.h"

#define RING_BYTES (256u << 10)

/* A program with one ring and the formats "n=%llu" and "%s". */
struct program {
	struct fake_ring fake;
	struct stream *stream;
	struct stream_ring *ring;
};

struct stream_hub *stream_test_hub(uint64_t backlog_bytes);

struct program program_new(struct stream_hub *hub, const char *name);
/* A ring for it, again for a new version. */
void program_connect(struct program *program);
void program_free(struct program *program);

/* Counts its calls in the unsigned @data. */
void count_ready(void *data);
struct engine_reader *open_reader(struct stream_hub *hub, struct stream *stream,
				  enum engine_stream_format format,
				  unsigned *n_ready);

void turn_loop(unsigned ms);

/* All that can be read now, with reads of @size; "END" for a -1. */
char *read_all(struct engine_reader *reader, size_t size);

#define assert_reads(reader, size, expected)                           \
	do {                                                           \
		g_autofree char *assert_text = read_all(reader, size); \
		g_assert_cmpstr(assert_text, ==, expected);            \
	} while (0)

/* One program, one reader of it. */
struct one {
	struct stream_hub *hub;
	struct program program;
	struct engine_reader *reader;
	unsigned n_ready;
};

void one_init(struct one *one, uint64_t backlog_bytes);
void one_clear(struct one *one);

#endif
