/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_store.h - between prog_store.c and prog_build.c. */
#ifndef PROBEFS_FS_PROG_STORE_H
#define PROBEFS_FS_PROG_STORE_H

#include "progs.h"

struct progs {
	struct tree *tree;  /* borrowed */
	GHashTable *files;  /* struct prog_file *, counted, by their names */
	GHashTable *graces; /* program → the timer that will unload it */
	uint64_t last_ino;  /* of the newest file */
	size_t n_bytes;     /* of all files, and of what is being written */
};

bool prog_role_is_program(enum prog_role role);

/* The names alone: nothing is told to the engine. */
void progs_unlink(struct progs *progs, const char *name);
void progs_move(struct progs *progs, struct prog_file *file, const char *to);

#endif
