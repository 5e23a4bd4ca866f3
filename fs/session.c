/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.c - owns the mount, the list of waiting requests and open files.
 *
 * Everything runs in the main loop. libfuse calls back about interrupts under
 * its own locks, so these are queued and looked at after the request that
 * brought them.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "directory.h"
#include "handle.h"
#include "mount.h"
#include "ops.h"
#include "request.h"
#include "session_state.h"
#include "tree.h"

/* Requests handled before other sources of the loop get their turn. */
#define REQUESTS_A_TURN 32

/* How long those who have files open may take to close them at the end. */
#define GOODBYE_MS      300

static void handle_interrupts(struct session *session)
{
	struct request *request;

	while ((request = g_queue_pop_head(&session->interrupted)))
		request_interrupted(request);
}

static gboolean fd_readable(int fd, GIOCondition condition, gpointer data)
{
	struct session *session = data;

	for (int i = 0; i < REQUESTS_A_TURN; i++) {
		int n = fuse_session_receive_buf(session->fuse,
						 &session->buffer);

		if (n == -EINTR || n == -EAGAIN)
			return G_SOURCE_CONTINUE;
		if (n <= 0 || fuse_session_exited(session->fuse)) {
			session->source = 0;
			session->config.ended(session->config.data);
			return G_SOURCE_REMOVE;
		}
		fuse_session_process_buf(session->fuse, &session->buffer);
		handle_interrupts(session);
	}
	return G_SOURCE_CONTINUE;
}

/*
 * umount means the end, also while another mount namespace has a copy of the
 * mount: there nobody asked for it, and /dev/fuse would not tell until that
 * namespace is gone.
 */
static gboolean mounts_changed(int fd, GIOCondition condition, gpointer data)
{
	struct session *session = data;

	if (mount_is_there(session->device))
		return G_SOURCE_CONTINUE;
	session->mounts_source = 0;
	session->is_unmounted = true;
	session->config.ended(session->config.data);
	return G_SOURCE_REMOVE;
}

static void watch_mounts(struct session *session)
{
	session->device = mount_device(session->config.mountpoint);
	session->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (session->device && session->mounts >= 0)
		session->mounts_source = g_unix_fd_add(session->mounts,
						       G_IO_PRI | G_IO_ERR,
						       mounts_changed, session);
}

/*
 * libfuse looks at the descriptor whether there is anything to unmount. What
 * is at our mount point now may be somebody else's: give it one that says no,
 * a pipe without a reader.
 */
static void forget_mount(struct session *session)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return;
	close(fds[0]);
	dup3(fds[1], fuse_session_fd(session->fuse), O_CLOEXEC);
	close(fds[1]);
}

static void invalidate(struct node *node, void *data)
{
	struct session *session = data;

	/* Offset -1: attributes only, so that no lock is waited for. */
	if (node->n_lookups > 0)
		fuse_lowlevel_notify_inval_inode(session->fuse,
						 (fuse_ino_t)(uintptr_t)node,
						 -1, 0);
}

/*
 * Where an administrator limits the age of requests the kernel aborts the
 * whole connection for one that is older.
 */
static unsigned int kernel_limit_s(void)
{
	static const char *const sysctls[] = {
		"/proc/sys/fs/fuse/default_request_timeout",
		"/proc/sys/fs/fuse/max_request_timeout",
	};
	unsigned int limit_s = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(sysctls); i++) {
		g_autofree char *text = NULL;
		guint64 value;

		if (!g_file_get_contents(sysctls[i], &text, NULL, NULL))
			continue;
		value = g_ascii_strtoull(text, NULL, 10);
		if (value > 0 && (limit_s == 0 || value < limit_s))
			limit_s = (unsigned int)MIN(value, G_MAXINT / 1000);
	}
	return limit_s;
}

static gboolean answer_old_requests(gpointer data)
{
	struct session *session = data;
	int64_t before_us = g_get_monotonic_time() - session->max_age_us;
	struct request *request;

	while ((request = g_queue_peek_head(&session->waiting)) &&
	       request_started_us(request) < before_us)
		request_expire(request);
	return G_SOURCE_CONTINUE;
}

static void obey_kernel_limit(struct session *session)
{
	unsigned int limit_s = kernel_limit_s();

	if (limit_s == 0)
		return;
	session->max_age_us = (int64_t)limit_s * G_USEC_PER_SEC / 2;
	session->timer = g_timeout_add(limit_s * 250, answer_old_requests,
				       session);
}

static char *mount_options(const struct session_config *config)
{
	GString *options = g_string_new("default_permissions,subtype=probefs");

	g_string_append_printf(options, ",max_read=%u", SESSION_MAX_BYTES);
	g_string_append_printf(options, ",fsname=%s",
			       config->source ? config->source : "probefs");
	if (config->allow_other)
		g_string_append(options, ",allow_other");
	if (config->mount_flags && *config->mount_flags)
		g_string_append_printf(options, ",%s", config->mount_flags);
	return g_string_free(options, FALSE);
}

static bool open_fuse(struct session *session, GError **error)
{
	g_autofree char *options = mount_options(&session->config);
	char name[] = "probefs", o[] = "-o", debug[] = "-d";
	char *argv[] = {name, o, options, debug, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(session->config.is_debug ? 4 : 3,
					       argv);

	session->fuse = fuse_session_new(&args, &fuse_operations,
					 sizeof(fuse_operations), session);
	fuse_opt_free_args(&args);
	if (session->fuse)
		return true;
	probefs_set_error(error, EINVAL,
			  "libfuse refuses the mount options \"%s\"", options);
	return false;
}

static bool mount_fuse(struct session *session, GError **error)
{
	const char *mountpoint = session->config.mountpoint;
	int fd;

	errno = 0;
	if (fuse_session_mount(session->fuse, mountpoint) < 0) {
		probefs_set_error(error, errno ? errno : EINVAL,
				  "cannot mount on %s: %s", mountpoint,
				  errno ? g_strerror(errno)
					: "libfuse refused");
		return false;
	}
	fd = fuse_session_fd(session->fuse);
	return g_unix_set_fd_nonblocking(fd, TRUE, error);
}

struct session *session_new(struct tree *tree,
			    const struct session_config *config, GError **error)
{
	struct session *session = g_new0(struct session, 1);

	session->config = *config;
	session->tree = tree;
	session->mounts = -1;
	session->handles = g_hash_table_new(NULL, NULL);
	session->directories = g_hash_table_new(NULL, NULL);
	session->answer_buffer = g_malloc(SESSION_MAX_BYTES);
	if (!open_fuse(session, error) || !mount_fuse(session, error)) {
		session_free(session);
		return NULL;
	}
	session->source = g_unix_fd_add(fuse_session_fd(session->fuse),
					G_IO_IN | G_IO_ERR | G_IO_HUP,
					fd_readable, session);
	tree->invalidate = invalidate;
	tree->invalidate_data = session;
	watch_mounts(session);
	obey_kernel_limit(session);
	return session;
}

static gboolean time_is_over(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_CONTINUE;
}

/*
 * A reader that was told the end closes its file now: cat would complain if
 * that failed. Who does not close in time is not waited for.
 */
static void serve_goodbyes(struct session *session)
{
	bool is_over = false;
	guint timer = g_timeout_add(GOODBYE_MS, time_is_over, &is_over);

	while (session->source && !is_over &&
	       g_hash_table_size(session->handles) > 0)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

void session_quiesce(struct session *session)
{
	struct request *request;
	GHashTableIter iter;
	gpointer handle, directory;

	session->tree->is_closing = true;
	session->tree->invalidate = NULL;
	while ((request = g_queue_peek_head(&session->waiting)))
		request_abandon(request);
	serve_goodbyes(session);
	g_hash_table_iter_init(&iter, session->handles);
	while (g_hash_table_iter_next(&iter, &handle, NULL)) {
		g_hash_table_iter_remove(&iter);
		ops_free_handle(handle);
	}
	g_hash_table_iter_init(&iter, session->directories);
	while (g_hash_table_iter_next(&iter, &directory, NULL)) {
		g_hash_table_iter_remove(&iter);
		directory_free(directory);
	}
}

void session_free(struct session *session)
{
	if (!session)
		return;
	g_clear_handle_id(&session->source, g_source_remove);
	g_clear_handle_id(&session->timer, g_source_remove);
	g_clear_handle_id(&session->mounts_source, g_source_remove);
	if (session->mounts >= 0)
		close(session->mounts);
	g_free(session->device);
	if (session->fuse) {
		if (session->is_unmounted)
			forget_mount(session);
		/* Looks whether somebody unmounted it already. */
		fuse_session_unmount(session->fuse);
		fuse_session_destroy(session->fuse);
	}
	g_hash_table_unref(session->handles);
	g_hash_table_unref(session->directories);
	g_free(session->answer_buffer);
	/* libfuse allocates it. */
	free(session->buffer.mem);
	g_free(session);
}
