/* SPDX-License-Identifier: GPL-2.0-only */
/* reader.h - what streams tell their readers. */
#ifndef PROBEFS_BPF_STREAMS_READER_H
#define PROBEFS_BPF_STREAMS_READER_H

#include "state.h"

/* Add @stream to all readers of the root output. */
void readers_add_stream(struct stream_hub *hub, struct stream *stream);

/* It ended: readers of the root output who have read it all let it go. */
void readers_drop_ended(struct stream_hub *hub);

#endif
