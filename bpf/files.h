/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * files.h - the files and directories of the engine, as the file system finds,
 * lists, shows and writes them.
 *
 * A file is a row of a table in the engine: what it is called, how it is shown
 * and, where it can be, written. A new one needs a row there, and nothing in
 * the file system. All functions are called in the loop.
 */
#ifndef PROBEFS_BPF_FILES_H
#define PROBEFS_BPF_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine.h"

/* A file or a directory. Counted; it knows when what it shows is gone. */
struct engine_file;

/* progs/NAME, or NULL where there is no such program; and types/. Owned. */
struct engine_file *engine_program_directory(struct engine *engine,
					     const char *program);
struct engine_file *engine_types_directory(struct engine *engine);

struct engine_file *engine_file_ref(struct engine_file *file);
void engine_file_unref(struct engine_file *file); /* accepts NULL */

bool engine_file_is_directory(const struct engine_file *file);
bool engine_file_is_writable(const struct engine_file *file);

/* Its program was removed, also where another of that name was made since, or
 * has it no more. */
bool engine_file_is_gone(const struct engine_file *file);

/* The entry @name of a directory, owned; NULL and ENOENT with a sentence. */
struct engine_file *engine_file_find(const struct engine_file *directory,
				     const char *name, GError **error);

struct engine_name {
	char *name;
	bool is_directory;
	bool is_writable;
};

/* The entries of a directory, sorted: struct engine_name, owned by the array.
 * ENOENT: it is gone. */
GPtrArray *engine_file_list(const struct engine_file *directory,
			    GError **error);

/*
 * The size of the content without making it: ENGINE_BYTES_UNKNOWN where only
 * the content tells, ENGINE_BYTES_NONE and ENOENT where it is gone.
 */
enum { ENGINE_BYTES_NONE = -1, ENGINE_BYTES_UNKNOWN = -2 };
ssize_t engine_file_bytes(const struct engine_file *file, GError **error);

/* @content is borrowed for the call, NULL after a failure. */
typedef void (*engine_show_fn)(GBytes *content, const GError *error,
			       void *data);

/*
 * Make the content: in a worker where that may take its time; @done is called
 * then in the loop, or before this returns. It is called also when the engine
 * ends. ENOENT: it is gone; others by row.
 */
void engine_file_show(struct engine_file *file, engine_show_fn done,
		      void *data);

/*
 * One open for writing of a file that is written by lines, as attach files
 * are: with @replaces (O_TRUNC) the lines take the place of what is there at
 * the commit, else each write is carried out by itself. One write or commit
 * at a time. @done comes later, in the loop; at once where the engine ends.
 */
struct engine_edit;
struct engine_edit *engine_edit_new(struct engine_file *file, uid_t uid,
				    bool replaces);
void engine_edit_write(struct engine_edit *edit, const char *text,
		       size_t n_bytes, engine_done_fn done, void *data);
void engine_edit_commit(struct engine_edit *edit, engine_done_fn done,
			void *data);
void engine_edit_free(struct engine_edit *edit);

#endif
