/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * operations.h - changes of what is attached, one after the other.
 *
 * An operation has steps in the loop and steps in a worker thread, in turns;
 * no other operation begins before it is finished. So a step in the loop
 * finds the engine as the last one left it, and a worker may use what its
 * operation holds without locks. The kernel would serialise most of this
 * anyway, under its own event mutex.
 */
#ifndef PROBEFS_BPF_OPERATIONS_H
#define PROBEFS_BPF_OPERATIONS_H

#include <glib.h>
#include <stdbool.h>

struct operations;

typedef void (*operation_fn)(void *data);

struct operations *operations_new(void);

/*
 * Finish what is queued without returning to the main loop, then free.
 * operations_are_ending() tells an operation's first step to give up.
 */
void operations_free(struct operations *operations);
bool operations_are_ending(const struct operations *operations);

/*
 * Call @start from the loop when its turn comes, never from within this call.
 * The operation is over when something calls operations_finish().
 */
void operations_push(struct operations *operations, operation_fn start,
		     void *data);

/* Run @work in the worker, then @then in the loop. */
void operations_work(struct operations *operations, operation_fn work,
		     operation_fn then, void *data);

void operations_finish(struct operations *operations);

#endif
