// SPDX-License-Identifier: GPL-2.0-only
/* Streams and their readers, over rings in memory. No root needed. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/backlog.h"
#include "bpf/ring.h"
#include "bpf/stream.h"
#include "fake_ring.h"

#define RING_BYTES (256u << 10)

/* A program with one ring and the formats "n=%llu" and "%s". */
struct program {
	struct fake_ring fake;
	struct stream *stream;
	struct stream_ring *ring;
};

static const char *describe_cookie(uint64_t cookie, void *data)
{
	return cookie == 7 ? "kprobes/sys_clone" : NULL;
}

static struct stream_hub *hub_new(uint64_t backlog_bytes)
{
	struct stream_hub_config config = {.backlog_bytes = backlog_bytes,
					   .exclude_readers = true,
					   .excluded_slack_ns = 12345,
					   .describe_cookie = describe_cookie};

	return stream_hub_new(&config, NULL);
}

static void connect(struct program *program)
{
	static const uint16_t args[] = {8};
	static const uint16_t long_args[] = {3000};
	g_autoptr(GByteArray) section = g_byte_array_new();
	g_autoptr(GBytes) formats = NULL;
	g_autoptr(GError) error = NULL;
	struct ring ring;

	fake_formats_add(section, "n=%llu\n", args, 1);
	fake_formats_add(section, "two\nlines %llu", args, 1);
	fake_formats_add(section, "%s", long_args, 1);
	formats = g_bytes_new(section->data, section->len);
	ring_init(&ring, program->fake.fd, program->fake.n_bytes, &error);
	g_assert_no_error(error);
	program->ring = stream_ring_new(program->stream, program->fake.fd,
					&ring, &program->fake.control, formats,
					NULL, &error);
	g_assert_no_error(error);
}

static struct program program_new(struct stream_hub *hub, const char *name)
{
	struct program program = {};

	fake_ring_init(&program.fake, RING_BYTES);
	program.stream = stream_new(hub, name);
	return program;
}

static void program_free(struct program *program)
{
	stream_ring_free(program->ring);
	stream_free(program->stream);
	fake_ring_clear(&program->fake);
}

static void count_ready(void *data)
{
	++*(unsigned *)data;
}

static struct engine_reader *open_reader(struct stream_hub *hub,
					 struct stream *stream,
					 enum engine_stream_format format,
					 unsigned *n_ready)
{
	return stream_reader_new(hub, stream, format, 0, count_ready, n_ready);
}

static void turn_loop(unsigned ms)
{
	gint64 end = g_get_monotonic_time() + ms * 1000;

	do {
		g_main_context_iteration(NULL, false);
	} while (g_get_monotonic_time() < end);
}

/* All that can be read now, with reads of @size; "END" for a -1. */
static char *read_all(struct engine_reader *reader, size_t size)
{
	GString *all = g_string_new(NULL);
	g_autofree char *buffer = g_malloc(size);
	ssize_t n;

	turn_loop(3);
	while ((n = engine_reader_read(reader, buffer, size)) > 0)
		g_string_append_len(all, buffer, n);
	if (n < 0)
		g_string_append(all, "END");
	return g_string_free(all, false);
}

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

static void one_init(struct one *one, uint64_t backlog_bytes)
{
	*one = (struct one){.hub = hub_new(backlog_bytes)};
	one->program = program_new(one->hub, "hello");
	connect(&one->program);
	one->reader = open_reader(one->hub, one->program.stream,
				  ENGINE_STREAM_TEXT, &one->n_ready);
}

static void one_clear(struct one *one)
{
	engine_reader_free(one->reader);
	program_free(&one->program);
	stream_hub_free(one->hub);
}

static void test_message_exact(void)
{
	struct one one;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	fake_ring_send_u64(&one.program.fake, 1, 1, 2);
	fake_ring_send(&one.program.fake, 1, 99, "\xab\xcd", 2);
	assert_reads(one.reader, 4096, "n=1\ntwo\nlines 2\nabcd\n");
	assert_reads(one.reader, 4096, "");
	one_clear(&one);
}

static void test_line_prefix(void)
{
	struct one one;
	struct engine_reader *root;

	one_init(&one, 0);
	root = open_reader(one.hub, NULL, ENGINE_STREAM_TEXT, &one.n_ready);
	one.program.fake.time_ns = 12345678901;
	fake_ring_send_u64(&one.program.fake, 1, 0, 5);
	assert_reads(
		root, 4096,
		"            bash-813     [001] .....    12.345678: hello: "
		"n=5\n");
	engine_reader_free(root);
	one_clear(&one);
}

static void test_json(void)
{
	struct one one;
	struct engine_reader *json;
	struct probefs_record *record;

	one_init(&one, 0);
	json = open_reader(one.hub, one.program.stream, ENGINE_STREAM_JSON,
			   &one.n_ready);
	one.program.fake.time_ns = 12345678901;
	fake_ring_send_u64(&one.program.fake, 3, 1, 5);
	record = fake_ring_reserve(&one.program.fake, sizeof(*record) + 2);
	*record = (struct probefs_record){.time_ns = 13000000000,
					  .comm = "a\"\x80\n",
					  .cookie = 7,
					  .cgroup_id = 42,
					  .id = PROBEFS_ID_TYPE,
					  .payload_bytes = 2};
	memcpy(record + 1, "\x01\x02", 2);
	fake_ring_commit(&one.program.fake, record, false);
	assert_reads(json, 4096,
		     "{\"time\":12.345678901,\"program\":\"hello\",\"comm\":"
		     "\"bash\",\"pid\":812,\"tid\":813,\"cpu\":3,\"cgroup\":0,"
		     "\"message\":\"two\\nlines 5\"}\n"
		     "{\"time\":13.000000000,\"program\":\"hello\",\"comm\":"
		     "\"a\\\"\\u0080\\n\",\"pid\":0,\"tid\":0,\"cpu\":0,"
		     "\"cgroup\":42,\"probe\":\"kprobes/sys_clone\","
		     "\"data\":\"0102\"}\n");
	engine_reader_free(json);
	one_clear(&one);
}

static void test_read_byte_by_byte(void)
{
	struct one one;

	one_init(&one, 0);
	for (unsigned i = 0; i < 30; i++)
		fake_ring_send_u64(&one.program.fake, 0, 0, i);
	for (size_t size = 1; size < 12; size++) {
		struct engine_reader *reader = open_reader(one.hub,
							   one.program.stream,
							   ENGINE_STREAM_TEXT,
							   &one.n_ready);
		g_autofree char *text = read_all(reader, size);

		g_assert_true(g_str_has_prefix(text, "n=0\nn=1\nn=2\n"));
		g_assert_true(g_str_has_suffix(text, "n=28\nn=29\n"));
		g_assert_cmpuint(strlen(text), ==, 10 * 4 + 20 * 5);
		engine_reader_free(reader);
	}
	one_clear(&one);
}

/* Whole lines, except of one that is longer than the buffer. */
static void test_read_whole_lines(void)
{
	struct one one;
	char payload[3000], buffer[1000];

	one_init(&one, 0);
	memset(payload, 'x', sizeof(payload));
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	fake_ring_send(&one.program.fake, 0, 2, payload, sizeof(payload));
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	turn_loop(3);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 4);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 1000);
	g_assert_true(engine_reader_is_ready(one.reader));
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 1000);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 1000);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 1);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 4), ==, 4);
	g_assert_cmpmem(buffer, 4, "n=2\n", 4);
	g_assert_false(engine_reader_is_ready(one.reader));
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 1000), ==, 0);
	one_clear(&one);
}

static void test_busy_and_discarded(void)
{
	struct one one;
	struct probefs_record *busy, *discarded;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	discarded = fake_ring_reserve(&one.program.fake, 72);
	fake_ring_commit(&one.program.fake, discarded, true);
	busy = fake_ring_reserve(&one.program.fake, sizeof(*busy));
	fake_ring_send_u64(&one.program.fake, 0, 0, 3);
	assert_reads(one.reader, 4096, "n=1\n");
	*busy = (struct probefs_record){.id = 77};
	fake_ring_commit(&one.program.fake, busy, false);
	assert_reads(one.reader, 4096, "\nn=3\n");
	one_clear(&one);
}

static void test_record_malformed(void)
{
	struct one one;
	struct probefs_record *record;

	one_init(&one, 0);
	record = fake_ring_reserve(&one.program.fake, 8);
	fake_ring_commit(&one.program.fake, record, false);
	record = fake_ring_reserve(&one.program.fake, sizeof(*record) + 8);
	*record = (struct probefs_record){.payload_bytes = 0xffffffff};
	memset(record + 1, 0, 8);
	fake_ring_commit(&one.program.fake, record, false);
	assert_reads(one.reader, 4096, "# a record without its header\nn=0\n");
	one_clear(&one);
}

static void test_lost_in_place(void)
{
	struct one one;
	struct fake_ring *fake = &one.program.fake;
	struct stream_counts counts;

	one_init(&one, 0);
	fake_ring_send_u64(fake, 0, 0, 1);
	fake->control.lost[2].n_lost = 5;
	fake_ring_send_u64(fake, 2, 0, 2);
	fake_ring_send_u64(fake, 0, 0, 3);
	fake_ring_send_u64(fake, 2, 0, 4);
	assert_reads(one.reader, 4096,
		     "n=1\n# lost 5 events (ring full) on cpu 2\n"
		     "n=2\nn=3\nn=4\n");
	stream_counts(one.program.stream, &counts);
	g_assert_cmpuint(counts.n_lost, ==, 5);
	g_assert_cmpuint(counts.n_events, ==, 4);
	g_assert_cmpuint(counts.n_readers, ==, 1);
	one_clear(&one);
}

/* Losses after the last record are told when it has become quiet. */
static void test_lost_trailing(void)
{
	struct one one;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	turn_loop(3);
	one.program.fake.control.lost[1].n_lost = 3;
	stream_ring_free(one.program.ring);
	one.program.ring = NULL;
	assert_reads(one.reader, 4096,
		     "n=1\n# lost 3 events (ring full) on cpu 1\n");
	one_clear(&one);
}

/* What was lost after a record that is still on its way is told after it. */
static void test_lost_behind_pending(void)
{
	struct one one;
	struct probefs_record *record;

	one_init(&one, 0);
	record = fake_ring_reserve(&one.program.fake, sizeof(*record) + 8);
	one.program.fake.control.lost[0].n_lost = 3;
	assert_reads(one.reader, 4096, "");
	*record = (struct probefs_record){.payload_bytes = 8};
	memset(record + 1, 0, 8);
	fake_ring_commit(&one.program.fake, record, false);
	assert_reads(one.reader, 4096,
		     "n=0\n# lost 3 events (ring full) on cpu 0\n");
	one_clear(&one);
}

/* Every event is read or in a count, however the reader falls behind. */
static void test_overrun_exact(void)
{
	struct one one;
	uint64_t n_sent = 0, n_read = 0, n_told = 0;
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	one_init(&one, 2 * BACKLOG_BLOCK_BYTES);
	for (unsigned round = 0; round < 300; round++) {
		int n = g_rand_int_range(rand, 0, 1500);
		g_autofree char *text = NULL;
		g_auto(GStrv) lines = NULL;

		for (int i = 0; i < n; i++) {
			fake_ring_send_u64(&one.program.fake, 0, 0, n_sent++);
			if (i % 400 == 0)
				turn_loop(0);
		}
		if (g_rand_boolean(rand))
			continue;
		text = read_all(one.reader, 1000);
		lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			if (g_str_has_prefix(*line, "# lost "))
				n_told += strtoull(*line + 7, NULL, 10);
			n_read += g_str_has_prefix(*line, "n=");
		}
	}
	{
		g_autofree char *text = read_all(one.reader, 100000);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		for (char **line = lines; *line; line++) {
			if (g_str_has_prefix(*line, "# lost "))
				n_told += strtoull(*line + 7, NULL, 10);
			n_read += g_str_has_prefix(*line, "n=");
		}
	}
	g_assert_cmpuint(n_told, >, 0);
	g_assert_cmpuint(n_read + n_told, ==, n_sent);
	one_clear(&one);
}

static void test_overrun_text(void)
{
	struct one one;
	g_autofree char *text = NULL;
	unsigned first = 0, n_lost = 0;

	one_init(&one, 2 * BACKLOG_BLOCK_BYTES);
	for (unsigned i = 0; i < 4000; i++) {
		fake_ring_send_u64(&one.program.fake, 0, 0, i);
		/* Long enough for the ring to be drained. */
		if (i % 500 == 0)
			turn_loop(2);
	}
	text = read_all(one.reader, 4096);
	g_assert_cmpint(sscanf(text,
			       "# lost %u events (reader too slow)\nn=%u\n",
			       &n_lost, &first),
			==, 2);
	g_assert_cmpuint(n_lost, ==, first);
	g_assert_true(g_str_has_suffix(text, "\nn=3999\n"));
	one_clear(&one);
}

static void test_readers_independent(void)
{
	struct one one;
	struct engine_reader *late;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	assert_reads(one.reader, 4096, "n=1\n");
	late = open_reader(one.hub, one.program.stream, ENGINE_STREAM_TEXT,
			   &one.n_ready);
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	assert_reads(late, 4096, "n=1\nn=2\n");
	assert_reads(one.reader, 4096, "n=2\n");
	engine_reader_free(late);
	one_clear(&one);
}

static void test_clear(void)
{
	struct one one;
	struct engine_reader *root;

	one_init(&one, 0);
	root = open_reader(one.hub, NULL, ENGINE_STREAM_TEXT, &one.n_ready);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	stream_clear(one.hub, one.program.stream);
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	assert_reads(one.reader, 4096, "n=2\n");
	fake_ring_send_u64(&one.program.fake, 0, 0, 3);
	stream_clear(one.hub, NULL);
	assert_reads(root, 4096, "");
	one_clear(&one);
	engine_reader_free(root);
}

static void test_mark(void)
{
	struct one one;
	struct engine_reader *root, *json;

	one_init(&one, 0);
	root = open_reader(one.hub, NULL, ENGINE_STREAM_TEXT, &one.n_ready);
	json = open_reader(one.hub, one.program.stream, ENGINE_STREAM_JSON,
			   &one.n_ready);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	stream_mark(one.hub, NULL, "all\n");
	stream_mark(one.hub, one.program.stream, "one\x1b");
	stream_note(one.program.stream, "note");
	assert_reads(one.reader, 4096, "n=1\n# all\n# one\\x1b\n# note\n");
	{
		g_autofree char *text = read_all(root, 4096);

		g_assert_true(g_str_has_suffix(text, ": hello: n=1\n# all\n"
						     "# one\\x1b: hello\n"
						     "# note: hello\n"));
	}
	{
		g_autofree char *text = read_all(json, 4096);

		g_assert_nonnull(strstr(text, "\"marker\":\"all\"}\n"));
		g_assert_nonnull(strstr(text, "\"program\":\"hello\","
					      "\"marker\":\"one\\u001b\"}\n"));
		g_assert_nonnull(strstr(text, "\"note\":\"note\"}\n"));
	}
	engine_reader_free(json);
	engine_reader_free(root);
	one_clear(&one);
}

static void test_end(void)
{
	struct one one;
	struct engine_reader *root;

	one_init(&one, 0);
	root = open_reader(one.hub, NULL, ENGINE_STREAM_TEXT, &one.n_ready);
	assert_reads(one.reader, 4096, "");
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	/* What is still in the ring must not be lost. */
	stream_ring_free(one.program.ring);
	stream_free(one.program.stream);
	turn_loop(3);
	g_assert_cmpuint(one.n_ready, ==, 1);
	assert_reads(one.reader, 4096, "n=1\nEND");
	assert_reads(one.reader, 4096, "END");
	{
		g_autofree char *text = read_all(root, 4096);

		g_assert_true(g_str_has_suffix(text, ": hello: n=1\n"));
	}
	g_assert_false(engine_reader_is_ready(root));
	engine_reader_free(root);
	engine_reader_free(one.reader);
	fake_ring_clear(&one.program.fake);
	stream_hub_free(one.hub);
}

/* Readers who do not read cannot keep all programs that ever were. */
static void test_end_many(void)
{
	struct stream_hub *hub = hub_new(0);
	unsigned n_ready = 0;
	struct engine_reader *root = open_reader(hub, NULL, ENGINE_STREAM_TEXT,
						 &n_ready);
	g_autofree char *text = NULL;
	unsigned n_messages = 0, n_missed = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct program program = program_new(hub, "hello");

		connect(&program);
		fake_ring_send_u64(&program.fake, 0, 0, i);
		program_free(&program);
	}
	text = read_all(root, 4096);
	for (const char *at = text; (at = strstr(at, ": n=")); at++)
		n_messages++;
	for (const char *at = text;
	     (at = strstr(at, "# lost 1 events (reader too slow): hello\n"));
	     at++)
		n_missed++;
	g_assert_cmpuint(n_messages, ==, 8);
	g_assert_cmpuint(n_missed, ==, 12);
	engine_reader_free(root);
	stream_hub_free(hub);
}

static void test_root_merges_by_time(void)
{
	struct stream_hub *hub = hub_new(0);
	struct program programs[3];
	unsigned n_ready = 0, n_lines = 0;
	struct engine_reader *root = open_reader(hub, NULL, ENGINE_STREAM_TEXT,
						 &n_ready);
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	uint64_t time_ns = 1000000000;

	for (unsigned i = 0; i < 3; i++) {
		programs[i] = program_new(hub, "hello");
		connect(&programs[i]);
	}
	for (unsigned i = 0; i < 1500; i++) {
		struct program *program =
			&programs[g_rand_int_range(rand, 0, 3)];

		program->fake.time_ns = time_ns += 1000;
		fake_ring_send_u64(&program->fake, 0, 0, i);
		if (i % 97 == 0)
			turn_loop(0);
	}
	text = read_all(root, 777);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line; line++, n_lines++) {
		const char *number = strstr(*line, "n=");

		g_assert_nonnull(number);
		g_assert_cmpuint(strtoul(number + 2, NULL, 10), ==, n_lines);
	}
	g_assert_cmpuint(n_lines, ==, 1500);
	for (unsigned i = 0; i < 3; i++)
		program_free(&programs[i]);
	engine_reader_free(root);
	stream_hub_free(hub);
}

/* A record being written holds back what is newer in other programs. */
static void test_root_waits_for_horizon(void)
{
	struct stream_hub *hub = hub_new(0);
	struct program a = program_new(hub, "a"), b = program_new(hub, "b");
	unsigned n_ready = 0;
	struct engine_reader *root = open_reader(hub, NULL, ENGINE_STREAM_TEXT,
						 &n_ready);
	struct probefs_record *busy;

	connect(&a);
	connect(&b);
	assert_reads(root, 4096, "");
	a.fake.time_ns = 1000000000;
	b.fake.time_ns = 3000000000;
	fake_ring_send_u64(&a.fake, 0, 0, 1);
	/* Only the horizon of turns in which something was busy is old. */
	busy = fake_ring_reserve(&a.fake, sizeof(*busy) + 8);
	fake_ring_send_u64(&b.fake, 0, 0, 3);
	*busy = (struct probefs_record){.time_ns = 2000000000,
					.payload_bytes = 8};
	memset(busy + 1, 0, 8);
	fake_ring_commit(&a.fake, busy, false);
	{
		g_autofree char *text = read_all(root, 4096);
		const char *one = strstr(text, "a: n=1\n");
		const char *two = strstr(text, "a: n=0\n");
		const char *three = strstr(text, "b: n=3\n");

		g_assert_true(one && two && three && one < two && two < three);
	}
	engine_reader_free(root);
	program_free(&a);
	program_free(&b);
	stream_hub_free(hub);
}

static void test_ready_once(void)
{
	struct one one;
	char buffer[64];

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	turn_loop(20);
	/* Nobody waits before a read that returned 0. */
	g_assert_cmpuint(one.n_ready, ==, 0);
	assert_reads(one.reader, 64, "n=1\n");
	turn_loop(20);
	g_assert_cmpuint(one.n_ready, ==, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	fake_ring_send_u64(&one.program.fake, 0, 0, 3);
	turn_loop(20);
	fake_ring_send_u64(&one.program.fake, 0, 0, 4);
	turn_loop(20);
	g_assert_cmpuint(one.n_ready, ==, 1);
	g_assert_true(engine_reader_is_ready(one.reader));
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 64), ==, 12);
	g_assert_cmpint(engine_reader_read(one.reader, buffer, 64), ==, 0);
	one_clear(&one);
}

/* The consumer sleeps when it is quiet, and says so to the program. */
static void test_sleeps_when_quiet(void)
{
	struct one one;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	assert_reads(one.reader, 64, "n=1\n");
	g_assert_cmpuint(one.program.fake.control.sleeping, ==, 0);
	/* On a busy machine a timer may come seconds late. */
	for (int i = 0; i < 200 && !one.program.fake.control.sleeping; i++)
		turn_loop(50);
	g_assert_cmpuint(one.program.fake.control.sleeping, ==, 1);
	one.program.fake.control.sleeping = 0;
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	for (int i = 0; i < 200 && !one.n_ready; i++)
		turn_loop(50);
	g_assert_cmpuint(one.n_ready, ==, 1);
	assert_reads(one.reader, 64, "n=2\n");
	one_clear(&one);
}

#define N_MANY 10000

struct many {
	struct stream_hub *hub;
	unsigned n_ready;
	unsigned n_read;
	struct one_of_many {
		struct many *many;
		struct engine_reader *reader;
	} each[N_MANY];
};

static void read_and_count(void *data)
{
	struct one_of_many *one = data;
	char buffer[64];

	one->many->n_ready++;
	if (engine_reader_read(one->reader, buffer, 64) > 0)
		one->many->n_read++;
}

static void test_readers_ten_thousand(void)
{
	g_autofree struct many *many = g_new0(struct many, 1);
	struct program program;
	gint64 begin;

	many->hub = hub_new(0);
	program = program_new(many->hub, "hello");
	connect(&program);
	for (unsigned i = 0; i < N_MANY; i++) {
		struct one_of_many *one = &many->each[i];
		char byte;

		one->many = many;
		one->reader = stream_reader_new(many->hub,
						i % 2 ? program.stream : NULL,
						ENGINE_STREAM_TEXT, 0,
						read_and_count, one);
		g_assert_cmpint(engine_reader_read(one->reader, &byte, 1), ==,
				0);
	}
	fake_ring_send_u64(&program.fake, 0, 0, 1);
	begin = g_get_monotonic_time();
	while (many->n_ready < N_MANY &&
	       g_get_monotonic_time() - begin < 10000000)
		g_main_context_iteration(NULL, false);
	g_assert_cmpuint(many->n_ready, ==, N_MANY);
	g_assert_cmpuint(many->n_read, ==, N_MANY);
	for (unsigned i = 0; i < N_MANY; i++)
		engine_reader_free(many->each[i].reader);
	program_free(&program);
	stream_hub_free(many->hub);
}

struct pair {
	struct engine_reader *readers[2];
	unsigned n_ready;
};

static void free_both(void *data)
{
	struct pair *pair = data;

	pair->n_ready++;
	engine_reader_free(pair->readers[0]);
	engine_reader_free(pair->readers[1]);
}

/* A callback may end readers, also those whose turn would be next. */
static void test_ready_frees_readers(void)
{
	struct one one;
	struct pair pair = {};
	char byte;

	one_init(&one, 0);
	for (unsigned i = 0; i < 2; i++) {
		pair.readers[i] = stream_reader_new(one.hub, one.program.stream,
						    ENGINE_STREAM_TEXT, 0,
						    free_both, &pair);
		engine_reader_read(pair.readers[i], &byte, 1);
	}
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	turn_loop(20);
	g_assert_cmpuint(pair.n_ready, ==, 1);
	one_clear(&one);
}

static void test_excludes_readers(void)
{
	struct one one;
	struct probefs_control *control = &one.program.fake.control;
	struct engine_reader *readers[3] = {};

	one_init(&one, 0);
	g_assert_cmpuint(control->excluded_slack_ns, ==, 12345);
	control->excluded_tgid[0] = 1;
	for (unsigned i = 0; i < 3; i++)
		readers[i] = stream_reader_new(one.hub, one.program.stream,
					       ENGINE_STREAM_TEXT,
					       i ? 500 : 400, count_ready,
					       &one.n_ready);
	g_assert_cmpuint(control->n_excluded, ==, 3);
	g_assert_cmpuint(control->excluded_tgid[0], ==, 1);
	g_assert_cmpuint(control->excluded_tgid[1], ==, 400);
	g_assert_cmpuint(control->excluded_tgid[2], ==, 500);
	engine_reader_free(readers[0]);
	g_assert_cmpuint(control->n_excluded, ==, 2);
	g_assert_cmpuint(control->excluded_tgid[1], ==, 500);
	engine_reader_free(readers[1]);
	engine_reader_free(readers[2]);
	g_assert_cmpuint(control->n_excluded, ==, 1);
	one_clear(&one);
}

/* A new version's ring, while records of the old one are still kept. */
static void test_ring_replaced(void)
{
	struct one one;
	struct fake_ring old;

	one_init(&one, 0);
	fake_ring_send_u64(&one.program.fake, 0, 0, 1);
	stream_ring_free(one.program.ring);
	old = one.program.fake;
	fake_ring_init(&one.program.fake, RING_BYTES);
	connect(&one.program);
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	assert_reads(one.reader, 64, "n=1\nn=2\n");
	fake_ring_clear(&old);
	one_clear(&one);
}

static void test_ring_bad_size(void)
{
	struct stream_hub *hub = hub_new(0);
	struct program program = program_new(hub, "hello");
	g_autoptr(GError) error = NULL;
	struct ring ring;

	g_assert_false(ring_init(&ring, program.fake.fd, 5000, &error));
	g_assert_null(ring.producer_page);
	g_assert_error(error, PROBEFS_ERROR, 22);
	program_free(&program);
	stream_hub_free(hub);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stream/message_exact", test_message_exact);
	g_test_add_func("/stream/line_prefix", test_line_prefix);
	g_test_add_func("/stream/json", test_json);
	g_test_add_func("/stream/read_byte_by_byte", test_read_byte_by_byte);
	g_test_add_func("/stream/read_whole_lines", test_read_whole_lines);
	g_test_add_func("/stream/busy_and_discarded", test_busy_and_discarded);
	g_test_add_func("/stream/record_malformed", test_record_malformed);
	g_test_add_func("/stream/lost_in_place", test_lost_in_place);
	g_test_add_func("/stream/lost_trailing", test_lost_trailing);
	g_test_add_func("/stream/lost_behind_pending",
			test_lost_behind_pending);
	g_test_add_func("/stream/overrun_exact", test_overrun_exact);
	g_test_add_func("/stream/overrun_text", test_overrun_text);
	g_test_add_func("/stream/readers_independent",
			test_readers_independent);
	g_test_add_func("/stream/clear", test_clear);
	g_test_add_func("/stream/mark", test_mark);
	g_test_add_func("/stream/end", test_end);
	g_test_add_func("/stream/end_many", test_end_many);
	g_test_add_func("/stream/root_merges_by_time",
			test_root_merges_by_time);
	g_test_add_func("/stream/root_waits_for_horizon",
			test_root_waits_for_horizon);
	g_test_add_func("/stream/ready_once", test_ready_once);
	g_test_add_func("/stream/sleeps_when_quiet", test_sleeps_when_quiet);
	g_test_add_func("/stream/readers_ten_thousand",
			test_readers_ten_thousand);
	g_test_add_func("/stream/ready_frees_readers",
			test_ready_frees_readers);
	g_test_add_func("/stream/excludes_readers", test_excludes_readers);
	g_test_add_func("/stream/ring_replaced", test_ring_replaced);
	g_test_add_func("/stream/ring_bad_size", test_ring_bad_size);
	return g_test_run();
}
