/* SPDX-License-Identifier: GPL-2.0-only */
/* handle.c - owns open files. Knows no FUSE. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "descriptors.h"
#include "tree.h"

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
		handle->snapshot = node_show(node, error);
		if (!handle->snapshot)
			return false;
	}
	return !node->type->open || node->type->open(handle, error);
}

struct handle *handle_new(struct node *node, GBytes *content, int flags,
			  pid_t tid, uid_t uid, GError **error)
{
	struct handle *handle = g_new0(struct handle, 1);
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	handle->node = node_ref(node);
	handle->snapshot = content ? g_bytes_ref(content) : NULL;
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
	handle->ino = node->ino;
	handle->link.data = handle;
	if (writes)
		g_queue_push_tail_link(&node->writers, &handle->link);
	return handle;
}

void handle_free(struct handle *handle)
{
	struct node *node = handle->node;

	node->tree->n_handles--;
	if (handle_is_writable(handle))
		g_queue_unlink(&node->writers, &handle->link);
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

/* Others of the same process may have it open, too. */
static unsigned int count_opens(const struct handle *handle)
{
	unsigned int n = 0;

	for (GList *at = handle->node->writers.head; at; at = at->next)
		n += ((const struct handle *)at->data)->pid == handle->pid;
	return n;
}

/* What does a FLUSH by thread @tid mean? */
static enum closing closing_of(const struct handle *handle, pid_t tid)
{
	bool is_opener = tid == handle->pid ||
			 (tid && thread_group(tid) == handle->pid);

	if (!is_opener)
		return CLOSING_BY_ANOTHER;
	if (!handle->pid)
		return CLOSING_UNKNOWN;
	switch (descriptors_of(handle->pid, handle->ino)) {
	case DESCRIPTORS_NONE:
		return CLOSING_THE_LAST;
	case DESCRIPTORS_SOME:
		/* It may be of another open of the same file. */
		return count_opens(handle) == 1 ? CLOSING_A_COPY
						: CLOSING_UNKNOWN;
	case DESCRIPTORS_UNKNOWN:
		break;
	}
	return CLOSING_UNKNOWN;
}

bool handle_commits(const struct handle *handle, struct commit *commit,
		    bool is_fsync, pid_t tid)
{
	if (!commit->is_due)
		return false;
	return commit_at_flush(commit, is_fsync ? CLOSING_THE_LAST
						: closing_of(handle, tid));
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
