/* SPDX-License-Identifier: GPL-2.0-only */
/* hub.h - when rings are drained, and when the consumer sleeps. */
#ifndef PROBEFS_BPF_STREAMS_HUB_H
#define PROBEFS_BPF_STREAMS_HUB_H

#include "state.h"

/*
 * Drain all rings, unless that was done less than a millisecond ago and not
 * @now. True when something came.
 */
bool hub_drain(struct stream_hub *hub, bool now);

/* Have a turn of the loop soon: there is news, or a new ring. */
void hub_kick(struct stream_hub *hub);

/* A reader began to wait: do not let it wait for a slow timer. */
void hub_hurry(struct stream_hub *hub);

/* Poll a ring's descriptor as the hub's state demands; and no longer. */
void hub_watch(struct stream_hub *hub, struct stream_ring *ring);
void hub_unwatch(struct stream_hub *hub, struct stream_ring *ring);

#endif
