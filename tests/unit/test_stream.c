// SPDX-License-Identifier: GPL-2.0-only
/* Streams: what is read of them, and in what order. No root needed. */
#include <glib.h>
#include <stdlib.h>

#include "bpf/streams/ring.h"
#include "bpf/streams/streams.h"
#include "stream_fixture.h"

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
	struct stream_hub *hub = stream_test_hub(0);
	unsigned n_ready = 0;
	struct engine_reader *root = open_reader(hub, NULL, ENGINE_STREAM_TEXT,
						 &n_ready);
	g_autofree char *text = NULL;
	unsigned n_messages = 0, n_missed = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct program program = program_new(hub, "hello");

		program_connect(&program);
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
	struct stream_hub *hub = stream_test_hub(0);
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
		program_connect(&programs[i]);
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
	struct stream_hub *hub = stream_test_hub(0);
	struct program a = program_new(hub, "a"), b = program_new(hub, "b");
	unsigned n_ready = 0;
	struct engine_reader *root = open_reader(hub, NULL, ENGINE_STREAM_TEXT,
						 &n_ready);
	struct probefs_record *busy;

	program_connect(&a);
	program_connect(&b);
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
	program_connect(&one.program);
	fake_ring_send_u64(&one.program.fake, 0, 0, 2);
	assert_reads(one.reader, 64, "n=1\nn=2\n");
	fake_ring_clear(&old);
	one_clear(&one);
}

static void test_ring_bad_size(void)
{
	struct stream_hub *hub = stream_test_hub(0);
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
	g_test_add_func("/stream/clear", test_clear);
	g_test_add_func("/stream/mark", test_mark);
	g_test_add_func("/stream/end", test_end);
	g_test_add_func("/stream/end_many", test_end_many);
	g_test_add_func("/stream/root_merges_by_time",
			test_root_merges_by_time);
	g_test_add_func("/stream/root_waits_for_horizon",
			test_root_waits_for_horizon);
	g_test_add_func("/stream/sleeps_when_quiet", test_sleeps_when_quiet);
	g_test_add_func("/stream/ring_replaced", test_ring_replaced);
	g_test_add_func("/stream/ring_bad_size", test_ring_bad_size);
	return g_test_run();
}
