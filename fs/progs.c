/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progs.c - the directory progs/ and its files as nodes.
 *
 * What is written goes to a draft, which is committed when the writer closes;
 * see commit.h for when that is. Knows no FUSE.
 */
#include "progs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "commit.h"
#include "handle.h"
#include "request.h"
#include "tree.h"

/* The bytes of a file that is open for writing. */
struct draft {
	struct prog_file *file; /* counted */
	GByteArray *bytes;      /* owned; NULL: as the file's */
	struct commit commit;
	bool has_failed; /* too large: nothing of it is committed */
};

static const struct node_type file_type;

/* The file that the node was when it was looked up: it may be renamed, or
 * removed but still open. NULL: it was removed before anybody asked. */
static struct prog_file *file_of(struct node *node)
{
	if (!node->data) {
		struct prog_file *file = progs_find(node->tree->progs,
						    node->name);

		if (!file)
			return NULL;
		node->data = prog_file_ref(file);
		node->ino = file->ino;
	}
	return node->data;
}

static void file_forget(struct node *node)
{
	if (node->data)
		prog_file_unref(node->data);
}

static void set_gone(struct node *node, GError **error)
{
	g_autofree char *path = node_path(node);

	probefs_set_error(error, ENOENT, "%s: no such file", path);
}

static bool file_stat(struct node *node, struct node_stat *stat, GError **error)
{
	const struct prog_file *file = file_of(node);

	if (!file) {
		set_gone(node, error);
		return false;
	}
	stat->size = g_bytes_get_size(file->content);
	if (file->draft && file->draft->bytes)
		stat->size = file->draft->bytes->len;
	stat->mtime_ns = file->mtime_ns;
	stat->uid = file->uid;
	return true;
}

static GBytes *file_show(struct node *node, GError **error)
{
	const struct prog_file *file = file_of(node);

	if (file)
		return g_bytes_ref(file->content);
	set_gone(node, error);
	return NULL;
}

static void file_touch(struct node *node, int64_t mtime_ns)
{
	struct prog_file *file = file_of(node);

	if (file)
		file->mtime_ns = mtime_ns;
}

static void resize(struct draft *draft, size_t size)
{
	GByteArray *bytes = draft->bytes;
	guint old = bytes->len;

	g_byte_array_set_size(bytes, (guint)size);
	if (size > old)
		memset(bytes->data + old, 0, size - old);
	progs_count_bytes(draft->file->progs, (ssize_t)size - (ssize_t)old);
}

/*
 * Its own bytes from now on: none, or, where it has none yet, a copy of the
 * file's. EDQUOT where there is no room for the copy.
 */
static void draft_begin_empty(struct draft *draft)
{
	if (draft->bytes)
		resize(draft, 0);
	else
		draft->bytes = g_byte_array_new();
	draft->file->draft = draft;
}

static bool draft_begin_copy(struct draft *draft, GError **error)
{
	struct prog_file *file = draft->file;
	size_t n_bytes;
	const void *data = g_bytes_get_data(file->content, &n_bytes);

	if (!draft->bytes) {
		if (!progs_check_room(file->progs, file->name, n_bytes, error))
			return false;
		draft->bytes = g_byte_array_new();
		g_byte_array_append(draft->bytes, data, (guint)n_bytes);
		progs_count_bytes(file->progs, (ssize_t)n_bytes);
	}
	file->draft = draft;
	return true;
}

static struct draft *draft_new(struct prog_file *file, bool truncates)
{
	struct draft *draft = g_new0(struct draft, 1);

	draft->file = prog_file_ref(file);
	commit_opened(&draft->commit, truncates);
	if (truncates)
		draft_begin_empty(draft);
	return draft;
}

static void draft_free(struct draft *draft)
{
	if (draft->file->draft == draft)
		draft->file->draft = NULL;
	if (draft->bytes) {
		resize(draft, 0);
		g_byte_array_unref(draft->bytes);
	}
	prog_file_unref(draft->file);
	g_free(draft);
}

/* True: @done will be called. */
static bool draft_commit(struct draft *draft, engine_done_fn done, void *data)
{
	g_autoptr(GBytes)
		content = g_bytes_new(draft->bytes->data, draft->bytes->len);

	commit_carried_out(&draft->commit);
	if (draft->file->draft == draft)
		draft->file->draft = NULL;
	return progs_commit(draft->file->progs, draft->file, content, done,
			    data);
}

static bool file_open(struct handle *handle, GError **error)
{
	struct prog_file *file = file_of(handle->node);

	if (!file) {
		set_gone(handle->node, error);
		return false;
	}
	if (handle_is_writable(handle) &&
	    !prog_file_check_owner(file, handle->uid, error))
		return false;
	if (handle_is_writable(handle))
		handle->data = draft_new(file, handle->flags & O_TRUNC);
	return true;
}

static enum answer file_read(struct handle *handle, size_t size, off_t offset,
			     struct request *request, GError **error)
{
	const struct draft *draft = handle->data;
	g_autoptr(GBytes) content = NULL;
	const void *bytes;
	size_t n_bytes;

	if (draft && draft->bytes)
		content = g_bytes_new_static(draft->bytes->data,
					     draft->bytes->len);
	else
		content = g_bytes_ref(handle->snapshot);
	bytes = bytes_slice(content, size, offset, &n_bytes);
	request_data(request, bytes, n_bytes);
	return ANSWER_DONE;
}

/* Nothing of it is committed. */
static void drop_draft(struct draft *draft)
{
	draft->has_failed = true;
	commit_carried_out(&draft->commit);
	if (draft->file->draft == draft)
		draft->file->draft = NULL;
}

static bool refuse_size(struct draft *draft, GError **error)
{
	const char *name = draft->file->name;

	drop_draft(draft);
	probefs_set_error(error, EFBIG,
			  "progs/%s: the file is larger than %zu bytes, which "
			  "is the limit; nothing of it was taken",
			  name, prog_file_limit(name));
	return false;
}

/* May it grow to @size bytes? What was there before stays if not. */
static bool check_size(struct draft *draft, off_t size, GError **error)
{
	size_t old = draft->bytes->len;

	if (draft->has_failed || size < 0 ||
	    (size_t)size > prog_file_limit(draft->file->name))
		return refuse_size(draft, error);
	if ((size_t)size <= old ||
	    progs_check_room(draft->file->progs, draft->file->name,
			     (size_t)size - old, error))
		return true;
	drop_draft(draft);
	return false;
}

static enum answer file_write(struct handle *handle, const char *bytes,
			      size_t n_bytes, off_t offset,
			      struct request *request, GError **error)
{
	struct draft *draft = handle->data;
	off_t end;

	if (!draft_begin_copy(draft, error))
		return ANSWER_FAILED;
	/* The kernel's idea of the end may be older than ours. */
	if (handle->flags & O_APPEND)
		offset = draft->bytes->len;
	end = offset + (off_t)n_bytes;
	if (!check_size(draft, offset < 0 ? offset : end, error))
		return ANSWER_FAILED;
	if (end > (off_t)draft->bytes->len)
		resize(draft, (size_t)end);
	memcpy(draft->bytes->data + offset, bytes, n_bytes);
	commit_written(&draft->commit);
	return ANSWER_DONE;
}

static enum answer file_flush(struct handle *handle, bool is_fsync,
			      struct request *request, GError **error)
{
	struct draft *draft = handle->data;

	if (!handle_commits(handle, &draft->commit, is_fsync,
			    request_tid(request)))
		return ANSWER_DONE;
	request_later(request);
	if (!draft_commit(draft, request_done, request))
		request_done(NULL, request);
	return ANSWER_LATER;
}

static enum answer file_truncate(struct node *node, struct handle *handle,
				 off_t size, uid_t uid, struct request *request,
				 GError **error)
{
	struct prog_file *file = file_of(node);
	struct draft *draft = handle ? handle->data : NULL;
	bool is_by_name = !draft;
	enum answer answer = ANSWER_DONE;

	if (!file) {
		set_gone(node, error);
		return ANSWER_FAILED;
	}
	if (is_by_name && !prog_file_check_owner(file, uid, error))
		return ANSWER_FAILED;
	if (is_by_name)
		draft = draft_new(file, false);
	if (draft_begin_copy(draft, error) && check_size(draft, size, error)) {
		resize(draft, (size_t)size);
		draft->commit.is_due = true;
	} else {
		answer = ANSWER_FAILED;
	}
	if (is_by_name && answer == ANSWER_DONE) {
		request_later(request);
		answer = ANSWER_LATER;
		if (!draft_commit(draft, request_done, request))
			request_done(NULL, request);
	}
	if (is_by_name)
		draft_free(draft);
	return answer;
}

/* Nobody waits for the end of a commit at RELEASE. */
struct late {
	struct tree *tree; /* borrowed */
	char *path;        /* owned */
	uid_t uid;
};

static void late_done(const GError *error, void *data)
{
	struct late *late = data;

	if (error)
		tree_failed(late->tree, late->path, late->uid, error);
	g_free(late->path);
	g_free(late);
}

static void file_release(struct handle *handle)
{
	struct draft *draft = handle->data;
	struct tree *tree = handle->node->tree;
	struct late *late;

	if (!draft)
		return;
	if (draft->commit.is_due && !tree->is_closing) {
		late = g_new0(struct late, 1);
		late->tree = tree;
		late->path = node_path(handle->node);
		late->uid = handle->uid;
		if (!draft_commit(draft, late_done, late))
			late_done(NULL, late);
	}
	draft_free(draft);
}

static const struct node_type file_type = {
	.mode = S_IFREG | 0666,
	.flags = NODE_MAPPABLE,
	.show = file_show,
	.stat = file_stat,
	.touch = file_touch,
	.open = file_open,
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.truncate = file_truncate,
	.release = file_release,
	.forget = file_forget,
};

static const struct node_type *progs_lookup(struct node *directory,
					    const char *name, GError **error)
{
	struct tree *tree = directory->tree;

	if (progs_find(tree->progs, name))
		return &file_type;
	if (engine_program_exists(tree->engine, name))
		return &program_type;
	probefs_set_error(error, ENOENT,
			  "progs/%s: no such program and no such file", name);
	return NULL;
}

static bool progs_list(struct node *directory, struct listing *listing,
		       GError **error)
{
	struct progs *progs = directory->tree->progs;
	g_autoptr(GPtrArray) files = progs_file_names(progs);

	for (guint i = 0; i < files->len; i++)
		listing_add_file(listing, files->pdata[i], &file_type,
				 progs_find(progs, files->pdata[i])->ino);
	listing_take(listing, progs_program_names(progs), &program_type);
	return true;
}

static const struct node_type *progs_create_file(struct node *directory,
						 const char *name, uid_t uid,
						 GError **error)
{
	if (!progs_create(directory->tree->progs, name, uid, error))
		return NULL;
	return &file_type;
}

static enum answer progs_unlink_file(struct node *directory, const char *name,
				     uid_t uid, struct request *request,
				     GError **error)
{
	request_later(request);
	progs_remove(directory->tree->progs, name, uid, request_done, request);
	return ANSWER_LATER;
}

static bool check_rename(struct node *directory, const char *from,
			 GError **error)
{
	struct tree *tree = directory->tree;

	if (progs_find(tree->progs, from) ||
	    !engine_program_exists(tree->engine, from))
		return true;
	probefs_set_error(error, EPERM,
			  "progs/%s belongs to progs/%s.c; rename that", from,
			  from);
	return false;
}

/* clang renames its output before it closes it: what is written counts. */
static void take_written(struct prog_file *file, uid_t uid)
{
	struct draft *draft = file ? file->draft : NULL;
	g_autoptr(GBytes) content = NULL;

	if (!draft || !draft->commit.is_data ||
	    !prog_file_check_owner(file, uid, NULL))
		return;
	content = g_bytes_new(draft->bytes->data, draft->bytes->len);
	commit_carried_out(&draft->commit);
	file->draft = NULL;
	prog_file_set_content(file, content);
}

static enum answer progs_rename_file(struct node *directory, const char *from,
				     const char *to, uid_t uid,
				     struct request *request, GError **error)
{
	if (!check_rename(directory, from, error))
		return ANSWER_FAILED;
	take_written(progs_find(directory->tree->progs, from), uid);
	request_later(request);
	progs_rename(directory->tree->progs, from, to, uid, request_done,
		     request);
	return ANSWER_LATER;
}

const struct node_type progs_type = {
	.name = "progs",
	.mode = S_IFDIR | 0777,
	.lookup = progs_lookup,
	.list = progs_list,
	.create = progs_create_file,
	.unlink = progs_unlink_file,
	.rename = progs_rename_file,
};
