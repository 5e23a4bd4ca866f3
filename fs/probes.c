/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probes.c - the directories of probe kinds and their attach files.
 *
 * A path below the root is "KIND/TARGET", and the engine says which targets
 * there are. An open for writing is one of the engine's transactions, which
 * takes one write or commit at a time: the others queue here. Knows no FUSE.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "commit.h"
#include "handle.h"
#include "request.h"
#include "tree.h"

static const struct node_type point_type, file_point_type;
static const struct node_type targets_type, file_targets_type;

/* The kind and the target of a node, or of the entry @name in it. */
typedef struct place place_auto;
struct place {
	char *kind; /* owned */
	const char
		*target; /* borrowed from kind's memory; "" the kind itself */
};

static void place_clear(struct place *place)
{
	g_free(place->kind);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place_auto, place_clear)

static void place_init(struct place *place, struct node *node, const char *name)
{
	char *path = node_path(node), *slash;

	if (name) {
		char *longer = g_strconcat(path, "/", name, NULL);

		g_free(path);
		path = longer;
	}
	slash = strchr(path, '/');
	place->kind = path;
	place->target = slash ? slash + 1 : "";
	if (slash)
		*slash = '\0';
}

/* Below a directory of users' files? There a name may become another thing. */
static bool is_of_files(const struct node *directory)
{
	return !(directory->type->flags & NODE_LASTING);
}

static const struct node_type *point_row(const struct node *directory)
{
	return is_of_files(directory) ? &file_point_type : &point_type;
}

static const struct node_type *targets_row(const struct node *directory)
{
	return is_of_files(directory) ? &file_targets_type : &targets_type;
}

static const struct node_type *targets_lookup(struct node *directory,
					      const char *name, GError **error)
{
	g_auto(place_auto) place = {NULL, NULL};

	place_init(&place, directory, name);
	switch (engine_target_find(directory->tree->engine, place.kind,
				   place.target, error)) {
	case ENGINE_TARGET_FILE:
		return point_row(directory);
	case ENGINE_TARGET_DIRECTORY:
		return targets_row(directory);
	case ENGINE_TARGET_NONE:
		break;
	}
	return NULL;
}

static bool targets_list(struct node *directory, struct listing *listing,
			 GError **error)
{
	g_auto(place_auto) place = {NULL, NULL};
	bool are_directories = false;
	GPtrArray *names;

	place_init(&place, directory, NULL);
	names = engine_target_list(directory->tree->engine, place.kind,
				   place.target, &are_directories, error);
	if (!names)
		return false;
	listing_take(listing, names,
		     are_directories ? targets_row(directory)
				     : point_row(directory));
	return true;
}

static bool point_stat(struct node *node, struct node_stat *stat,
		       GError **error)
{
	g_auto(place_auto) place = {NULL, NULL};
	g_autofree char *lines = NULL;

	place_init(&place, node, NULL);
	lines = engine_point_show(node->tree->engine, place.kind, place.target,
				  &stat->mtime_ns);
	stat->size = strlen(lines);
	return true;
}

static GBytes *point_show(struct node *node, GError **error)
{
	g_auto(place_auto) place = {NULL, NULL};
	int64_t changed_ns;
	char *lines;

	place_init(&place, node, NULL);
	lines = engine_point_show(node->tree->engine, place.kind, place.target,
				  &changed_ns);
	return g_bytes_new_take(lines, strlen(lines));
}

/* One open of an attach file for writing; it may outlive the handle. */
struct writer {
	struct node *node;                      /* counted */
	struct engine_transaction *transaction; /* owned */
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

static struct writer *writer_new(struct node *node, uid_t uid, bool replaces)
{
	struct writer *writer = g_new0(struct writer, 1);
	g_auto(place_auto) place = {NULL, NULL};

	place_init(&place, node, NULL);
	writer->node = node_ref(node);
	writer->uid = uid;
	writer->transaction = engine_transaction_new(node->tree->engine,
						     place.kind, place.target,
						     uid, replaces);
	commit_opened(&writer->commit, replaces);
	g_queue_init(&writer->steps);
	return writer;
}

static void writer_free(struct writer *writer)
{
	engine_transaction_free(writer->transaction);
	node_unref(writer->node);
	g_free(writer);
}

static void step_done(const GError *error, void *data);

static void start_step(struct writer *writer)
{
	struct step *step = g_queue_peek_head(&writer->steps);

	if (step->text)
		engine_transaction_write(writer->transaction, step->text,
					 step->n_bytes, step_done, step);
	else
		engine_transaction_commit(writer->transaction, step_done, step);
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

static bool point_open(struct handle *handle, GError **error)
{
	if (handle_is_writable(handle))
		handle->data = writer_new(handle->node, handle->uid,
					  handle->flags & O_TRUNC);
	return true;
}

static enum answer point_write(struct handle *handle, const char *bytes,
			       size_t n_bytes, off_t offset,
			       struct request *request, GError **error)
{
	struct writer *writer = handle->data;

	commit_written(&writer->commit);
	add_step(writer, request, bytes, n_bytes);
	return ANSWER_LATER;
}

static enum answer point_flush(struct handle *handle, bool is_fsync,
			       struct request *request, GError **error)
{
	struct writer *writer = handle->data;

	if (!handle_commits(handle, &writer->commit, is_fsync,
			    request_tid(request)))
		return ANSWER_DONE;
	add_commit(writer, request);
	return ANSWER_LATER;
}

static enum answer refuse_length(struct node *node, GError **error)
{
	g_autofree char *path = node_path(node);

	probefs_set_error(error, EINVAL,
			  "%s: an attach file can only be truncated to 0",
			  path);
	return ANSWER_FAILED;
}

static enum answer point_truncate(struct node *node, struct handle *handle,
				  off_t size, uid_t uid,
				  struct request *request, GError **error)
{
	struct writer *writer;

	if (size != 0)
		return refuse_length(node, error);
	writer = writer_new(node, uid, true);
	add_commit(writer, request);
	writer->is_released = true;
	return ANSWER_LATER;
}

static void point_release(struct handle *handle)
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

#define POINT_OPERATIONS                                                \
	.mode = S_IFREG | 0666, .show = point_show, .stat = point_stat, \
	.open = point_open, .write = point_write, .flush = point_flush, \
	.truncate = point_truncate, .release = point_release

#define TARGETS_OPERATIONS \
	.mode = S_IFDIR | 0777, .lookup = targets_lookup, .list = targets_list

static const struct node_type point_type = {
	POINT_OPERATIONS,
	.flags = NODE_LASTING,
};

static const struct node_type file_point_type = {POINT_OPERATIONS};

static const struct node_type targets_type = {
	TARGETS_OPERATIONS,
	.flags = NODE_LASTING | NODE_TELLS_MISSING,
};

static const struct node_type file_targets_type = {
	TARGETS_OPERATIONS,
	.flags = NODE_TELLS_MISSING,
};

const struct node_type *kind_row(const struct engine_kind *kind)
{
	return kind->is_of_files ? &file_targets_type : &targets_type;
}
