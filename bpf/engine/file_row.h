/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file_row.h - what a row of the engine's tables of files is made of. The
 * tables are in program_files.c and types.c.
 */
#ifndef PROBEFS_BPF_FILE_ROW_H
#define PROBEFS_BPF_FILE_ROW_H

#include "bpf/files.h"
#include "engine_state.h"

/* What is done with lines that were written. */
enum file_write {
	FILE_CHECK,   /* nothing but saying what is wrong with them */
	FILE_CHANGE,  /* each is carried out */
	FILE_REPLACE, /* they take the place of what is there */
};

struct file_work;

struct file_row {
	const char *name; /* NULL where its directory names it */

	/* Directories: entries of a table, ended by NULL, and others. */
	bool is_directory;
	const struct file_row *const *children;
	/* Whether @name is there; the row, or NULL with @error filled. */
	const struct file_row *(*find)(const struct engine_file *directory,
				       const char *name, GError **error);
	bool (*list)(const struct engine_file *directory, GPtrArray *names,
		     GError **error);

	/* Files. n_bytes: NULL where only the content tells. One of the shows:
	 * in the loop; or later, see engine_file_show(). */
	ssize_t (*n_bytes)(const struct engine_file *file, GError **error);
	GBytes *(*show)(const struct engine_file *file, GError **error);
	void (*show_later)(struct engine_file *file, engine_show_fn done,
			   void *data);

	/* What file_task_show and file_task_write do; else NULL. */
	const struct file_work *work;

	/* Is it there at the moment? NULL: as long as its program. */
	bool (*is_there)(const struct engine_file *file);

	/* Files that can be written: all of @text (borrowed for the call) is
	 * done or nothing. NULL: read-only. */
	void (*write)(struct engine_file *file, const char *text,
		      size_t n_bytes, enum file_write what, uid_t uid,
		      engine_done_fn done, void *data);
};

struct engine_file {
	gatomicrefcount n_refs;
	const struct file_row *row; /* borrowed */
	struct engine *engine;      /* borrowed */
	char *program;              /* owned; NULL: of no program */
	uint64_t serial;            /* the program's */
	char *path;                 /* owned; below the first directory */
};

/* A directory that is in no other; owned. */
struct engine_file *file_new_root(struct engine *engine,
				  const struct file_row *row);

/* The last part of its path. */
const char *file_name(const struct engine_file *file);

/* Its program, NULL when that is gone. */
struct program *file_program(const struct engine_file *file);

/* ENOENT, "program hello has no map count; did you mean counts?": @what is
 * "map", @names (const char *) are all that there are. */
void file_set_missing(const struct engine_file *directory, const char *what,
		      const char *name, const GPtrArray *names, GError **error);

/* For list: @name is copied. */
void names_add(GPtrArray *names, const char *name, const struct file_row *row);

extern const struct file_row program_directory_row;
extern const struct file_row types_directory_row;
extern const struct file_row maps_row;
extern const struct file_row vars_row;

#endif
