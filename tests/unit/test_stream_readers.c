// SPDX-License-Identifier: GPL-2.0-only
/* Readers: each for itself, and many. No root needed. */
#include <glib.h>

#include "bpf/streams/streams.h"
#include "stream_fixture.h"

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

	many->hub = stream_test_hub(0);
	program = program_new(many->hub, "hello");
	program_connect(&program);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stream_readers/readers_independent",
			test_readers_independent);
	g_test_add_func("/stream_readers/ready_once", test_ready_once);
	g_test_add_func("/stream_readers/readers_ten_thousand",
			test_readers_ten_thousand);
	g_test_add_func("/stream_readers/ready_frees_readers",
			test_ready_frees_readers);
	g_test_add_func("/stream_readers/excludes_readers",
			test_excludes_readers);
	return g_test_run();
}
