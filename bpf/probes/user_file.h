/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_file.h - the files that user probes are in, by path.
 *
 * A walk asks only file systems that answer by themselves: one that a process
 * or a network answers for could make probefs wait for ever, and for
 * probefs's own it would wait for itself. There is no state here; any thread
 * may call.
 */
#ifndef PROBEFS_BPF_USER_FILE_H
#define PROBEFS_BPF_USER_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct user_file {
	int fd; /* owned, O_PATH */
	bool is_directory;
	/* Which file, and which content of it. */
	uint32_t device_major, device_minor;
	uint64_t inode, size_bytes;
	int64_t changed_ns;
	char *rest; /* owned: what of the path follows a file; "" */
};

/*
 * Find the file or directory at @path, below "/", without a '/' at its
 * beginning. The walk ends at the first regular file; what follows is in
 * rest. A first word that "/" does not have is a library, as the C library's
 * loader knows it ("c", "libc.so.6"), or a command.
 * ENOENT with a suggestion; EOPNOTSUPP for a file system that may wait;
 * EINVAL for what is neither file nor directory. On failure nothing is owned.
 */
bool user_file_find(struct user_file *file, const char *path, GError **error);
void user_file_clear(struct user_file *file);

/* Open a regular file for reading; -1. */
int user_file_open(const struct user_file *file, GError **error);

#endif
