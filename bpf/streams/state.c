// SPDX-License-Identifier: GPL-2.0-only
/* state.c - how long streams and the hub live. */
#include "state.h"

#include <time.h>

uint64_t hub_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct stream *stream_ref(struct stream *stream)
{
	stream->n_refs++;
	return stream;
}

void stream_unref(struct stream *stream)
{
	if (--stream->n_refs)
		return;
	if (stream->has_ended)
		g_queue_remove(&stream->hub->ended, stream);
	backlog_clear(&stream->backlog);
	g_ptr_array_unref(stream->rings);
	g_free(stream->program);
	g_free(stream);
}

void hub_unref(struct stream_hub *hub)
{
	if (--hub->n_refs)
		return;
	text_clear(&hub->text);
	g_ptr_array_unref(hub->streams);
	stream_unref(hub->own);
	g_free(hub);
}
