/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progs.h - the files of progs/ and what becomes of them.
 *
 * The store knows names, bytes and owners, and which of them make a program
 * of the engine. Knows no FUSE.
 */
#ifndef PROBEFS_FS_PROGS_H
#define PROBEFS_FS_PROGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/engine.h"

struct draft;
struct progs;
struct tree;

enum prog_role {
	PROG_PLAIN,
	PROG_SOURCE, /* NAME.c */
	PROG_OBJECT, /* NAME.o */
	PROG_CFLAGS, /* NAME.cflags */
	PROG_HEADER, /* NAME.h */
};

struct prog_file {
	struct progs *progs; /* borrowed */
	char *name;          /* owned: "hello.c" */
	GBytes *content;     /* owned: what was last written */
	struct draft *draft; /* borrowed: an open one that differs, or NULL */
	int64_t mtime_ns;
	uint64_t ino; /* its own, whatever its name becomes */
	uid_t uid;
	unsigned int n_refs;
	bool is_removed; /* the name is gone or another file's */
};

struct progs *progs_new(struct tree *tree);
void progs_free(struct progs *progs);

struct prog_file *prog_file_ref(struct prog_file *file);
void prog_file_unref(struct prog_file *file);

/* EACCES for another user's file. */
bool prog_file_check_owner(const struct prog_file *file, uid_t uid,
			   GError **error);

/* The role of a file @name; @program, where it has one, is to be freed. */
enum prog_role prog_role(const char *name, char **program);
/* How large may a file of this name become? */
size_t prog_file_limit(const char *name);

struct prog_file *progs_find(struct progs *progs, const char *name);
/* Sorted names of the files, borrowed strings, and of the programs, owned. */
GPtrArray *progs_file_names(struct progs *progs);
GPtrArray *progs_program_names(struct progs *progs);

/* EDQUOT unless all files together may take @n_more bytes more. */
bool progs_check_room(const struct progs *progs, const char *name,
		      size_t n_more, GError **error);
/* What is being written has @n_more bytes more, or less. */
void progs_count_bytes(struct progs *progs, ssize_t n_more);

/* May @uid have a file @name (a new one, or an existing one's new name)? */
bool progs_check_name(struct progs *progs, const char *name, uid_t uid,
		      GError **error);

/* An empty file, which is no program until it is committed. Borrowed. */
struct prog_file *progs_create(struct progs *progs, const char *name, uid_t uid,
			       GError **error);

/* What it holds from now on; nothing is compiled. */
void prog_file_set_content(struct prog_file *file, GBytes *content);

/*
 * @content is the file's from now on, whatever comes of it. When it makes a
 * program or changes one, true is returned and @done is called later.
 */
bool progs_commit(struct progs *progs, struct prog_file *file, GBytes *content,
		  engine_done_fn done, void *data);

/*
 * Remove or rename a file. @done is called later for a rename in which the
 * engine has a part, or at once; a failure changes nothing.
 */
void progs_remove(struct progs *progs, const char *name, uid_t uid,
		  engine_done_fn done, void *data);
void progs_rename(struct progs *progs, const char *from, const char *to,
		  uid_t uid, engine_done_fn done, void *data);

#endif
