/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.h - a FUSE request from its arrival to its one answer.
 *
 * This is the only place that answers requests, and the only one that turns a
 * GError into an errno and a line of /errors. After any function below whose
 * comment says "answers", the request is gone.
 */
#ifndef PROBEFS_FS_REQUEST_H
#define PROBEFS_FS_REQUEST_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "node.h"

struct fuse_entry_param;
struct fuse_file_info;
struct fuse_req;
struct handle;
struct request;
struct session;

/*
 * @name: the entry of directory @node that the request is about, or NULL: the
 * node itself. Both are copied or counted.
 */
struct request *request_new(struct fuse_req *req, struct node *node,
			    const char *name);
/* The process or thread that asks, 0 unknown, and its user. */
pid_t request_tid(const struct request *request);
uid_t request_uid(const struct request *request);
/* A failure of it needs no line in errors: it has one, or is normal life. */
void request_be_quiet(struct request *request);
/* Answers ENOENT; takes @error, which says more. */
void request_missing(struct request *request, GError *error);

/*
 * The end of an operation, of the type engine_done_fn: answers with success,
 * or with the errno of @error, which also goes to /errors. Where the caller
 * was interrupted meanwhile it has had its answer, and only the line is left.
 */
void request_done(const GError *error, void *request);
/* What success answers to a WRITE: the number of bytes. */
void request_set_written(struct request *request, size_t n_bytes);
/* … or to a SETATTR: the attributes of its node. */
void request_set_attributes(struct request *request);

/*
 * Before an operation is started that ends in request_done() and returns
 * ANSWER_LATER.
 */
void request_later(struct request *request);

/* How an operation ended: answers, or keeps it for later. Takes @error. */
void request_finish(struct request *request, enum answer answer, GError *error);

/* Answers. */
void request_fail(struct request *request, GError *error); /* takes @error */
void request_error(struct request *request, int err); /* without a sentence */
void request_data(struct request *request, const void *data, size_t n_bytes);
void request_entry(struct request *request, struct node *node);
void request_created(struct request *request, struct node *node,
		     struct handle *handle);
void request_opened(struct request *request, struct handle *handle);
void request_poll(struct request *request, unsigned int events);
void request_statfs(struct request *request);
void request_attributes(struct request *request, bool is_fresh);

/*
 * A READ of @size that waits in @handle->parked; request_data() or request_error()
 * answers it later. An interrupt, a time limit or the end take it out of
 * there and answer it.
 */
void request_park(struct request *request, struct handle *handle, size_t size);
size_t request_size(const struct request *request);

/* Was the caller of a request that waited dismissed, by a signal or the end?
 * Then nothing is left of it but to drop it. */
bool request_is_answered(const struct request *request);
void request_drop(struct request *request);

/* Room for the answer to one READ, shared by all: SESSION_MAX_BYTES. */
char *request_buffer(const struct request *request);

/* Fill what a LOOKUP or READDIRPLUS replies and count the lookup. */
bool request_fill_entry(struct node *node, bool is_fresh,
			struct fuse_entry_param *entry, GError **error);

/* --- for the session ----------------------------------------------------- */

/* The caller of a waiting request got a signal. */
void request_interrupted(struct request *request);
/* The session ends: a parked read gets its end of file. */
void request_abandon(struct request *request);
/* It is older than the kernel lets a request be: a read may be made again. */
void request_expire(struct request *request);
int64_t request_started_us(const struct request *request);

#endif
