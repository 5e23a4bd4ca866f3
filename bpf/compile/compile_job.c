/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_job.c - owns the job directory of compiler/job.h on the engine's
 * side. What the compiler leaves there is read with care: it ran the user's
 * source.
 */
#include "compile_job.h"

#include "bpf/error.h"
#include "bpf/kernel/events.h"
#include "bpf/probes/kinds.h"
#include "bpf/kernel/tracefs.h"
#include "bpf/compiler/job.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define N_DIAGNOSTIC_BYTES_MAX (64 << 10)
#define NOBODY                 65534

struct compile_job {
	char *directory;  /* owned */
	char *name;       /* owned: the program's */
	GString *missing; /* owned: lines about tracepoints there are not */
};

static bool job_write(const struct compile_job *job, const char *name,
		      const void *bytes, size_t n_bytes, GError **error)
{
	g_autofree char *path = g_build_filename(job->directory, name, NULL);

	if (!g_file_set_contents_full(path, bytes, (gssize)n_bytes,
				      G_FILE_SET_CONTENTS_NONE, 0644, error))
		return false;
	return true;
}

static void write_format(struct compile_job *job,
			 const struct kind_world *world, const char *subsystem,
			 const char *event)
{
	g_autofree char *source = g_strdup_printf("events/%s/%s/format",
						  subsystem, event);
	g_autofree char *directory = g_build_filename(job->directory,
						      JOB_TRACEPOINTS_DIR,
						      subsystem, NULL);
	g_autofree char *name = g_build_filename(JOB_TRACEPOINTS_DIR, subsystem,
						 event, NULL);
	g_autofree char *text = tracefs_read(world->tracefs, source, NULL);
	g_autoptr(GError) missing = NULL;

	if (text) {
		if (!g_mkdir_with_parents(directory, 0755))
			job_write(job, name, text, strlen(text), NULL);
		return;
	}
	/* The compiler says that it is not there; which is meant, we know. */
	events_set_missing(world->events, subsystem, event, &missing);
	g_string_append_printf(job->missing, "%s\n", missing->message);
}

/*
 * The formats of what looks like a tracepoint's function; one too many does
 * no harm. The names are made of word characters: no path leads elsewhere.
 */
static void write_formats(struct compile_job *job,
			  const struct kind_world *world, GBytes *text)
{
	static const char *const patterns[] = {
		"\\bTRACEPOINT_PROBE\\s*\\(\\s*(\\w+)\\s*,\\s*(\\w+)\\s*\\)",
		"\\btracepoint__(\\w+?)__(\\w+)\\b",
	};
	size_t n_bytes;
	const char *bytes = g_bytes_get_data(text, &n_bytes);

	/* An empty file's bytes are NULL, which GLib does not search. */
	for (guint i = 0; bytes && i < G_N_ELEMENTS(patterns); i++) {
		g_autoptr(GRegex)
			regex = g_regex_new(patterns[i], G_REGEX_RAW, 0, NULL);
		g_autoptr(GMatchInfo) match = NULL;

		g_regex_match_full(regex, bytes, (gssize)n_bytes, 0, 0, &match,
				   NULL);
		for (; g_match_info_matches(match);
		     g_match_info_next(match, NULL)) {
			g_autofree char *a = g_match_info_fetch(match, 1);
			g_autofree char *b = g_match_info_fetch(match, 2);

			write_format(job, world, a, b);
		}
	}
}

static char *job_text(const struct engine_source *source, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(GStrv) flags = NULL;
	g_autoptr(GError) cause = NULL;
	const char *cflags = source->cflags ? source->cflags : "";

	g_string_append_printf(text, JOB_KEY_SOURCE " %s.c\n", source->name);
	if (!g_shell_parse_argv(cflags, NULL, &flags, &cause) &&
	    cause->code != G_SHELL_ERROR_EMPTY_STRING) {
		probefs_set_error(error, EINVAL, "%s.cflags: %s", source->name,
				  cause->message);
		return NULL;
	}
	for (guint i = 0; flags && flags[i]; i++) {
		if (strchr(flags[i], '\n')) {
			probefs_set_error(error, EINVAL,
					  "%s.cflags: a quoted newline",
					  source->name);
			return NULL;
		}
		g_string_append_printf(text, JOB_KEY_CFLAG " %s\n", flags[i]);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool job_fill(struct compile_job *job,
		     const struct engine_source *source,
		     const struct kind_world *world, GError **error)
{
	g_autofree char *text = job_text(source, error);
	g_autofree char *file = g_strconcat(source->name, ".c", NULL);

	if (!text || !job_write(job, JOB_FILE, text, strlen(text), error) ||
	    !job_write(job, file, g_bytes_get_data(source->text, NULL),
		       g_bytes_get_size(source->text), error))
		return false;
	write_formats(job, world, source->text);
	for (size_t i = 0; i < source->n_headers; i++) {
		const struct engine_header *header = &source->headers[i];

		if (!job_write(job, header->name,
			       g_bytes_get_data(header->text, NULL),
			       g_bytes_get_size(header->text), error))
			return false;
		write_formats(job, world, header->text);
	}
	return true;
}

static bool is_in_memory(const char *directory)
{
	struct statfs file_system;

	return !statfs(directory, &file_system) &&
	       file_system.f_type == TMPFS_MAGIC;
}

static char *make_directory_in(const char *parent)
{
	g_autofree char *path = g_build_filename(parent, "probefs-XXXXXX",
						 NULL);

	return g_mkdtemp(path) ? g_steal_pointer(&path) : NULL;
}

/*
 * Not in $TMPDIR: that may be a directory that only root can enter, and the
 * compiler must reach this one. To make and remove a job's files on a disk
 * takes longer than to write them.
 */
static char *make_directory(GError **error)
{
	static const char *const parents[] = {"/run", "/dev/shm", "/tmp"};
	char *path = NULL;

	for (size_t i = 0; !path && i < G_N_ELEMENTS(parents); i++)
		if (is_in_memory(parents[i]))
			path = make_directory_in(parents[i]);
	for (size_t i = 0; !path && i < G_N_ELEMENTS(parents); i++)
		path = make_directory_in(parents[i]);
	if (!path)
		probefs_set_error(error, errno,
				  "cannot make a directory for the compiler in "
				  "/run, /dev/shm or /tmp: %s",
				  g_strerror(errno));
	return path;
}

struct compile_job *compile_job_new(const struct engine_source *source,
				    const struct kind_world *world,
				    GError **error)
{
	struct compile_job *job = g_new0(struct compile_job, 1);

	job->name = g_strdup(source->name);
	job->missing = g_string_new(NULL);
	job->directory = make_directory(error);
	if (job->directory && job_fill(job, source, world, error) &&
	    (geteuid() || !chown(job->directory, NOBODY, NOBODY)))
		return job;
	if (error && !*error)
		probefs_set_error(error, errno, "%s: %s", job->directory,
				  g_strerror(errno));
	compile_job_free(job);
	return NULL;
}

/* Its own entries and, where they are directories, theirs. No link is
 * followed. */
static void remove_tree(const char *path)
{
	g_autoptr(GDir) directory = NULL;
	const char *name;

	if (!g_unlink(path))
		return;
	directory = g_dir_open(path, 0, NULL);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		remove_tree(entry);
	}
	g_rmdir(path);
}

void compile_job_free(struct compile_job *job)
{
	if (!job)
		return;
	if (job->directory)
		remove_tree(job->directory);
	g_free(job->directory);
	g_free(job->name);
	g_string_free(job->missing, TRUE);
	g_free(job);
}

const char *compile_job_directory(const struct compile_job *job)
{
	return job->directory;
}

/* A regular file, and no longer than it may be; NULL otherwise. */
static GBytes *job_read(const struct compile_job *job, const char *name,
			size_t n_bytes_max)
{
	g_autofree char *path = g_build_filename(job->directory, name, NULL);
	g_autofree char *bytes = NULL;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	size_t n = 0;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &stat) && S_ISREG(stat.st_mode)) {
		size_t size = MIN((size_t)stat.st_size, n_bytes_max);
		ssize_t got = 1;

		bytes = g_malloc(size + 1);
		while (n < size && got > 0) {
			got = read(fd, bytes + n, size - n);
			n += got > 0 ? got : 0;
		}
	}
	close(fd);
	return bytes ? g_bytes_new_take(g_steal_pointer(&bytes), n) : NULL;
}

/* The first line that says "error:", or else the first line. */
static char *first_error(const char *diagnostics)
{
	g_auto(GStrv) lines = g_strsplit(diagnostics, "\n", -1);

	for (guint i = 0; lines[i]; i++)
		if (strstr(lines[i], "error:"))
			return g_strdup(lines[i]);
	return g_strdup(lines[0] ? lines[0] : "");
}

static void set_failure(const struct compile_job *job, int status,
			const char *diagnostics, GError **error)
{
	g_autofree char *line = first_error(diagnostics);
	const char *rest = strchr(diagnostics, '\n');

	if (status == JOB_SOURCE_ERROR)
		probefs_set_error(error, EINVAL, "%s",
				  *line ? line : "it cannot be compiled");
	else if (status == JOB_LIMIT)
		probefs_set_error(error, ETIMEDOUT, "%s", line);
	else
		probefs_set_error(error, ENOEXEC,
				  "%s.c: the compiler failed (status %d)%s%s",
				  job->name, status, *line ? ": " : "",
				  rest ? diagnostics : line);
}

void compile_job_result(const struct compile_job *job, int status,
			struct compile_result *result, GError **error)
{
	g_autoptr(GBytes) diagnostics = job_read(job, JOB_DIAGNOSTICS_FILE,
						 N_DIAGNOSTIC_BYTES_MAX);
	g_autofree char *name = g_strconcat(job->name, ".o", NULL);
	g_autofree char *types = g_strconcat(job->name, JOB_TYPES_SUFFIX, NULL);
	g_autofree char *text = NULL;
	size_t n_bytes = 0;
	const char *bytes = diagnostics
				    ? g_bytes_get_data(diagnostics, &n_bytes)
				    : NULL;

	text = g_strndup(bytes ? bytes : "", n_bytes);
	if (status == JOB_LIMIT)
		result->diagnostics = g_strdup_printf(
			"%s.c: %s", job->name,
			*text ? text
			      : "the compiler reached its limit of time or "
				"memory\n");
	else if (status == JOB_SOURCE_ERROR)
		result->diagnostics = g_strconcat(text, job->missing->str,
						  NULL);
	else
		result->diagnostics = g_steal_pointer(&text);
	if (status == JOB_OK) {
		result->object = job_read(job, name, ENGINE_OBJECT_BYTES_MAX);
		result->types = job_read(job, types, ENGINE_OBJECT_BYTES_MAX);
		if (result->object)
			return;
	}
	set_failure(job, status, result->diagnostics, error);
}

void compile_result_clear(struct compile_result *result)
{
	g_clear_pointer(&result->object, g_bytes_unref);
	g_clear_pointer(&result->types, g_bytes_unref);
	g_clear_pointer(&result->diagnostics, g_free);
}
