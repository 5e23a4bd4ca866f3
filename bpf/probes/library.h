/* SPDX-License-Identifier: GPL-2.0-only */
/* library.h - libraries and commands by their names alone. */
#ifndef PROBEFS_BPF_LIBRARY_H
#define PROBEFS_BPF_LIBRARY_H

/*
 * The path of the library @name as the C library's loader would take it: by
 * its full name ("libc.so.6"), or, as BCC's tools do, by what comes between
 * "lib" and ".so" ("c"). Owned by the caller; NULL: there is none.
 */
char *library_find(const char *name);

/* The path of a command, in the directories where a system has them. */
char *command_find(const char *name);

#endif
