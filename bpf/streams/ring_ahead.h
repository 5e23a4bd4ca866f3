/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_ahead.h - the ring map of a program, made while the program compiles.
 *
 * To clear the memory of a large ring and to map it takes the kernel some
 * milliseconds, for which nobody need wait. The few programs that send no
 * events do not take it.
 */
#ifndef PROBEFS_BPF_RING_AHEAD_H
#define PROBEFS_BPF_RING_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

struct ring;
struct ring_ahead;

/* Begin to make it. @n_bytes: of the ring. */
struct ring_ahead *ring_ahead_new(uint64_t n_bytes);
/* Waits until it is made, as the others here do. NULL is allowed. */
void ring_ahead_free(struct ring_ahead *ahead);

/* The map, borrowed; -1: it could not be made, or @ahead is NULL. */
int ring_ahead_fd(struct ring_ahead *ahead);
/* Take the map's mapping over; false: there is none. */
bool ring_ahead_take(struct ring_ahead *ahead, struct ring *ring);

#endif
