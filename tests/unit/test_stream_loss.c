// SPDX-License-Identifier: GPL-2.0-only
/* What is lost is told: how much, and where. No root needed. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/streams/backlog.h"
#include "bpf/streams/streams.h"
#include "stream_fixture.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stream_loss/busy_and_discarded",
			test_busy_and_discarded);
	g_test_add_func("/stream_loss/record_malformed", test_record_malformed);
	g_test_add_func("/stream_loss/lost_in_place", test_lost_in_place);
	g_test_add_func("/stream_loss/lost_trailing", test_lost_trailing);
	g_test_add_func("/stream_loss/lost_behind_pending",
			test_lost_behind_pending);
	g_test_add_func("/stream_loss/overrun_exact", test_overrun_exact);
	g_test_add_func("/stream_loss/overrun_text", test_overrun_text);
	return g_test_run();
}
