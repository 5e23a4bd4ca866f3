// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_queue.c - the queues of readers that wait, and of those to be told
 * that something came. Knows nothing of what they read.
 */
#include "reader_queue.h"

/* The loop has others to serve: each delivery is a system call or more. */
#define DELIVER_MAX_US 2000

void reader_leave_queue(struct engine_reader *reader)
{
	if (!reader->queue)
		return;
	if (reader->queue != &reader->hub->deliver)
		reader->hub->n_waiting--;
	g_queue_unlink(reader->queue, &reader->wait_link);
	reader->queue = NULL;
}

static void join_queue(struct engine_reader *reader, GQueue *queue)
{
	reader_leave_queue(reader);
	if (queue != &reader->hub->deliver)
		reader->hub->n_waiting++;
	reader->queue = queue;
	g_queue_push_tail_link(queue, &reader->wait_link);
}

void reader_wait_for_news(struct engine_reader *reader)
{
	if (reader->is_root)
		join_queue(reader, &reader->hub->root_waiting);
	else
		join_queue(reader, &source_at(reader, 0)->stream->waiting);
}

static void wake_all(struct stream_hub *hub, GQueue *waiting)
{
	GList *link;

	while ((link = waiting->head))
		join_queue(link->data, &hub->deliver);
}

/* Of those who wait for all programs; true: some must wait on. */
static bool wake_root(struct stream_hub *hub)
{
	bool is_left = false;
	GList *next;

	for (GList *link = hub->root_waiting.head; link; link = next) {
		next = link->next;
		if (engine_reader_is_ready(link->data))
			join_queue(link->data, &hub->deliver);
		else
			is_left = true;
	}
	return is_left;
}

static bool collect_stream(struct stream_hub *hub, struct stream *stream)
{
	bool has_news = stream->has_news;

	if (has_news)
		wake_all(hub, &stream->waiting);
	stream->has_news = false;
	return has_news;
}

void readers_collect(struct stream_hub *hub)
{
	bool has_news = collect_stream(hub, hub->own);

	for (unsigned i = 0; i < hub->streams->len; i++)
		has_news |= collect_stream(hub,
					   g_ptr_array_index(hub->streams, i));
	if (has_news || hub->is_held_back)
		hub->is_held_back = wake_root(hub);
}

bool readers_deliver(struct stream_hub *hub, unsigned n_max)
{
	int64_t until_us = g_get_monotonic_time() + DELIVER_MAX_US;

	while (n_max-- && hub->deliver.head &&
	       g_get_monotonic_time() < until_us) {
		struct engine_reader *reader = hub->deliver.head->data;

		reader_leave_queue(reader);
		reader->ready(reader->data);
	}
	return hub->deliver.head != NULL;
}
