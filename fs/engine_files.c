/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine_files.c - owns how a file of the engine is a node. Knows no FUSE and
 * no file's meaning.
 */
#include "engine_files.h"

#include <errno.h>

#include "bpf/files.h"
#include "line_writer.h"
#include "tree.h"

static const struct node_type directory_type, file_type, lines_type;

static const struct node_type *type_of(bool is_directory, bool is_writable)
{
	if (is_directory)
		return &directory_type;
	return is_writable ? &lines_type : &file_type;
}

/*
 * What the node stands for, borrowed; NULL: it is not there. A directory is
 * found anew under its name; a file stays what it was when it was looked up.
 */
static struct engine_file *file_of(struct node *node, GError **error)
{
	struct engine_file *file = node->data;

	if (file &&
	    (!engine_file_is_directory(file) || !engine_file_is_gone(file)))
		return file;
	g_clear_pointer((struct engine_file **)&node->data, engine_file_unref);
	if (node->type->bind) {
		node->data = node->type->bind(node);
	} else {
		file = file_of(node->parent, error);
		node->data = file ? engine_file_find(file, node->name, error)
				  : NULL;
	}
	if (!node->data && error && !*error)
		probefs_set_error(error, ENOENT, "%s is no longer there",
				  node->name);
	return node->data;
}

void engine_files_forget(struct node *node)
{
	engine_file_unref(node->data);
}

const struct node_type *engine_files_lookup(struct node *directory,
					    const char *name, GError **error)
{
	const struct engine_file *parent = file_of(directory, error);
	struct engine_file *file = parent ? engine_file_find(parent, name,
							     error)
					  : NULL;
	struct node *known = node_peek(directory, name);
	const struct node_type *type;

	/* The kernel must not take the new one for the old. */
	if (known && known->data && engine_file_is_gone(known->data))
		node_unname(directory, name);
	if (!file)
		return NULL;
	type = type_of(engine_file_is_directory(file),
		       engine_file_is_writable(file));
	engine_file_unref(file);
	return type;
}

bool engine_files_list(struct node *directory, struct listing *listing,
		       GError **error)
{
	const struct engine_file *file = file_of(directory, error);
	g_autoptr(GPtrArray) names = file ? engine_file_list(file, error)
					  : NULL;

	for (guint i = 0; names && i < names->len; i++) {
		const struct engine_name *name = names->pdata[i];

		listing_add(listing, name->name,
			    type_of(name->is_directory, name->is_writable));
	}
	return names;
}

/* --- Files ------------------------------------------------------------- */

/* One that is gone is asked for by who has it open. */
static bool file_stat(struct node *node, struct node_stat *stat, GError **error)
{
	const struct engine_file *file = file_of(node, NULL);
	ssize_t n_bytes = file ? engine_file_bytes(file, NULL)
			       : ENGINE_BYTES_NONE;

	stat->is_unsized = n_bytes == ENGINE_BYTES_UNKNOWN;
	if (n_bytes >= 0)
		stat->size = (uint64_t)n_bytes;
	else if (node->snapshot)
		stat->size = g_bytes_get_size(node->snapshot);
	return true;
}

static void file_show(struct node *node, engine_show_fn done, void *data)
{
	g_autoptr(GError) error = NULL;
	struct engine_file *file = file_of(node, &error);

	if (file)
		engine_file_show(file, done, data);
	else
		done(NULL, error, data);
}

static void *lines_begin(struct node *node, uid_t uid, bool replaces,
			 GError **error)
{
	struct engine_file *file = file_of(node, error);

	return file ? engine_edit_new(file, uid, replaces) : NULL;
}

static void lines_write(void *object, const char *text, size_t n_bytes,
			engine_done_fn done, void *data)
{
	engine_edit_write(object, text, n_bytes, done, data);
}

static void lines_commit(void *object, engine_done_fn done, void *data)
{
	engine_edit_commit(object, done, data);
}

static void lines_end(void *object)
{
	engine_edit_free(object);
}

static const struct line_operations edit_lines = {
	.begin = lines_begin,
	.write = lines_write,
	.commit = lines_commit,
	.end = lines_end,
};

static bool lines_open(struct handle *handle, GError **error)
{
	return line_writer_open(handle, &edit_lines, error);
}

static enum answer lines_truncate(struct node *node, struct handle *handle,
				  off_t size, uid_t uid,
				  struct request *request, GError **error)
{
	return line_writer_truncate(node, &edit_lines, size, uid, request,
				    error);
}

/* Exact size at any time: a debugger may map the object. */
static const struct node_type file_type = {
	.mode = S_IFREG | 0444,
	.flags = NODE_MAPPABLE,
	.stat = file_stat,
	.show_later = file_show,
	.forget = engine_files_forget,
};

static const struct node_type lines_type = {
	.mode = S_IFREG | 0666,
	.stat = file_stat,
	.show_later = file_show,
	.open = lines_open,
	.write = line_writer_write,
	.flush = line_writer_flush,
	.truncate = lines_truncate,
	.release = line_writer_release,
	.forget = engine_files_forget,
};

static const struct node_type directory_type = {
	.mode = S_IFDIR | 0777,
	.flags = NODE_TELLS_MISSING,
	.lookup = engine_files_lookup,
	.list = engine_files_list,
	.forget = engine_files_forget,
};
