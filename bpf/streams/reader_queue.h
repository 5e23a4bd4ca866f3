/* SPDX-License-Identifier: GPL-2.0-only */
/* reader_queue.h - readers that wait, and those to be told of news. */
#ifndef PROBEFS_BPF_STREAMS_READER_QUEUE_H
#define PROBEFS_BPF_STREAMS_READER_QUEUE_H

#include "state.h"

/* It waits no longer. */
void reader_leave_queue(struct engine_reader *reader);

/* Have its ready called when something comes. */
void reader_wait_for_news(struct engine_reader *reader);

/* Move the waiting readers that have something to read to hub->deliver. */
void readers_collect(struct stream_hub *hub);

/* Call ready of at most @n_max of them. True: there are more. */
bool readers_deliver(struct stream_hub *hub, unsigned n_max);

#endif
