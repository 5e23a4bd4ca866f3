/* SPDX-License-Identifier: GPL-2.0-only */
/* handle.c - owns open files. Knows no FUSE. */
#include "handle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

/* Who has more open is not looked at for long: see CLOSING_UNKNOWN. */
#define N_DESCRIPTORS_MAX 1024

/*
 * FUSE gives thread ids. /proc/TID answers for any thread, listed or not.
 * A process that is gone has no group any more: 0.
 */
static pid_t thread_group(pid_t tid)
{
	char path[64], line[128];
	int tgid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	fclose(file);
	return tgid;
}

static bool check_access(struct node *node, int flags, GError **error)
{
	int access = flags & O_ACCMODE;
	bool writes = access != O_RDONLY || (flags & O_TRUNC);
	bool reads = access != O_WRONLY;
	g_autofree char *path = NULL;

	if ((!writes || (node->type->mode & 0222)) &&
	    (!reads || (node->type->mode & 0444)))
		return true;
	path = node_path(node);
	probefs_set_error(error, EACCES, "%s: this file is %s-only", path,
			  writes ? "read" : "write");
	return false;
}

static bool open_node(struct handle *handle, GError **error)
{
	struct node *node = handle->node;

	if (node->tree->is_closing) {
		probefs_set_error(error, ESHUTDOWN, "probefs is ending");
		return false;
	}
	if (!check_access(node, handle->flags, error))
		return false;
	if (node->type->show && (handle->flags & O_ACCMODE) != O_WRONLY) {
		handle->snapshot = node_show(node, false, error);
		if (!handle->snapshot)
			return false;
	}
	return !node->type->open || node->type->open(handle, error);
}

struct handle *handle_new(struct node *node, int flags, pid_t tid, uid_t uid,
			  GError **error)
{
	struct handle *handle = g_new0(struct handle, 1);
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	handle->node = node_ref(node);
	handle->flags = flags;
	handle->uid = uid;
	/* Only a writer's or a stream reader's process is ever asked for. */
	if (tid && (writes || (node->type->flags & NODE_STREAM)))
		handle->pid = thread_group(tid);
	g_queue_init(&handle->parked);
	if (!open_node(handle, error)) {
		g_clear_pointer(&handle->snapshot, g_bytes_unref);
		node_unref(node);
		g_free(handle);
		return NULL;
	}
	node->tree->n_handles++;
	node->n_writers += writes;
	return handle;
}

void handle_free(struct handle *handle)
{
	struct node *node = handle->node;

	node->tree->n_handles--;
	node->n_writers -= handle_is_writable(handle);
	if (node->type->release)
		node->type->release(handle);
	if (handle->snapshot)
		g_bytes_unref(handle->snapshot);
	g_free(handle);
	node_unref(node);
}

bool handle_is_writable(const struct handle *handle)
{
	return (handle->flags & O_ACCMODE) != O_RDONLY;
}

static bool is_opener(const struct handle *handle, pid_t tid)
{
	return tid == handle->pid || (tid && thread_group(tid) == handle->pid);
}

/* Does this kernel's /proc tell which file a descriptor is of? */
static bool has_inode_numbers(void)
{
	static int known = -1;
	g_autofree char *text = NULL;

	if (known < 0)
		known = g_file_get_contents("/proc/self/fdinfo/0", &text, NULL,
					    NULL) &&
			strstr(text, "ino:");
	return known;
}

/* Is it a descriptor for writing of the file with the number @ino? */
static bool is_of_file(int fdinfo, const char *descriptor, uint64_t ino)
{
	char text[512], *at;
	int fd = openat(fdinfo, descriptor, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	unsigned long flags;

	if (fd >= 0)
		close(fd);
	text[MAX(n, 0)] = '\0';
	at = strstr(text, "flags:");
	flags = at ? strtoul(at + 6, NULL, 8) : O_RDONLY;
	at = strstr(text, "ino:"); /* since 5.14 */
	return at && strtoull(at + 4, NULL, 10) == ino &&
	       (flags & O_ACCMODE) != O_RDONLY;
}

/*
 * Has process @pid a descriptor for writing of the file @ino? Only text of
 * /proc is read: a stat through it would ask our own mount. *@is_known: it can
 * be told.
 */
static bool has_descriptor(pid_t pid, uint64_t ino, bool *is_known)
{
	char path[64];
	unsigned int n_left = N_DESCRIPTORS_MAX;
	struct dirent *entry;
	bool is_found = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	directory = opendir(path);
	*is_known = directory && has_inode_numbers();
	while (*is_known && !is_found && (entry = readdir(directory))) {
		if (!g_ascii_isdigit(entry->d_name[0]))
			continue;
		is_found = is_of_file(dirfd(directory), entry->d_name, ino);
		*is_known = --n_left > 0;
	}
	if (directory)
		closedir(directory);
	return is_found;
}

enum closing handle_closing(const struct handle *handle, pid_t tid)
{
	const struct node *node = handle->node;
	bool is_known;

	if (!is_opener(handle, tid))
		return CLOSING_BY_ANOTHER;
	if (!handle->pid)
		return CLOSING_UNKNOWN;
	if (!has_descriptor(handle->pid, node->ino, &is_known))
		return is_known ? CLOSING_THE_LAST : CLOSING_UNKNOWN;
	/* It may be of another open of the same file. */
	return node->n_writers == 1 ? CLOSING_A_COPY : CLOSING_UNKNOWN;
}

const void *bytes_slice(GBytes *content, size_t size, off_t offset,
			size_t *n_bytes)
{
	size_t length;
	const char *data = g_bytes_get_data(content, &length);

	if (offset < 0 || (uint64_t)offset >= length) {
		*n_bytes = 0;
		return NULL;
	}
	*n_bytes = MIN(size, length - (size_t)offset);
	return data + offset;
}
