/* SPDX-License-Identifier: GPL-2.0-only */
/* descriptors.h - has a process a file open for writing? Knows no FUSE. */
#ifndef PROBEFS_FS_DESCRIPTORS_H
#define PROBEFS_FS_DESCRIPTORS_H

#include <stdint.h>
#include <sys/types.h>

enum descriptors {
	DESCRIPTORS_NONE,
	DESCRIPTORS_SOME,
	DESCRIPTORS_UNKNOWN, /* /proc does not tell */
};

/*
 * Descriptors for writing of the file with the number @ino in process @pid. The
 * kernel takes a descriptor off the process's table before it sends the FLUSH
 * of its close, so that those are seen which are left. Only text of
 * /proc/PID/fdinfo is read (ino: since Linux 5.14); a stat through /proc/PID/fd
 * would ask our own mount. Source: proc(5).
 */
enum descriptors descriptors_of(pid_t pid, uint64_t ino);

#endif
