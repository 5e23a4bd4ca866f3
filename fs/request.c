/* SPDX-License-Identifier: GPL-2.0-only */
/* request.c - owns requests and all answers. Knows libfuse, no engine. */
#include "request.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>

#include "handle.h"
#include "session_state.h"
#include "signals.h"
#include "tree.h"

/* A name that never becomes another may be kept for a day. */
#define LASTING_S          86400.0

/*
 * A signal does not end an attach or a compile; a caller that is to end waits
 * this long for the result, then goes without. The kernel tells of the first
 * signal only, so that those after it are looked for as often.
 */
#define INTERRUPT_GRACE_MS 300

struct request {
	fuse_req_t req; /* owned by libfuse; NULL: answered */
	struct session *session;
	struct node *node;     /* counted */
	char *name;            /* owned, may be NULL */
	struct handle *parked; /* borrowed; whose queue has it, or NULL */
	GList link;            /* in the session's waiting ones */
	int64_t started_us;
	size_t n_bytes; /* written, or asked for by a parked READ */
	guint grace;    /* source of the timer after an interrupt */
	uid_t uid;
	pid_t tid;
	enum { SUCCESS_PLAIN, SUCCESS_WRITE, SUCCESS_ATTRIBUTES } success;
	bool is_quiet;
	bool is_waiting;
	bool is_dismissed; /* the caller went, by a signal */
};

struct request *request_new(struct fuse_req *req, struct node *node,
			    const char *name)
{
	const struct fuse_ctx *context = fuse_req_ctx(req);
	struct request *request = g_new0(struct request, 1);

	request->req = req;
	request->session = fuse_req_userdata(req);
	request->node = node_ref(node);
	request->name = g_strdup(name);
	request->link.data = request;
	request->uid = context->uid;
	request->tid = context->pid;
	return request;
}

pid_t request_tid(const struct request *request)
{
	return request->tid;
}

uid_t request_uid(const struct request *request)
{
	return request->uid;
}

int64_t request_started_us(const struct request *request)
{
	return request->started_us;
}

size_t request_size(const struct request *request)
{
	return request->n_bytes;
}

char *request_buffer(const struct request *request)
{
	return session_buffer(request->session);
}

void request_be_quiet(struct request *request)
{
	request->is_quiet = true;
}

void request_set_written(struct request *request, size_t n_bytes)
{
	request->success = SUCCESS_WRITE;
	request->n_bytes = n_bytes;
}

void request_set_attributes(struct request *request)
{
	request->success = SUCCESS_ATTRIBUTES;
}

static void stop_waiting(struct request *request)
{
	g_clear_handle_id(&request->grace, g_source_remove);
	if (request->parked)
		g_queue_remove(&request->parked->parked, request);
	request->parked = NULL;
	if (request->is_waiting)
		session_remove_waiting(request->session, &request->link);
	request->is_waiting = false;
}

static void request_free(struct request *request)
{
	stop_waiting(request);
	node_unref(request->node);
	g_free(request->name);
	g_free(request);
}

/* Forbid libfuse to call about a request that is answered. */
static fuse_req_t take_req(struct request *request)
{
	return g_steal_pointer(&request->req);
}

static char *request_path(const struct request *request)
{
	char *directory = node_path(request->node), *path;

	if (!request->name)
		return directory;
	path = g_strconcat(directory, *directory ? "/" : "", request->name,
			   NULL);
	g_free(directory);
	return path;
}

static void log_failure(struct request *request, const GError *error)
{
	g_autofree char *path = request_path(request);

	if (!request->is_quiet)
		tree_failed(session_tree(request->session), path, request->uid,
			    error);
}

void request_error(struct request *request, int err)
{
	fuse_req_t req = take_req(request);

	request_free(request);
	if (req)
		fuse_reply_err(req, err);
}

/*
 * Shells and completion ask for what is not there all day. Where a name can be
 * made, only ENOENT lets CREATE follow, which has an errno of its own.
 */
void request_missing(struct request *request, GError *error)
{
	const struct node_type *directory = request->node->type;
	g_autofree char *path = request_path(request);
	int err = ENOENT;

	if (error && node_tells_missing(request->node, request->name))
		tree_missing(session_tree(request->session), path, request->uid,
			     error);
	if (error && !directory->create)
		err = probefs_error_errno(error);
	g_clear_error(&error);
	request_error(request, err);
}

void request_fail(struct request *request, GError *error)
{
	request_done(error, request);
	g_error_free(error);
}

static void answer_success(struct request *request)
{
	fuse_req_t req;

	switch (request->success) {
	case SUCCESS_ATTRIBUTES:
		request_attributes(request, true);
		return;
	case SUCCESS_WRITE:
		req = take_req(request);
		fuse_reply_write(req, request->n_bytes);
		break;
	case SUCCESS_PLAIN:
		req = take_req(request);
		fuse_reply_err(req, 0);
		break;
	}
	request_free(request);
}

/* The caller was told EINTR, but it has happened. */
static void report_late_success(struct request *request)
{
	g_autoptr(GError) note = NULL;

	if (!request->is_dismissed)
		return;
	probefs_set_error(&note, EINTR,
			  "a signal ended the command that waited for this; it "
			  "was carried out nevertheless");
	log_failure(request, note);
}

void request_done(const GError *error, void *data)
{
	struct request *request = data;

	if (error) {
		log_failure(request, error);
		request_error(request, probefs_error_errno(error));
	} else if (request->req) {
		answer_success(request);
	} else {
		report_late_success(request);
		request_free(request);
	}
}

bool request_is_answered(const struct request *request)
{
	return !request->req;
}

void request_drop(struct request *request)
{
	request_free(request);
}

static void on_interrupt(fuse_req_t req, void *data)
{
	struct request *request = data;

	session_queue_interrupt(request->session, request);
}

void request_later(struct request *request)
{
	request->is_waiting = true;
	request->started_us = g_get_monotonic_time();
	session_add_waiting(request->session, &request->link);
	fuse_req_interrupt_func(request->req, on_interrupt, request);
}

void request_finish(struct request *request, enum answer answer, GError *error)
{
	switch (answer) {
	case ANSWER_DONE:
		request_done(NULL, request);
		break;
	case ANSWER_FAILED:
		request_fail(request, error);
		break;
	case ANSWER_LATER:
		/* request_later() was called; it may be answered by now. */
		break;
	}
}

void request_park(struct request *request, struct handle *handle, size_t size)
{
	request->n_bytes = size;
	request->parked = handle;
	g_queue_push_tail(&handle->parked, request);
	request_later(request);
}

/* The caller goes; the operation goes on and ends in request_done(). */
static void dismiss_caller(struct request *request, int err)
{
	fuse_req_t req = take_req(request);

	stop_waiting(request);
	if (req)
		fuse_reply_err(req, err);
}

static gboolean grace_over(gpointer data)
{
	struct request *request = data;

	if (!thread_is_to_end(request->tid))
		return G_SOURCE_CONTINUE;
	request->grace = 0;
	request->is_dismissed = true;
	dismiss_caller(request, EINTR);
	return G_SOURCE_REMOVE;
}

void request_interrupted(struct request *request)
{
	if (request->parked)
		request_error(request, EINTR);
	else if (!request->grace && request->req)
		request->grace = g_timeout_add(INTERRUPT_GRACE_MS, grace_over,
					       request);
}

void request_abandon(struct request *request)
{
	if (request->parked)
		request_data(request, NULL, 0);
	else
		dismiss_caller(request, ECANCELED);
}

void request_expire(struct request *request)
{
	g_autoptr(GError) error = NULL;

	if (request->parked) {
		request_error(request, EINTR);
		return;
	}
	probefs_set_error(&error, ETIMEDOUT,
			  "this took longer than fs.fuse's request timeout "
			  "allows; it goes on");
	log_failure(request, error);
	dismiss_caller(request, ETIMEDOUT);
}

void request_data(struct request *request, const void *data, size_t n_bytes)
{
	fuse_req_t req = take_req(request);

	request_free(request);
	fuse_reply_buf(req, data, n_bytes);
}

static mode_t node_mode(const struct node *node)
{
	mode_t type = node->type->mode & S_IFMT;
	mode_t allowed = node->tree->config.mode;

	return type | (node->type->mode & 0777 & allowed);
}

static bool fill_attributes(struct node *node, bool is_fresh, struct stat *attr,
			    GError **error)
{
	const struct tree *tree = node->tree;
	struct node_stat stat;
	int64_t mtime_ns;

	if (!node_stat(node, is_fresh, &stat, error))
		return false;
	mtime_ns = stat.mtime_ns ? stat.mtime_ns : tree->started_ns;
	*attr = (struct stat){
		.st_ino = node->ino,
		.st_mode = node_mode(node),
		/* For directories: "unknown", so that find looks itself. */
		.st_nlink = 1,
		.st_uid = stat.uid != (uid_t)-1 ? stat.uid : tree->config.uid,
		.st_gid = tree->config.gid,
		.st_size = (off_t)stat.size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt_t)((stat.size + 511) / 512),
	};
	if (node->type->flags & NODE_STREAM) {
		attr->st_size = 4096;
		attr->st_blocks = 8;
	}
	attr->st_mtim.tv_sec = mtime_ns / 1000000000;
	attr->st_mtim.tv_nsec = mtime_ns % 1000000000;
	attr->st_atim = attr->st_mtim;
	attr->st_ctim = attr->st_mtim;
	return true;
}

/* Content that is there may change at any time; that it is not there, too,
 * but then tree_changed() tells the kernel. */
static double attribute_timeout(const struct node *node,
				const struct stat *attr)
{
	bool lasts = node->type->flags & NODE_LASTING;

	return lasts && attr->st_size == 0 ? LASTING_S : 0;
}

bool request_fill_entry(struct node *node, bool is_fresh,
			struct fuse_entry_param *entry, GError **error)
{
	memset(entry, 0, sizeof(*entry));
	if (!fill_attributes(node, is_fresh, &entry->attr, error))
		return false;
	entry->ino = (fuse_ino_t)(uintptr_t)node;
	entry->attr_timeout = attribute_timeout(node, &entry->attr);
	if (node->type->flags & NODE_LASTING)
		entry->entry_timeout = LASTING_S;
	node_looked_up(node);
	return true;
}

void request_entry(struct request *request, struct node *node)
{
	struct fuse_entry_param entry;
	GError *error = NULL;
	fuse_req_t req;

	if (!request_fill_entry(node, true, &entry, &error)) {
		request_fail(request, error);
		return;
	}
	req = take_req(request);
	/* The caller was interrupted and does not count it: neither do we. */
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		node_forgotten(node, 1);
	request_free(request);
}

void request_attributes(struct request *request, bool is_fresh)
{
	struct stat attr;
	GError *error = NULL;
	double timeout;
	fuse_req_t req;

	if (!fill_attributes(request->node, is_fresh, &attr, &error)) {
		request_be_quiet(request);
		request_fail(request, error);
		return;
	}
	timeout = attribute_timeout(request->node, &attr);
	req = take_req(request);
	request_free(request);
	fuse_reply_attr(req, &attr, timeout);
}

void request_created(struct request *request, struct node *node,
		     struct handle *handle)
{
	struct fuse_file_info info = {.fh = (uintptr_t)handle, .direct_io = 1};
	struct session *session = request->session;
	struct fuse_entry_param entry;
	GError *error = NULL;
	fuse_req_t req;

	if (!request_fill_entry(node, true, &entry, &error)) {
		handle_free(handle);
		request_fail(request, error);
		return;
	}
	req = take_req(request);
	request_free(request);
	session_add_handle(session, handle);
	if (fuse_reply_create(req, &entry, &info) == -ENOENT) {
		session_remove_handle(session, handle);
		node_forgotten(node, 1);
		handle_free(handle);
	}
}

void request_opened(struct request *request, struct handle *handle)
{
	/* libfuse 3.14 has no field for FOPEN_STREAM. */
	struct fuse_open_out out = {
		.fh = (uintptr_t)handle,
		.open_flags = FOPEN_DIRECT_IO,
	};
	struct session *session = request->session;
	fuse_req_t req = take_req(request);

	if (handle->node->type->flags & NODE_STREAM)
		out.open_flags |= FOPEN_STREAM;
	request_free(request);
	session_add_handle(session, handle);
	if (fuse_reply_buf(req, (const char *)&out, sizeof(out)) == -ENOENT) {
		session_remove_handle(session, handle);
		handle_free(handle);
	}
}

void request_poll(struct request *request, unsigned int events)
{
	fuse_req_t req = take_req(request);

	request_free(request);
	fuse_reply_poll(req, events);
}

void request_statfs(struct request *request)
{
	struct statvfs statfs = {.f_bsize = 4096,
				 .f_frsize = 4096,
				 .f_namemax = 255};
	fuse_req_t req = take_req(request);

	request_free(request);
	fuse_reply_statfs(req, &statfs);
}
