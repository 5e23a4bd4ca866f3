/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * directory.c - reading directories: a snapshot taken at opendir, whose
 * offsets are indices, so that they are stable. Knows libfuse.
 */
#include "directory.h"

#include <string.h>

#include "node.h"
#include "request.h"
#include "session_state.h"

struct open_directory {
	struct node *node;       /* counted */
	struct listing *listing; /* owned */
};

void directory_open(struct fuse_req *req, unsigned long ino,
		    struct fuse_file_info *info)
{
	struct node *node = session_node(req, ino);
	struct listing *listing = listing_new();
	struct open_directory *directory;
	GError *error = NULL;

	if (!node_list(node, listing, &error)) {
		listing_free(listing);
		request_fail(request_new(req, node, NULL), error);
		return;
	}
	directory = g_new0(struct open_directory, 1);
	directory->node = node_ref(node);
	directory->listing = listing;
	info->fh = (uintptr_t)directory;
	session_add_directory(fuse_req_userdata(req), directory);
	fuse_reply_open(req, info);
}

void directory_free(struct open_directory *directory)
{
	listing_free(directory->listing);
	node_unref(directory->node);
	g_free(directory);
}

void directory_release(struct fuse_req *req, unsigned long ino,
		       struct fuse_file_info *info)
{
	struct open_directory *directory =
		(struct open_directory *)(uintptr_t)info->fh;

	session_remove_directory(fuse_req_userdata(req), directory);
	directory_free(directory);
	fuse_reply_err(req, 0);
}

/* "." and "..", which the kernel wants without a lookup. */
static size_t add_dot(fuse_req_t req, char *to, size_t room, bool is_plus,
		      const struct open_directory *directory, off_t offset)
{
	const struct node *node = directory->node;
	const char *name = offset == 0 ? "." : "..";
	struct fuse_entry_param entry = {.attr.st_mode = S_IFDIR};

	if (offset == 1 && node->parent)
		node = node->parent;
	entry.attr.st_ino = node->ino;
	if (is_plus)
		return fuse_add_direntry_plus(req, to, room, name, &entry,
					      offset + 1);
	return fuse_add_direntry(req, to, room, name, &entry.attr, offset + 1);
}

static size_t add_entry(fuse_req_t req, char *to, size_t room,
			const struct open_directory *directory, off_t offset)
{
	const struct listing_entry *entry = listing_get(directory->listing,
							(size_t)offset - 2);
	struct stat attr = {
		.st_mode = entry->type->mode,
		.st_ino = entry->ino ? entry->ino
				     : node_ino(directory->node, entry->name),
	};

	return fuse_add_direntry(req, to, room, entry->name, &attr, offset + 1);
}

static size_t add_entry_plus(fuse_req_t req, char *to, size_t room,
			     const struct open_directory *directory,
			     off_t offset)
{
	const struct listing_entry *entry = listing_get(directory->listing,
							(size_t)offset - 2);
	struct fuse_entry_param param;
	struct node *node;
	size_t n_bytes;

	/* Ask first: a lookup that does not fit must not be counted. */
	if (fuse_add_direntry_plus(req, NULL, 0, entry->name, NULL, 0) > room)
		return room + 1;
	node = node_get(directory->node, entry->name, entry->type);
	if (!request_fill_entry(node, true, &param, NULL)) {
		/* Gone since: only the name, which a lookup will clear up. */
		memset(&param, 0, sizeof(param));
		param.attr.st_mode = entry->type->mode;
		param.attr.st_ino = node->ino;
	}
	n_bytes = fuse_add_direntry_plus(req, to, room, entry->name, &param,
					 offset + 1);
	node_unref(node);
	return n_bytes;
}

static void read_directory(fuse_req_t req, size_t size, off_t offset,
			   struct fuse_file_info *info, bool is_plus)
{
	const struct open_directory *directory =
		(const struct open_directory *)(uintptr_t)info->fh;
	off_t end = (off_t)listing_length(directory->listing) + 2;
	char *buffer = session_buffer(fuse_req_userdata(req));
	size_t used = 0;

	size = MIN(size, SESSION_MAX_BYTES);
	for (; offset >= 0 && offset < end; offset++) {
		size_t room = size - used, n_bytes;

		if (offset < 2)
			n_bytes = add_dot(req, buffer + used, room, is_plus,
					  directory, offset);
		else if (is_plus)
			n_bytes = add_entry_plus(req, buffer + used, room,
						 directory, offset);
		else
			n_bytes = add_entry(req, buffer + used, room, directory,
					    offset);
		if (n_bytes > room)
			break;
		used += n_bytes;
	}
	fuse_reply_buf(req, buffer, used);
}

void directory_read(struct fuse_req *req, unsigned long ino, size_t size,
		    off_t offset, struct fuse_file_info *info)
{
	read_directory(req, size, offset, info, false);
}

void directory_read_plus(struct fuse_req *req, unsigned long ino, size_t size,
			 off_t offset, struct fuse_file_info *info)
{
	read_directory(req, size, offset, info, true);
}
