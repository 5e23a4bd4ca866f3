// SPDX-License-Identifier: GPL-2.0-only
/* exclude.c - which processes programs do not trace: the readers. */
#include "exclude.h"

static unsigned readers_pids(const struct stream_hub *hub, uint32_t *pids,
			     unsigned n_max)
{
	unsigned n = 0;

	for (GList *link = hub->readers.head; link && n < n_max;
	     link = link->next) {
		const struct engine_reader *reader = link->data;
		bool is_new = reader->pid > 0;

		for (unsigned i = 0; i < n && is_new; i++)
			is_new = pids[i] != (uint32_t)reader->pid;
		if (is_new)
			pids[n++] = (uint32_t)reader->pid;
	}
	return n;
}

void stream_ring_exclude(struct stream_ring *ring)
{
	const struct stream_hub *hub = ring->stream->hub;
	struct probefs_control *control = ring->control;
	unsigned n;

	if (!control || !hub->config.exclude_readers)
		return;
	/* The first is the daemon, which the engine has set. */
	n = readers_pids(hub, control->excluded_tgid + 1,
			 PROBEFS_N_EXCLUDED - 1);
	for (unsigned i = n + 1; i < PROBEFS_N_EXCLUDED; i++)
		control->excluded_tgid[i] = PROBEFS_NO_TGID;
	__atomic_store_n(&control->n_excluded, n + 1, __ATOMIC_RELEASE);
}

void hub_exclude_readers(struct stream_hub *hub)
{
	if (!hub->config.exclude_readers)
		return;
	for (unsigned i = 0; i < hub->streams->len; i++) {
		struct stream *stream = g_ptr_array_index(hub->streams, i);

		for (unsigned j = 0; j < stream->rings->len; j++)
			stream_ring_exclude(
				g_ptr_array_index(stream->rings, j));
	}
}
