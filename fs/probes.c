/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probes.c - the directories of probe kinds and their attach files.
 *
 * A path below the root is "KIND/TARGET", and the engine says which targets
 * there are. An open for writing is one of the engine's transactions. Knows no
 * FUSE.
 */
#include <string.h>

#include "line_writer.h"
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

static void *lines_begin(struct node *node, uid_t uid, bool replaces,
			 GError **error)
{
	g_auto(place_auto) place = {NULL, NULL};

	place_init(&place, node, NULL);
	return engine_transaction_new(node->tree->engine, place.kind,
				      place.target, uid, replaces);
}

static void lines_write(void *object, const char *text, size_t n_bytes,
			engine_done_fn done, void *data)
{
	engine_transaction_write(object, text, n_bytes, done, data);
}

static void lines_commit(void *object, engine_done_fn done, void *data)
{
	engine_transaction_commit(object, done, data);
}

static void lines_end(void *object)
{
	engine_transaction_free(object);
}

static const struct line_operations attach_lines = {
	.begin = lines_begin,
	.write = lines_write,
	.commit = lines_commit,
	.end = lines_end,
};

static bool point_open(struct handle *handle, GError **error)
{
	return line_writer_open(handle, &attach_lines, error);
}

static enum answer point_truncate(struct node *node, struct handle *handle,
				  off_t size, uid_t uid,
				  struct request *request, GError **error)
{
	return line_writer_truncate(node, &attach_lines, size, uid, request,
				    error);
}

#define POINT_OPERATIONS                                                \
	.mode = S_IFREG | 0666, .show = point_show, .stat = point_stat, \
	.open = point_open, .write = line_writer_write,                 \
	.flush = line_writer_flush, .truncate = point_truncate,         \
	.release = line_writer_release

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
