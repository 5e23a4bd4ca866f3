/* SPDX-License-Identifier: GPL-2.0-only */
/* descriptors.c - reads /proc/PID/fdinfo. */
#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Who has more open is not looked at for long. */
#define N_DESCRIPTORS_MAX 1024

static enum descriptors in_text(const char *text, uint64_t ino)
{
	const char *flags = strstr(text, "flags:");
	const char *number = strstr(text, "ino:");

	if (!flags || !number)
		return DESCRIPTORS_UNKNOWN;
	if (strtoull(number + 4, NULL, 10) != ino ||
	    (strtoul(flags + 6, NULL, 8) & O_ACCMODE) == O_RDONLY)
		return DESCRIPTORS_NONE;
	return DESCRIPTORS_SOME;
}

/* One descriptor, which may have been closed since it was listed. */
static enum descriptors in_file(DIR *fdinfo, const char *name, uint64_t ino)
{
	char text[512];
	int directory = dirfd(fdinfo), fd, err = 0;
	ssize_t n;

	if (directory < 0)
		return DESCRIPTORS_UNKNOWN;
	fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? DESCRIPTORS_NONE : DESCRIPTORS_UNKNOWN;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		err = errno;
	close(fd);
	if (n < 0)
		return err == ENOENT ? DESCRIPTORS_NONE : DESCRIPTORS_UNKNOWN;
	text[n] = '\0';
	return in_text(text, ino);
}

enum descriptors descriptors_of(pid_t pid, uint64_t ino)
{
	enum descriptors found = DESCRIPTORS_NONE;
	unsigned int n_left = N_DESCRIPTORS_MAX;
	struct dirent *entry;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	directory = opendir(path);
	if (!directory)
		return DESCRIPTORS_UNKNOWN;
	while (found == DESCRIPTORS_NONE && (entry = readdir(directory))) {
		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		found = n_left-- ? in_file(directory, entry->d_name, ino)
				 : DESCRIPTORS_UNKNOWN;
	}
	closedir(directory);
	return found;
}
