// SPDX-License-Identifier: GPL-2.0-only
/*
 * hub.c - when rings are drained.
 *
 * A wake-up for each event is what makes tracing slow, so programs do not
 * wake us while we are awake: a timer looks at all rings every millisecond
 * while somebody reads, more rarely otherwise. When nothing came for some
 * turns, the consumer goes to sleep: it sets control.sleeping in each program
 * and waits for the rings' descriptors, with no timer at all. The first
 * program to submit a record wakes it.
 *
 * A program that submitted without a wake-up just when we went to sleep is
 * not missed: after setting the flags, rings are looked at once more, and
 * poll() finds a ring readable whose records are not all consumed. One late
 * look covers what these rules of ordering might leave open.
 */
#include "hub.h"

#include "reader_queue.h"
#include "stream_ring.h"

#define US_PER_MS          1000

/* What one turn may copy, so that the loop can answer others. */
#define HUB_TURN_BYTES     (8u << 20)
#define HUB_TURN_MIN_BYTES (256u << 10)
/* Turns without a record before the consumer sleeps. */
#define HUB_EMPTY_TURNS    5
/* Between turns while somebody reads, and at most while nobody does. */
#define HUB_FAST_US        (1 * US_PER_MS)
#define HUB_SLOW_US        (10 * US_PER_MS)
/* Memory that programs fill in a millisecond at full rate, generously. */
#define HUB_BYTES_PER_MS   (1u << 20)
/* A reader counts as reading so long after a read. */
#define HUB_READING_US     (100 * US_PER_MS)
#define HUB_LATE_LOOK_US   (10 * US_PER_MS)
#define HUB_BALANCE_US     (1000 * US_PER_MS)
/* Readers woken in one turn. */
#define HUB_DELIVER_MAX    256

struct hub_source {
	GSource source;
	struct stream_hub *hub; /* borrowed */
};

/* Call @visit for each ring. */
static void each_ring(struct stream_hub *hub,
		      void (*visit)(struct stream_ring *ring, void *data),
		      void *data)
{
	for (unsigned i = 0; i < hub->streams->len; i++) {
		struct stream *stream = g_ptr_array_index(hub->streams, i);

		for (unsigned j = 0; j < stream->rings->len; j++)
			visit(g_ptr_array_index(stream->rings, j), data);
	}
}

struct turn {
	unsigned n_rings;
	uint64_t horizon_ns;
	bool came;
};

static void count_ring(struct stream_ring *ring, void *data)
{
	((struct turn *)data)->n_rings++;
}

/* Each ring has its share: a noisy program must not drown another. */
static void drain_ring(struct stream_ring *ring, void *data)
{
	struct turn *turn = data;
	uint64_t share = MAX(HUB_TURN_BYTES / turn->n_rings,
			     HUB_TURN_MIN_BYTES);
	bool came = false;

	/* What was not drained is not older than the last that was. */
	if (!stream_ring_drain(ring, share, &came))
		turn->horizon_ns = MIN(turn->horizon_ns, ring->time_ns);
	turn->came |= came;
}

bool hub_drain(struct stream_hub *hub, bool now)
{
	int64_t now_us = g_get_monotonic_time();
	struct turn turn = {};

	if (!now && now_us - hub->drained_us < HUB_FAST_US)
		return false;
	turn.horizon_ns = hub_now_ns();
	each_ring(hub, count_ring, &turn);
	each_ring(hub, drain_ring, &turn);
	hub->horizon_ns = MAX(hub->horizon_ns, turn.horizon_ns);
	hub->drained_us = now_us;
	return turn.came;
}

static void balance_ring(struct stream_ring *ring, void *data)
{
	stream_ring_balance(ring);
}

static void set_sleeping(struct stream_ring *ring, void *data)
{
	struct stream_hub *hub = data;

	stream_ring_set_sleeping(ring, hub->is_asleep);
	if (ring->poll_tag)
		g_source_modify_unix_fd(hub->source, ring->poll_tag,
					hub->is_asleep ? G_IO_IN : 0);
}

static void look_pending(struct stream_ring *ring, void *data)
{
	bool *found = data;

	if (!stream_ring_is_empty(ring))
		*found = true;
}

static void look_size(struct stream_ring *ring, void *data)
{
	uint64_t *smallest = data;

	if (ring->fd >= 0)
		*smallest = MIN(*smallest, ring->ring.n_bytes);
}

static bool is_read(const struct stream_hub *hub, int64_t now_us)
{
	return hub->n_waiting || now_us - hub->read_us < HUB_READING_US;
}

/* How long until the next turn, so that no ring fills meanwhile. */
static int64_t turn_interval_us(struct stream_hub *hub, int64_t now_us)
{
	uint64_t smallest = UINT64_MAX, until_full_us;

	if (is_read(hub, now_us))
		return HUB_FAST_US;
	each_ring(hub, look_size, &smallest);
	until_full_us = smallest / HUB_BYTES_PER_MS * US_PER_MS / 2;
	return (int64_t)CLAMP(until_full_us, HUB_FAST_US, HUB_SLOW_US);
}

static void wake_up(struct stream_hub *hub)
{
	hub->n_empty_turns = 0;
	if (!hub->is_asleep)
		return;
	hub->is_asleep = false;
	each_ring(hub, set_sleeping, hub);
}

/* Is there a record, perhaps still being written? */
static bool is_pending(struct stream_hub *hub)
{
	bool found = false;

	each_ring(hub, look_pending, &found);
	return found;
}

/* True: asleep. False: something came just then. */
static bool fall_asleep(struct stream_hub *hub)
{
	hub->is_asleep = true;
	each_ring(hub, set_sleeping, hub);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_pending(hub))
		return true;
	wake_up(hub);
	return false;
}

/* After a drain in which @came: when is the next turn? */
static void schedule(struct stream_hub *hub, bool came)
{
	int64_t now_us = hub->drained_us;

	/* While a record is being written, its ring is readable: no sleep. */
	if (came || (hub->is_asleep && is_pending(hub)))
		wake_up(hub);
	else
		hub->n_empty_turns++;
	if (hub->is_asleep) {
		/* The late look, or a wake-up for nothing. */
		g_source_set_ready_time(hub->source, -1);
		return;
	}
	if (!hub->is_held_back && hub->n_empty_turns >= HUB_EMPTY_TURNS &&
	    fall_asleep(hub))
		g_source_set_ready_time(hub->source, now_us + HUB_LATE_LOOK_US);
	else
		g_source_set_ready_time(hub->source,
					now_us + turn_interval_us(hub, now_us));
}

static void hub_turn(struct stream_hub *hub)
{
	bool came = hub_drain(hub, true);

	/* Also now and then, for a CPU whose records were all lost. */
	if ((!came && !hub->n_empty_turns) ||
	    hub->drained_us - hub->balanced_us > HUB_BALANCE_US) {
		each_ring(hub, balance_ring, NULL);
		hub->balanced_us = hub->drained_us;
	}
	readers_collect(hub);
	schedule(hub, came);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	struct stream_hub *hub = ((struct hub_source *)source)->hub;

	/* A callback may drop the last reader and the hub with it. */
	hub->n_refs++;
	hub_turn(hub);
	if (readers_deliver(hub, HUB_DELIVER_MAX) && hub->source)
		g_source_set_ready_time(hub->source, 0);
	hub_unref(hub);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {.dispatch = dispatch};

void hub_kick(struct stream_hub *hub)
{
	g_source_set_ready_time(hub->source, 0);
}

void hub_hurry(struct stream_hub *hub)
{
	int64_t soon_us;

	if (hub->is_asleep || !hub->source)
		return;
	soon_us = g_get_monotonic_time() + HUB_FAST_US;
	if (g_source_get_ready_time(hub->source) > soon_us)
		g_source_set_ready_time(hub->source, soon_us);
}

void hub_watch(struct stream_hub *hub, struct stream_ring *ring)
{
	if (ring->fd >= 0)
		ring->poll_tag = g_source_add_unix_fd(hub->source, ring->fd, 0);
	wake_up(hub);
	hub_kick(hub);
}

void hub_unwatch(struct stream_hub *hub, struct stream_ring *ring)
{
	if (ring->poll_tag)
		g_source_remove_unix_fd(hub->source, ring->poll_tag);
	ring->poll_tag = NULL;
}

struct stream_hub *stream_hub_new(const struct stream_hub_config *config,
				  struct symbols *symbols)
{
	struct stream_hub *hub = g_new0(struct stream_hub, 1);

	hub->config = *config;
	hub->symbols = symbols;
	hub->n_refs = 1;
	hub->streams = g_ptr_array_new_with_free_func(
		(GDestroyNotify)stream_unref);
	hub->source = g_source_new(&source_funcs, sizeof(struct hub_source));
	((struct hub_source *)hub->source)->hub = hub;
	g_source_set_name(hub->source, "probefs streams");
	g_source_attach(hub->source, NULL);
	hub->own = stream_new(hub, NULL);
	hub->n_empty_turns = HUB_EMPTY_TURNS;
	return hub;
}

void stream_hub_free(struct stream_hub *hub)
{
	if (!hub)
		return;
	/* Readers may outlive it: they read what is kept, then the end. */
	hub->symbols = NULL;
	hub->config.describe_cookie = NULL;
	for (unsigned i = 0; i < hub->streams->len; i++)
		((struct stream *)g_ptr_array_index(hub->streams, i))
			->has_ended = true;
	hub->own->has_ended = true;
	g_source_destroy(hub->source);
	g_clear_pointer(&hub->source, g_source_unref);
	hub_unref(hub);
}
