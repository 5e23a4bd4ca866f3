/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tasks.h - work beside the loop that changes nothing the engine has: reading
 * a map, rendering it. Some at once, in no order; operations.h is for changes.
 */
#ifndef PROBEFS_BPF_TASKS_H
#define PROBEFS_BPF_TASKS_H

struct tasks;

typedef void (*task_fn)(void *data);

struct tasks *tasks_new(void);
/* Waits for those under way; those not begun get only their @then. */
void tasks_free(struct tasks *tasks);

/*
 * Run @work in a worker, then @then in the loop, never from within this call.
 * @data is shared by both and has no other user meanwhile.
 */
void tasks_add(struct tasks *tasks, task_fn work, task_fn then, void *data);

#endif
