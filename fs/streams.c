/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * streams.c - output and output.json, of all programs and of one.
 *
 * Each open has its own cursor in the engine; a read that finds nothing is
 * parked until the engine calls. Knows libfuse only to wake poll.
 */
#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "handle.h"
#include "request.h"
#include "session_state.h"
#include "tree.h"

/* What poll may have to read ahead to learn that there is nothing. */
#define AHEAD_BYTES 4096

struct stream_handle {
	struct engine_reader *reader; /* owned; NULL: opened to write */
	char *program;                /* owned; NULL: all programs */
	GString *line;                /* owned; a marker not yet ended */
	GByteArray *ahead;            /* owned or NULL: read, not delivered */
	bool is_armed;                /* the engine will call ready */
	bool has_ended;
};

/* The program whose directory the node is in. */
static char *program_of(const struct node *node)
{
	const struct node *parent = node->parent;

	return parent->type == &program_type ? g_strdup(parent->name) : NULL;
}

static ssize_t read_some(struct stream_handle *stream, char *to, size_t size)
{
	ssize_t n;

	if (stream->ahead && stream->ahead->len > 0) {
		size_t length = MIN(size, stream->ahead->len);

		memcpy(to, stream->ahead->data, length);
		g_byte_array_remove_range(stream->ahead, 0, (guint)length);
		return (ssize_t)length;
	}
	if (stream->has_ended)
		return -1;
	n = engine_reader_read(stream->reader, to, size);
	stream->is_armed = n == 0;
	stream->has_ended = n < 0;
	return n;
}

/* Answer @request from the stream; false when there is nothing to say. */
static bool serve(struct handle *handle, struct request *request, size_t size)
{
	char *buffer = request_buffer(request);
	ssize_t n = read_some(handle->data, buffer,
			      MIN(size, SESSION_MAX_BYTES));

	if (n == 0)
		return false;
	request_data(request, buffer, n > 0 ? (size_t)n : 0);
	return true;
}

/*
 * Is there something to read? When not, make sure that the engine will call:
 * it does so after a read that found nothing.
 */
static bool has_something(struct stream_handle *stream)
{
	char bytes[AHEAD_BYTES];
	ssize_t n;

	if (stream->has_ended || (stream->ahead && stream->ahead->len > 0))
		return true;
	if (stream->is_armed)
		return engine_reader_is_ready(stream->reader);
	n = read_some(stream, bytes, sizeof(bytes));
	if (n > 0) {
		if (!stream->ahead)
			stream->ahead = g_byte_array_new();
		g_byte_array_append(stream->ahead, (guint8 *)bytes, (guint)n);
	}
	return n != 0;
}

/* The engine: something came, or the end. */
static void stream_ready(void *data)
{
	struct handle *handle = data;
	struct stream_handle *stream = handle->data;
	struct request *request;

	stream->is_armed = false;
	while ((request = g_queue_peek_head(&handle->parked)))
		if (!serve(handle, request, request_size(request)))
			return;
	if (handle->poll && has_something(stream)) {
		struct fuse_pollhandle *poll = handle->poll;

		handle->poll = NULL;
		fuse_lowlevel_notify_poll(poll);
		fuse_pollhandle_destroy(poll);
	}
}

static bool open_reader(struct handle *handle, struct stream_handle *stream,
			GError **error)
{
	struct tree *tree = handle->node->tree;
	bool is_json = g_str_has_suffix(handle->node->name, ".json");

	stream->reader = engine_reader_new(tree->engine, stream->program,
					   is_json ? ENGINE_STREAM_JSON
						   : ENGINE_STREAM_TEXT,
					   handle->pid, stream_ready, handle,
					   error);
	if (stream->reader)
		tree->n_readers++;
	return stream->reader != NULL;
}

static bool stream_open(struct handle *handle, GError **error)
{
	struct stream_handle *stream = g_new0(struct stream_handle, 1);

	handle->data = stream;
	stream->program = program_of(handle->node);
	if ((handle->flags & O_ACCMODE) != O_WRONLY &&
	    !open_reader(handle, stream, error)) {
		g_free(stream->program);
		g_free(stream);
		return false;
	}
	if (handle->flags & O_TRUNC)
		engine_stream_clear(handle->node->tree->engine,
				    stream->program);
	return true;
}

static enum answer stream_read(struct handle *handle, size_t size, off_t offset,
			       struct request *request, GError **error)
{
	bool is_first = g_queue_is_empty(&handle->parked);

	if (handle->node->tree->is_closing) {
		request_data(request, NULL, 0);
		return ANSWER_DONE;
	}
	if (is_first && serve(handle, request, size))
		return ANSWER_DONE;
	if (handle->flags & O_NONBLOCK) {
		request_error(request, EAGAIN);
		return ANSWER_DONE;
	}
	request_park(request, handle, size);
	return ANSWER_LATER;
}

static unsigned int stream_poll(struct handle *handle)
{
	struct stream_handle *stream = handle->data;
	unsigned int events = 0;

	if (handle_is_writable(handle))
		events |= POLLOUT | POLLWRNORM;
	if (stream->reader && has_something(stream))
		events |= POLLIN | POLLRDNORM;
	return events;
}

static void mark(struct handle *handle)
{
	struct stream_handle *stream = handle->data;

	engine_stream_mark(handle->node->tree->engine, stream->program,
			   stream->line->str);
	g_string_truncate(stream->line, 0);
}

static enum answer stream_write(struct handle *handle, const char *bytes,
				size_t n_bytes, off_t offset,
				struct request *request, GError **error)
{
	struct stream_handle *stream = handle->data;

	if (!stream->line)
		stream->line = g_string_new(NULL);
	for (size_t i = 0; i < n_bytes; i++) {
		if (bytes[i] == '\n' || stream->line->len >= AHEAD_BYTES)
			mark(handle);
		if (bytes[i] != '\n' && bytes[i] != '\0')
			g_string_append_c(stream->line, bytes[i]);
	}
	return ANSWER_DONE;
}

static enum answer stream_flush(struct handle *handle, bool is_fsync,
				struct request *request, GError **error)
{
	struct stream_handle *stream = handle->data;
	struct commit commit = {};

	if (!stream->line || stream->line->len == 0)
		return ANSWER_DONE;
	commit_written(&commit);
	if (handle_commits(handle, &commit, is_fsync, request_tid(request)))
		mark(handle);
	return ANSWER_DONE;
}

static enum answer stream_truncate(struct node *node, struct handle *handle,
				   off_t size, uid_t uid,
				   struct request *request, GError **error)
{
	g_autofree char *program = program_of(node);

	engine_stream_clear(node->tree->engine, program);
	return ANSWER_DONE;
}

static void stream_release(struct handle *handle)
{
	struct stream_handle *stream = handle->data;

	if (stream->line) {
		if (stream->line->len > 0 && !handle->node->tree->is_closing)
			mark(handle);
		g_string_free(stream->line, TRUE);
	}
	if (stream->reader) {
		engine_reader_free(stream->reader);
		handle->node->tree->n_readers--;
	}
	if (stream->ahead)
		g_byte_array_unref(stream->ahead);
	g_free(stream->program);
	g_free(stream);
}

#define STREAM_ROW(file_name)                                       \
	{                                                           \
		.name = file_name, .mode = S_IFREG | 0666,          \
		.flags = NODE_STREAM, .open = stream_open,          \
		.read = stream_read, .write = stream_write,         \
		.flush = stream_flush, .truncate = stream_truncate, \
		.ready = stream_poll, .release = stream_release,    \
	}

const struct node_type output_type = STREAM_ROW("output");
const struct node_type output_json_type = STREAM_ROW("output.json");
