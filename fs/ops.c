/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops.c - FUSE's operations: decode, call the node's operation, answer.
 *
 * Knows libfuse and the rows of the tables, none of their meanings.
 */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "directory.h"
#include "handle.h"
#include "request.h"
#include "session_state.h"
#include "tree.h"

static struct handle *handle_of(const struct fuse_file_info *info)
{
	return (struct handle *)(uintptr_t)info->fh;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->max_read = SESSION_MAX_BYTES;
	conn->max_write = SESSION_MAX_BYTES;
	conn->max_readahead = SESSION_MAX_BYTES;
	conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
	/* Answers come from memory: a pipe in between only costs. */
	conn->want &= ~(unsigned int)(FUSE_CAP_SPLICE_READ |
				      FUSE_CAP_SPLICE_WRITE |
				      FUSE_CAP_SPLICE_MOVE);
	session_answered(userdata);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *directory = session_node(req, parent);
	struct request *request = request_new(req, directory, name);
	GError *error = NULL;
	const struct node_type *type = node_lookup(directory, name, &error);
	struct node *node;

	if (!type) {
		request_missing(request, error);
		return;
	}
	request_be_quiet(request);
	node = node_get(directory, name, type);
	request_entry(request, node);
	node_unref(node);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n_lookups)
{
	if (ino != FUSE_ROOT_ID)
		node_forgotten(session_node(req, ino), n_lookups);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count,
			    struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		if (forgets[i].ino != FUSE_ROOT_ID)
			node_forgotten(session_node(req, forgets[i].ino),
				       forgets[i].nlookup);
	fuse_reply_none(req);
}

/* An OPEN or a GETATTR that waits for the content. */
struct wait {
	struct request *request; /* borrowed */
	struct node *node;       /* counted */
	int flags;
};

static struct wait *wait_new(struct request *request, struct node *node,
			     int flags)
{
	struct wait *wait = g_new0(struct wait, 1);

	request_later(request);
	*wait = (struct wait){request, node_ref(node), flags};
	return wait;
}

static void wait_free(struct wait *wait)
{
	node_unref(wait->node);
	g_free(wait);
}

static void size_shown(GBytes *content, const GError *error, void *data)
{
	struct wait *wait = data;

	if (error) {
		request_be_quiet(wait->request);
		request_done(error, wait->request);
	} else if (request_is_answered(wait->request)) {
		request_drop(wait->request);
	} else {
		request_attributes(wait->request, false);
	}
	wait_free(wait);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *info)
{
	struct node *node = session_node(req, ino);
	struct request *request = request_new(req, node, NULL);

	if (node_size_is_unknown(node))
		node_show_later(node, size_shown, wait_new(request, node, 0));
	else
		request_attributes(request, false);
}

static enum answer truncate_node(struct node *node, struct handle *handle,
				 off_t size, struct request *request,
				 GError **error)
{
	g_autofree char *path = NULL;

	if (node->type->truncate)
		return node->type->truncate(node, handle, size,
					    request_uid(request), request,
					    error);
	path = node_path(node);
	probefs_set_error(error, EACCES, "%s: this file is read-only", path);
	return ANSWER_FAILED;
}

/*
 * chmod and chown succeed and change nothing, since cp -p and editors make
 * them as a matter of course; who may do what is the mount's options' affair.
 */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
		       int to_set, struct fuse_file_info *info)
{
	struct node *node = session_node(req, ino);
	struct request *request = request_new(req, node, NULL);
	int64_t mtime_ns = attr->st_mtim.tv_sec * 1000000000ll +
			   attr->st_mtim.tv_nsec;
	enum answer answer = ANSWER_DONE;
	GError *error = NULL;

	request_set_attributes(request);
	if (to_set & FUSE_SET_ATTR_SIZE)
		answer = truncate_node(node, info ? handle_of(info) : NULL,
				       attr->st_size, request, &error);
	else if ((to_set & FUSE_SET_ATTR_MTIME_NOW) && node->type->touch)
		node->type->touch(node, g_get_real_time() * 1000);
	else if ((to_set & FUSE_SET_ATTR_MTIME) && node->type->touch)
		node->type->touch(node, mtime_ns);
	request_finish(request, answer, error);
}

static void refuse_create(struct node *directory, const char *name,
			  struct request *request, GError **error)
{
	bool tells = directory->type->flags & NODE_TELLS_MISSING;

	/* A name that cannot be there: why, the LOOKUP has told. */
	if (tells && !node_lookup(directory, name, error) && *error) {
		if (node_tells_missing(directory, name))
			request_be_quiet(request);
		return;
	}
	probefs_set_error(error, EPERM,
			  "%s: no file can be made here, but in progs/", name);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *info)
{
	struct node *directory = session_node(req, parent);
	struct request *request = request_new(req, directory, name);
	uid_t uid = request_uid(request);
	const struct node_type *type = NULL;
	struct handle *handle = NULL;
	struct node *node = NULL;
	GError *error = NULL;

	if (directory->type->create)
		type = directory->type->create(directory, name, uid, &error);
	else
		refuse_create(directory, name, request, &error);
	if (type) {
		node = node_get(directory, name, type);
		handle = handle_new(node, NULL, info->flags,
				    request_tid(request), uid, &error);
	}
	if (handle)
		request_created(request, node, handle);
	else
		request_fail(request, error);
	node_unref(node);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *directory = session_node(req, parent);
	struct request *request = request_new(req, directory, name);
	enum answer answer = ANSWER_FAILED;
	GError *error = NULL;

	if (directory->type->unlink)
		answer = directory->type->unlink(directory, name,
						 request_uid(request), request,
						 &error);
	else
		probefs_set_error(&error, EPERM,
				  "%s is a fixed part of the tree and cannot "
				  "be removed",
				  name);
	request_finish(request, answer, error);
}

static void refuse(fuse_req_t req, fuse_ino_t parent, const char *name,
		   const char *sentence)
{
	struct request *request = request_new(req, session_node(req, parent),
					      name);
	GError *error = NULL;

	probefs_set_error(&error, EPERM, "%s: %s", name, sentence);
	request_fail(request, error);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode)
{
	refuse(req, parent, name, "no directory can be made in this tree");
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	refuse(req, parent, name,
	       "this directory cannot be removed; progs/NAME goes when "
	       "progs/NAME.c is removed");
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode, dev_t device)
{
	refuse(req, parent, name, "no special file can be made in this tree");
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		       const char *name)
{
	refuse(req, parent, name, "no symbolic link can be made in this tree");
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
		    const char *name)
{
	refuse(req, parent, name, "no hard link can be made in this tree");
}

static enum answer rename_in(struct node *directory, const char *from,
			     const char *to, struct request *request,
			     unsigned int flags, GError **error)
{
	if (!directory->type->rename) {
		probefs_set_error(error, EPERM,
				  "%s is a fixed part of the tree and cannot "
				  "be renamed",
				  from);
		return ANSWER_FAILED;
	}
	if (flags & ~(unsigned int)RENAME_NOREPLACE) {
		probefs_set_error(error, EINVAL,
				  "%s: files cannot be exchanged here", from);
		return ANSWER_FAILED;
	}
	if ((flags & RENAME_NOREPLACE) && node_lookup(directory, to, NULL)) {
		probefs_set_error(error, EEXIST, "%s exists already", to);
		return ANSWER_FAILED;
	}
	return directory->type->rename(directory, from, to,
				       request_uid(request), request, error);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t new_parent, const char *new_name,
		      unsigned int flags)
{
	struct node *directory = session_node(req, parent);
	struct request *request = request_new(req, directory, name);
	enum answer answer;
	GError *error = NULL;

	/* mv copies and removes then. */
	if (parent != new_parent) {
		request_error(request, EXDEV);
		return;
	}
	answer = rename_in(directory, name, new_name, request, flags, &error);
	request_finish(request, answer, error);
}

static void open_node(struct request *request, struct node *node,
		      GBytes *content, int flags)
{
	GError *error = NULL;
	struct handle *handle = handle_new(node, content, flags,
					   request_tid(request),
					   request_uid(request), &error);

	if (handle)
		request_opened(request, handle);
	else
		request_fail(request, error);
}

static void open_shown(GBytes *content, const GError *error, void *data)
{
	struct wait *wait = data;

	if (error)
		request_done(error, wait->request);
	else if (request_is_answered(wait->request))
		request_drop(wait->request);
	else
		open_node(wait->request, wait->node, content, wait->flags);
	wait_free(wait);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct node *node = session_node(req, ino);
	struct request *request = request_new(req, node, NULL);

	if (node->type->show_later && (info->flags & O_ACCMODE) != O_WRONLY)
		node_show_later(node, open_shown,
				wait_new(request, node, info->flags));
	else
		open_node(request, node, NULL, info->flags);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);
	const struct node_type *type = handle->node->type;
	struct request *request = request_new(req, handle->node, NULL);
	GError *error = NULL;
	const void *bytes;
	size_t n_bytes;

	/*
	 * No lock owner: the page cache asks, for sendfile, splice or a
	 * mapping. Their users fall back to read().
	 */
	if (!info->lock_owner && !(type->flags & NODE_MAPPABLE)) {
		request_error(request, EINVAL);
		return;
	}
	/* fcntl may have changed O_NONBLOCK since open. */
	handle->flags = (handle->flags & ~O_NONBLOCK) |
			(info->flags & O_NONBLOCK);
	if (type->read) {
		enum answer answer = type->read(handle, size, offset, request,
						&error);

		if (answer == ANSWER_FAILED)
			request_fail(request, error);
		return;
	}
	bytes = bytes_slice(handle->snapshot, size, offset, &n_bytes);
	request_data(request, bytes, n_bytes);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
		     size_t n_bytes, off_t offset, struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);
	struct request *request = request_new(req, handle->node, NULL);
	GError *error = NULL;
	enum answer answer;

	request_set_written(request, n_bytes);
	answer = handle->node->type->write(handle, bytes, n_bytes, offset,
					   request, &error);
	request_finish(request, answer, error);
}

static void flush(fuse_req_t req, struct handle *handle, bool is_fsync)
{
	struct request *request = request_new(req, handle->node, NULL);
	enum answer answer = ANSWER_DONE;
	GError *error = NULL;

	if (handle->node->type->flush && handle_is_writable(handle))
		answer = handle->node->type->flush(handle, is_fsync, request,
						   &error);
	request_finish(request, answer, error);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino,
		     struct fuse_file_info *info)
{
	flush(req, handle_of(info), false);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int only_data,
		     struct fuse_file_info *info)
{
	flush(req, handle_of(info), true);
}

void ops_free_handle(struct handle *handle)
{
	if (handle->poll)
		fuse_pollhandle_destroy(handle->poll);
	handle->poll = NULL;
	handle_free(handle);
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	session_remove_handle(fuse_req_userdata(req), handle);
	ops_free_handle(handle);
	fuse_reply_err(req, 0);
}

/* Store the poll handle first, then look: nothing is missed in between. */
static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info,
		    struct fuse_pollhandle *poll)
{
	struct handle *handle = handle_of(info);
	const struct node_type *type = handle->node->type;
	struct request *request = request_new(req, handle->node, NULL);
	unsigned int events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	if (poll) {
		if (handle->poll)
			fuse_pollhandle_destroy(handle->poll);
		handle->poll = poll;
	}
	if (type->ready)
		events = type->ready(handle);
	request_poll(request, events);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	request_statfs(request_new(req, session_node(req, ino), NULL));
}

const struct fuse_lowlevel_ops fuse_operations = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.create = op_create,
	.unlink = op_unlink,
	.mkdir = op_mkdir,
	.rmdir = op_rmdir,
	.mknod = op_mknod,
	.symlink = op_symlink,
	.link = op_link,
	.rename = op_rename,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.fsync = op_fsync,
	.release = op_release,
	.poll = op_poll,
	.statfs = op_statfs,
	.opendir = directory_open,
	.readdir = directory_read,
	.readdirplus = directory_read_plus,
	.releasedir = directory_release,
};
