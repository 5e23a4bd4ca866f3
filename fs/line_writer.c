/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line_writer.c - owns the queue of what is written to a file of lines: its
 * user takes one write or commit at a time. Knows no FUSE.
 */
#include "line_writer.h"

#include <errno.h>
#include <fcntl.h>

#include "commit.h"
#include "request.h"
#include "tree.h"

/* One open for writing; it may outlive the handle. */
struct writer {
	struct node *node; /* counted */
	const struct line_operations *operations;
	void *object; /* owned */
	struct commit commit;
	GQueue steps; /* owned; the head is under way */
	uid_t uid;
	bool is_released;
};

struct step {
	struct writer *writer;   /* borrowed */
	struct request *request; /* borrowed; NULL: nobody waits */
	char *text;              /* owned; NULL: a commit */
	size_t n_bytes;
};

static struct writer *writer_new(struct node *node,
				 const struct line_operations *operations,
				 uid_t uid, bool replaces, GError **error)
{
	void *object = operations->begin(node, uid, replaces, error);
	struct writer *writer;

	if (!object)
		return NULL;
	writer = g_new0(struct writer, 1);
	writer->node = node_ref(node);
	writer->operations = operations;
	writer->object = object;
	writer->uid = uid;
	commit_opened(&writer->commit, replaces);
	g_queue_init(&writer->steps);
	return writer;
}

static void writer_free(struct writer *writer)
{
	writer->operations->end(writer->object);
	node_unref(writer->node);
	g_free(writer);
}

static void step_done(const GError *error, void *data);

static void start_step(struct writer *writer)
{
	struct step *step = g_queue_peek_head(&writer->steps);

	if (step->text)
		writer->operations->write(writer->object, step->text,
					  step->n_bytes, step_done, step);
	else
		writer->operations->commit(writer->object, step_done, step);
}

static void report(struct step *step, const GError *error)
{
	struct node *node = step->writer->node;
	g_autofree char *path = NULL;

	if (step->request) {
		request_done(error, step->request);
	} else if (error) {
		path = node_path(node);
		tree_failed(node->tree, path, step->writer->uid, error);
	}
}

static void step_done(const GError *error, void *data)
{
	struct step *step = data;
	struct writer *writer = step->writer;

	g_queue_pop_head(&writer->steps);
	tree_changed(writer->node->tree, writer->node);
	report(step, error);
	g_free(step->text);
	g_free(step);
	if (!g_queue_is_empty(&writer->steps))
		start_step(writer);
	else if (writer->is_released)
		writer_free(writer);
}

/* @text is copied; NULL: commit. */
static void add_step(struct writer *writer, struct request *request,
		     const char *text, size_t n_bytes)
{
	struct step *step = g_new0(struct step, 1);

	if (request)
		request_later(request);
	step->writer = writer;
	step->request = request;
	step->n_bytes = n_bytes;
	if (text)
		step->text = g_memdup2(text, n_bytes);
	g_queue_push_tail(&writer->steps, step);
	if (g_queue_get_length(&writer->steps) == 1)
		start_step(writer);
}

static void add_commit(struct writer *writer, struct request *request)
{
	commit_carried_out(&writer->commit);
	add_step(writer, request, NULL, 0);
}

bool line_writer_open(struct handle *handle,
		      const struct line_operations *operations, GError **error)
{
	if (!handle_is_writable(handle))
		return true;
	handle->data = writer_new(handle->node, operations, handle->uid,
				  handle->flags & O_TRUNC, error);
	return handle->data;
}

enum answer line_writer_write(struct handle *handle, const char *bytes,
			      size_t n_bytes, off_t offset,
			      struct request *request, GError **error)
{
	struct writer *writer = handle->data;

	commit_written(&writer->commit);
	add_step(writer, request, bytes, n_bytes);
	return ANSWER_LATER;
}

enum answer line_writer_flush(struct handle *handle, bool is_fsync,
			      struct request *request, GError **error)
{
	struct writer *writer = handle->data;

	if (!writer || !handle_commits(handle, &writer->commit, is_fsync,
				       request_tid(request)))
		return ANSWER_DONE;
	add_commit(writer, request);
	return ANSWER_LATER;
}

static enum answer refuse_length(struct node *node, GError **error)
{
	g_autofree char *path = node_path(node);

	probefs_set_error(error, EINVAL,
			  "%s: a file of lines can only be truncated to 0",
			  path);
	return ANSWER_FAILED;
}

enum answer line_writer_truncate(struct node *node,
				 const struct line_operations *operations,
				 off_t size, uid_t uid, struct request *request,
				 GError **error)
{
	struct writer *writer;

	if (size != 0)
		return refuse_length(node, error);
	writer = writer_new(node, operations, uid, true, error);
	if (!writer)
		return ANSWER_FAILED;
	add_commit(writer, request);
	writer->is_released = true;
	return ANSWER_LATER;
}

void line_writer_release(struct handle *handle)
{
	struct writer *writer = handle->data;

	if (!writer)
		return;
	writer->is_released = true;
	if (writer->commit.is_due && !handle->node->tree->is_closing)
		add_commit(writer, NULL);
	if (g_queue_is_empty(&writer->steps))
		writer_free(writer);
}
