/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file_task.h - the showing and writing, in a worker, of a file that shows a
 * part of a program's version. What that is, is the row's.
 */
#ifndef PROBEFS_BPF_FILE_TASK_H
#define PROBEFS_BPF_FILE_TASK_H

#include "file_row.h"

struct file_task {
	struct engine_file *file; /* counted */
	struct version *version;  /* counted: the program's at the beginning */
	void *own;                /* owned; see struct file_work */
	/* Of a write. */
	char *text; /* owned */
	size_t n_bytes;
	enum file_write what;
	/* Results. */
	GBytes *content; /* owned */
	GError *error;   /* owned */
	/* Who waits: one of the two. */
	engine_show_fn shown;
	engine_done_fn done;
	void *data;
	bool is_begun;
};

/* A row's work; what it needs is in task->own, of own_bytes. */
struct file_work {
	size_t own_bytes;
	/* In the loop: take from the file, which is there, what work needs. */
	void (*prepare)(struct file_task *task);
	/* In the worker: fill content or error. */
	void (*show)(struct file_task *task);
	void (*write)(struct file_task *task); /* NULL: read-only */
	/* In the loop, after a write without an error: true where it answers
	 * itself. NULL: nothing to. */
	bool (*finish)(struct file_task *task);
};

/* For show_later and write of a row that has work. */
void file_task_show(struct engine_file *file, engine_show_fn done, void *data);
/* EACCES: the program is another user's. */
void file_task_write(struct engine_file *file, const char *text, size_t n_bytes,
		     enum file_write what, uid_t uid, engine_done_fn done,
		     void *data);

#endif
