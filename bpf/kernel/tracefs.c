/* SPDX-License-Identifier: GPL-2.0-only */
/* tracefs.c - owns the mount of tracefs. Knows nothing of what is traced. */
#include "tracefs.h"

#include "bpf/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tracefs {
	int fd;             /* owned */
	GThreadPool *later; /* owned: one thread, of struct command */
};

struct command {
	char *path;
	char *text;
};

static int mount_detached(void)
{
	int context, fd = -1;

	context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return fd;
}

static void run_command(gpointer data, gpointer tracefs)
{
	g_autofree struct command *command = data;

	tracefs_append(tracefs, command->path, command->text, NULL);
	g_free(command->path);
	g_free(command->text);
}

void tracefs_append_later(const struct tracefs *tracefs, const char *path,
			  const char *text)
{
	struct command *command = g_new0(struct command, 1);

	*command = (struct command){g_strdup(path), g_strdup(text)};
	g_thread_pool_push(tracefs->later, command, NULL);
}

struct tracefs *tracefs_new(GError **error)
{
	struct tracefs *tracefs;
	int err, fd = mount_detached();

	err = errno;
	if (fd < 0 && err == ENODEV) {
		probefs_set_error(error, EOPNOTSUPP,
				  "this kernel has no tracefs "
				  "(CONFIG_FTRACE and CONFIG_EVENT_TRACING)");
		return NULL;
	}
	if (fd < 0) {
		probefs_set_error(error, err == EACCES ? EPERM : err,
				  "cannot mount tracefs: %s; probefs must run "
				  "as root",
				  g_strerror(err));
		return NULL;
	}
	tracefs = g_new0(struct tracefs, 1);
	tracefs->fd = fd;
	tracefs->later = g_thread_pool_new(run_command, tracefs, 1, FALSE,
					   NULL);
	return tracefs;
}

void tracefs_free(struct tracefs *tracefs)
{
	if (!tracefs)
		return;
	g_thread_pool_free(tracefs->later, FALSE, TRUE);
	close(tracefs->fd);
	g_free(tracefs);
}

int tracefs_fd(const struct tracefs *tracefs)
{
	return tracefs->fd;
}

bool tracefs_has(const struct tracefs *tracefs, const char *path)
{
	return !faccessat(tracefs->fd, path, F_OK, 0);
}

char *tracefs_read(const struct tracefs *tracefs, const char *path,
		   GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[4096];
	ssize_t n = -1;
	int fd;

	fd = openat(tracefs->fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		while ((n = read(fd, chunk, sizeof(chunk))) > 0)
			g_string_append_len(text, chunk, n);
	}
	if (n < 0) {
		int err = errno;

		probefs_set_error(error, err, "tracefs %s: %s", path,
				  g_strerror(err));
	}
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

bool tracefs_append(const struct tracefs *tracefs, const char *path,
		    const char *text, GError **error)
{
	size_t n = strlen(text);
	int err = 0;
	int fd;

	fd = openat(tracefs->fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		err = errno;
	if (fd >= 0)
		close(fd);
	if (err)
		probefs_set_error(error, err, "tracefs %s refused \"%s\": %s",
				  path, text, g_strerror(err));
	return !err;
}

bool tracefs_event_id(const struct tracefs *tracefs, const char *group,
		      const char *event, uint64_t *id, GError **error)
{
	g_autofree char *path = g_strdup_printf("events/%s/%s/id", group,
						event);
	g_autofree char *text = tracefs_read(tracefs, path, error);

	if (!text)
		return false;
	*id = g_ascii_strtoull(text, NULL, 10);
	return true;
}
