/* SPDX-License-Identifier: GPL-2.0-only */
/* exclude.h - which processes programs do not trace: the readers. */
#ifndef PROBEFS_BPF_STREAMS_EXCLUDE_H
#define PROBEFS_BPF_STREAMS_EXCLUDE_H

#include "state.h"

/* Fill in the control of @ring, or of all rings, with the readers there are. */
void stream_ring_exclude(struct stream_ring *ring);
void hub_exclude_readers(struct stream_hub *hub);

#endif
