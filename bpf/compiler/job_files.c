/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_files.c - the file "job" of a job's directory. Must not know what is
 * done with it.
 */
#include "job_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "job.h"

static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && *name != '-' && !strchr(name, '/');
}

/* Flags of the allowed letters that reach for files or for code. */
static bool is_dangerous(const char *flag)
{
	static const char *const prefixes[] = {
		"-fplugin",   "-fpass-plugin",  "-fmodule", "-fbuild",
		"-fprofile",  "-fsave",         "-ftime",   "-fcrash",
		"-fsanitize", "-fcoverage",     "-fdebug",  "-fdump",
		"-fembed",    "-foptimization", "-fopenmp", "-fsyntax-only",
		"-fuse",      "-fveclib",       "-fxray",   "-fcs-profile",
		"-Wa,",       "-Wl,",           "-Wp,",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(flag, prefixes[i]))
			return true;
	}
	return g_str_has_prefix(flag, "-f") && strchr(flag, '/');
}

bool job_flag_check(const char *flag, GError **error)
{
	if (flag[0] == '-' && flag[1] && strchr("DUIWOf", flag[1]) &&
	    !is_dangerous(flag))
		return true;
	probefs_set_error(error, EINVAL,
			  "the compiler flag %s is not taken; -D, -U, -I, -W, "
			  "-O and -f are, when they name no file",
			  flag);
	return false;
}

static bool take_line(struct job *job, const char *key, const char *value,
		      GError **error)
{
	if (strcmp(key, JOB_KEY_SOURCE) == 0) {
		g_free(job->source);
		job->source = g_strdup(value);
	} else if (strcmp(key, JOB_KEY_CFLAG) == 0) {
		if (!job_flag_check(value, error))
			return false;
		g_ptr_array_add(job->cflags, g_strdup(value));
	} else if (strcmp(key, JOB_KEY_BTF) == 0) {
		g_free(job->btf);
		job->btf = g_strdup(value);
	} else if (strcmp(key, JOB_KEY_KEEP) == 0) {
		job->keep = strcmp(value, "1") == 0;
	} else {
		probefs_set_error(error, EINVAL, "job: the key %s is not known",
				  key);
		return false;
	}
	return true;
}

static bool take_text(struct job *job, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *value = strchr(*line, ' ');

		if (!**line)
			continue;
		if (!value) {
			probefs_set_error(error, EINVAL,
					  "job: the line \"%s\" has no value",
					  *line);
			return false;
		}
		*value++ = '\0';
		if (!take_line(job, *line, value, error))
			return false;
	}
	if (job->source && is_plain_name(job->source) &&
	    g_str_has_suffix(job->source, ".c"))
		return true;
	probefs_set_error(error, EINVAL,
			  "job: \"source NAME.c\" is missing or wrong");
	return false;
}

struct job *job_read(GError **error)
{
	g_autofree char *text = NULL;
	struct job *job;

	if (!g_file_get_contents(JOB_FILE, &text, NULL, error))
		return NULL;
	job = g_new0(struct job, 1);
	job->cflags = g_ptr_array_new_with_free_func(g_free);
	job->btf = g_strdup("/sys/kernel/btf/vmlinux");
	if (!take_text(job, text, error)) {
		job_free(job);
		return NULL;
	}
	job->name = g_strndup(job->source, strlen(job->source) - 2);
	return job;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	g_free(job->source);
	g_free(job->name);
	g_free(job->btf);
	g_ptr_array_unref(job->cflags);
	g_free(job);
}

static int write_all(int fd, const char *data, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(fd, data, n_bytes);

		if (n < 0)
			return -errno;
		data += n;
		n_bytes -= n;
	}
	return 0;
}

/*
 * Not g_file_set_contents_full: without its renaming and syncing, which cost
 * time and help nobody in a job's directory, it leaves the rest of a longer
 * old content (GLib 2.74).
 */
bool job_write(const char *path, const void *data, size_t n_bytes,
	       GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int result = fd < 0 ? -errno : write_all(fd, data, n_bytes);

	if (fd >= 0 && close(fd) < 0 && result == 0)
		result = -errno;
	if (result == 0)
		return true;
	unlink(path);
	probefs_set_error(error, -result, "%s: cannot write: %s", path,
			  g_strerror(-result));
	return false;
}

char *job_output_path(const struct job *job, const char *suffix)
{
	return g_strconcat(job->name, suffix, NULL);
}
