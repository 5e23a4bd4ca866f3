/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_build.c - what a commit, a removal and a rename in progs/ mean to the
 * engine's programs.
 */
#include "prog_store.h"

#include <errno.h>
#include <string.h>

#include "tree.h"

/*
 * Editors rename hello.c to a backup and then write a new hello.c. For this
 * long the program runs on without its source, and keeps its attachments.
 */
#define GRACE_MS       2000

/*
 * The kernel holds the directory while a rename waits. So long it waits for
 * the build, to fail where that fails; then it succeeds, and the build goes
 * on as after a write.
 */
#define RENAME_WAIT_MS 300

static char *text_of(GBytes *content)
{
	size_t n_bytes;
	const char *data = g_bytes_get_data(content, &n_bytes);

	return g_strndup(data, n_bytes);
}

/* Whoever writes flags and headers decides what a program does. */
static bool is_trusted(const struct prog_file *file, uid_t owner)
{
	return file->uid == 0 || file->uid == owner;
}

/* All headers that @owner trusts; the engine picks those that are included. */
static GArray *collect_headers(struct progs *progs, uid_t owner)
{
	GArray *headers = g_array_new(FALSE, FALSE,
				      sizeof(struct engine_header));
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, progs->files);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct prog_file *file = value;
		struct engine_header header = {file->name, file->content};

		if (prog_role(file->name, NULL) == PROG_HEADER &&
		    is_trusted(file, owner))
			g_array_append_val(headers, header);
	}
	return headers;
}

static void end_grace(struct progs *progs, const char *program)
{
	gpointer source = g_hash_table_lookup(progs->graces, program);

	if (!source)
		return;
	g_source_remove(GPOINTER_TO_UINT(source));
	g_hash_table_remove(progs->graces, program);
}

/* The flags in @file for a program of @owner, or NULL. */
static GBytes *trusted_flags(struct progs *progs, const struct prog_file *file,
			     uid_t owner)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	if (!file || is_trusted(file, owner))
		return file ? file->content : NULL;
	path = g_strconcat("progs/", file->name, NULL);
	probefs_set_error(&error, EACCES,
			  "not used, since it belongs to uid %u and the source "
			  "to uid %u",
			  (unsigned int)file->uid, (unsigned int)owner);
	tree_failed(progs->tree, path, file->uid, error);
	return NULL;
}

/*
 * @source: all but the flags and the headers. @cflags: instead of what
 * NAME.cflags says now, or NULL.
 */
static void build(struct progs *progs, struct engine_source source,
		  GBytes *cflags, engine_done_fn done, void *data)
{
	g_autofree char *cflags_name = g_strconcat(source.name, ".cflags",
						   NULL);
	struct prog_file *cflags_file = progs_find(progs, cflags_name);
	g_autoptr(GArray) headers = collect_headers(progs, source.uid);
	g_autofree char *flags = NULL;

	source.headers = (const struct engine_header *)headers->data;
	source.n_headers = headers->len;
	if (!cflags)
		cflags = trusted_flags(progs, cflags_file, source.uid);
	if (cflags)
		flags = text_of(cflags);
	source.cflags = flags;
	end_grace(progs, source.name);
	engine_program_set(progs->tree->engine, &source, done, data);
}

/*
 * Does @name with @content need a build? Then it is under way. @old_name: of
 * the file, when it is renamed, or NULL. @uid: the file's owner, and so the
 * program's.
 */
static bool build_for(struct progs *progs, const char *name, GBytes *content,
		      const char *old_name, uid_t uid, engine_done_fn done,
		      void *data)
{
	g_autofree char *program = NULL, *source_name = NULL, *old = NULL;
	enum prog_role role = prog_role(name, &program);
	struct engine_source source = {
		.name = program,
		.text = content,
		.is_object = role == PROG_OBJECT,
		.uid = uid,
	};
	struct prog_file *file;

	if (prog_role_is_program(role)) {
		if (old_name && prog_role_is_program(prog_role(old_name, &old)))
			source.successor_of = old;
		build(progs, source, NULL, done, data);
		return true;
	}
	if (role != PROG_CFLAGS)
		return false;
	source_name = g_strconcat(program, ".c", NULL);
	file = progs_find(progs, source_name);
	if (!file || (uid != 0 && uid != file->uid))
		return false;
	source.text = file->content;
	source.uid = file->uid;
	build(progs, source, content, done, data);
	return true;
}

void prog_file_set_content(struct prog_file *file, GBytes *content)
{
	progs_count_bytes(file->progs,
			  (ssize_t)g_bytes_get_size(content) -
				  (ssize_t)g_bytes_get_size(file->content));
	g_bytes_ref(content);
	g_bytes_unref(file->content);
	file->content = content;
	file->mtime_ns = g_get_real_time() * 1000;
}

bool progs_commit(struct progs *progs, struct prog_file *file, GBytes *content,
		  engine_done_fn done, void *data)
{
	prog_file_set_content(file, content);
	if (file->is_removed)
		return false;
	return build_for(progs, file->name, content, NULL, file->uid, done,
			 data);
}

static void set_missing(GError **error, const char *name)
{
	probefs_set_error(error, ENOENT, "progs/%s: no such file", name);
}

/* A rename whose engine part is under way. */
struct job {
	struct progs *progs;    /* borrowed */
	struct prog_file *file; /* counted */
	char *from, *to;        /* owned */
	GBytes *built;          /* counted: what is being built */
	GBytes *over;           /* counted: what @to had then, or NULL */
	uid_t uid;
	guint timer;         /* source of the end of waiting; 0: none */
	engine_done_fn done; /* NULL: it was called */
	void *data;
};

static struct job *job_new(struct prog_file *file, const char *to, uid_t uid,
			   engine_done_fn done, void *data)
{
	struct job *job = g_new0(struct job, 1);
	const struct prog_file *over = progs_find(file->progs, to);

	job->progs = file->progs;
	job->file = prog_file_ref(file);
	job->built = g_bytes_ref(file->content);
	job->over = over ? g_bytes_ref(over->content) : NULL;
	job->from = g_strdup(file->name);
	job->to = g_strdup(to);
	job->uid = uid;
	job->done = done;
	job->data = data;
	return job;
}

static void job_answer(struct job *job, const GError *error)
{
	engine_done_fn done = job->done;

	g_clear_handle_id(&job->timer, g_source_remove);
	job->done = NULL;
	done(error, job->data);
}

static void job_free(struct job *job)
{
	g_clear_handle_id(&job->timer, g_source_remove);
	prog_file_unref(job->file);
	g_bytes_unref(job->built);
	g_clear_pointer(&job->over, g_bytes_unref);
	g_free(job->from);
	g_free(job->to);
	g_free(job);
}

struct grace {
	struct progs *progs; /* borrowed */
	char *program;       /* owned */
	uid_t uid;
};

static void grace_free(gpointer data)
{
	struct grace *grace = data;

	g_free(grace->program);
	g_free(grace);
}

static struct grace *grace_new(struct progs *progs, const char *program,
			       uid_t uid)
{
	struct grace *grace = g_new0(struct grace, 1);

	grace->progs = progs;
	grace->program = g_strdup(program);
	grace->uid = uid;
	return grace;
}

/* Nobody waits for it: what went wrong is in errors. */
static void carried_out(const GError *error, void *data)
{
	struct grace *grace = data;
	g_autofree char *path = g_strdup_printf("progs/%s", grace->program);

	if (error && probefs_error_errno(error) != ENOENT)
		tree_failed(grace->progs->tree, path, grace->uid, error);
	grace_free(grace);
}

static void unload(struct progs *progs, const char *program, uid_t uid)
{
	engine_program_remove(progs->tree->engine, program, uid, carried_out,
			      grace_new(progs, program, uid));
}

static gboolean grace_over(gpointer data)
{
	const struct grace *grace = data;
	g_autofree char *program = g_strdup(grace->program);
	struct progs *progs = grace->progs;
	uid_t uid = grace->uid;

	g_hash_table_remove(progs->graces, program);
	unload(progs, program, uid);
	return G_SOURCE_REMOVE;
}

static void begin_grace(struct progs *progs, const char *program, uid_t uid)
{
	guint source;

	end_grace(progs, program);
	source = g_timeout_add_full(G_PRIORITY_DEFAULT, GRACE_MS, grace_over,
				    grace_new(progs, program, uid), grace_free);
	g_hash_table_insert(progs->graces, g_strdup(program),
			    GUINT_TO_POINTER(source));
}

/* What was compiled with the flags of @name is compiled without any. */
static void rebuild_without(struct progs *progs, const char *name, uid_t uid)
{
	g_autoptr(GBytes) none = g_bytes_new(NULL, 0);
	struct grace *grace = grace_new(progs, name, uid);

	if (!build_for(progs, name, none, NULL, uid, carried_out, grace))
		grace_free(grace);
}

void progs_remove(struct progs *progs, const char *name, uid_t uid,
		  engine_done_fn done, void *data)
{
	struct prog_file *file = progs_find(progs, name);
	g_autofree char *program = NULL;
	g_autoptr(GError) error = NULL;

	if (!file)
		set_missing(&error, name);
	if (!file || !prog_file_check_owner(file, uid, &error)) {
		done(error, data);
		return;
	}
	/*
	 * The kernel holds the directory while it waits for an unlink: nothing
	 * in it is done meanwhile, so the detaching is not waited for.
	 */
	progs_unlink(progs, name);
	if (prog_role_is_program(prog_role(name, &program))) {
		end_grace(progs, program);
		unload(progs, program, uid);
	} else {
		rebuild_without(progs, name, uid);
	}
	done(NULL, data);
}

/* Since the mv was answered NAME.c or NAME.o may have been written anew. */
static bool has_file(struct progs *progs, const char *program)
{
	g_autofree char *source = g_strconcat(program, ".c", NULL);
	g_autofree char *object = g_strconcat(program, ".o", NULL);

	return progs_find(progs, source) || progs_find(progs, object);
}

/* @from was a program's file: what becomes of the program? */
static void leave_program(struct progs *progs, const char *from, const char *to,
			  uid_t uid)
{
	g_autofree char *old = NULL, *new = NULL;

	if (!prog_role_is_program(prog_role(from, &old)))
		return;
	if (!prog_role_is_program(prog_role(to, &new)))
		begin_grace(progs, old, uid);
	else if (strcmp(old, new) != 0 && !has_file(progs, old))
		unload(progs, old, uid);
}

/*
 * The C library's rename() says by EINVAL that a directory cannot go into
 * itself, and so does mv: here it is another errno, @instead.
 */
static const GError *not_einval(const GError *error, int instead,
				GError **other)
{
	if (!error || probefs_error_errno(error) != EINVAL)
		return error;
	*other = g_error_new_literal(PROBEFS_ERROR, instead, error->message);
	return *other;
}

/*
 * A signal ended the mv that waited, and another command has removed or renamed
 * the file since: what was built of it must not run without a file.
 */
static void drop_build(const struct job *job, GError **error)
{
	g_autofree char *program = NULL;

	probefs_set_error(error, ECANCELED,
			  "progs/%s was removed or renamed meanwhile",
			  job->from);
	if (prog_role_is_program(prog_role(job->to, &program)) &&
	    !progs_find(job->progs, job->to))
		unload(job->progs, program, job->uid);
}

/* Has the file still the name that it had, or got? */
static bool is_named(const struct job *job, const char *name)
{
	return !job->file->is_removed && !strcmp(job->file->name, name);
}

/*
 * A signal ended the mv that waited, or somebody has one of the two files open:
 * has another command written one since, and so begun a build of its own?
 */
static bool is_overtaken(const struct job *job)
{
	const struct prog_file *over = progs_find(job->progs, job->to);

	return job->file->content != job->built ||
	       (over && over->content != job->over);
}

/* The program is made of what its file has, whatever was written last. */
static void build_again(const struct job *job)
{
	struct prog_file *file = job->file;
	struct grace *grace = grace_new(job->progs, job->to, file->uid);

	if (!build_for(job->progs, job->to, file->content, NULL, file->uid,
		       carried_out, grace))
		grace_free(grace);
}

static void move_file(const struct job *job)
{
	bool overtaken = is_overtaken(job);

	progs_move(job->progs, job->file, job->to);
	if (overtaken)
		build_again(job);
	if (prog_role(job->from, NULL) == PROG_CFLAGS)
		rebuild_without(job->progs, job->from, job->file->uid);
}

static gboolean waited_enough(gpointer data)
{
	struct job *job = data;

	job->timer = 0;
	if (is_named(job, job->from)) {
		move_file(job);
		job_answer(job, NULL);
	}
	return G_SOURCE_REMOVE;
}

/* The rename was answered before the build ended. */
static void built_late(const struct job *job, const GError *error)
{
	g_autofree char *path = g_strconcat("progs/", job->to, NULL);

	if (error && is_named(job, job->to))
		tree_failed(job->progs->tree, path, job->uid, error);
	if (!job->progs->tree->is_closing)
		leave_program(job->progs, job->from, job->to, job->uid);
}

static void renamed(const GError *cause, void *data)
{
	struct job *job = data;
	g_autoptr(GError) other = NULL, gone = NULL;
	const GError *error = not_einval(cause, ENOEXEC, &other);

	if (!job->done) {
		built_late(job, cause);
		job_free(job);
		return;
	}
	if (!error && !is_named(job, job->from)) {
		drop_build(job, &gone);
		error = gone;
	}
	if (!error) {
		move_file(job);
		leave_program(job->progs, job->from, job->to, job->uid);
	}
	job_answer(job, error);
	job_free(job);
}

void progs_rename(struct progs *progs, const char *from, const char *to,
		  uid_t uid, engine_done_fn done, void *data)
{
	struct prog_file *file = progs_find(progs, from);
	const struct prog_file *over = progs_find(progs, to);
	g_autoptr(GError) error = NULL, other = NULL;
	struct job *job;

	if (!file)
		set_missing(&error, from);
	if (!file || !prog_file_check_owner(file, uid, &error) ||
	    (over && !prog_file_check_owner(over, uid, &error)) ||
	    !progs_check_name(progs, to, file->uid, &error)) {
		done(not_einval(error, EPERM, &other), data);
		return;
	}
	job = job_new(file, to, uid, done, data);
	if (build_for(progs, to, file->content, from, file->uid, renamed, job))
		job->timer = g_timeout_add(RENAME_WAIT_MS, waited_enough, job);
	else
		renamed(NULL, job);
}
