/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - the daemon: options, going to the background, the main loop.
 *
 * The only place with globals that change, and the one that puts the engine,
 * the tree and the session together.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/engine.h"
#include "config.h"
#include "mount.h"
#include "options.h"
#include "session.h"
#include "root.h"

struct daemon {
	struct options options;
	char *mountpoint; /* owned */
	GMainLoop *loop;
	struct engine *engine;
	struct tree *tree;
	struct session *session;
	int ready_fd; /* where the parent listens, or -1 */
};

static void complain(const GError *error)
{
	fprintf(stderr, "probefs: %s\n", error->message);
}

/* --- what the engine tells ---------------------------------------------- */

static void program_changed(const char *program, void *data)
{
	struct daemon *daemon = data;

	if (daemon->tree)
		tree_program_changed(daemon->tree, program);
}

static void point_changed(const char *kind, const char *target, void *data)
{
	struct daemon *daemon = data;

	if (daemon->tree)
		tree_point_changed(daemon->tree, kind, target);
}

static void failed(const char *path, uid_t uid, const GError *error, void *data)
{
	struct daemon *daemon = data;

	if (daemon->tree)
		tree_failed(daemon->tree, path, uid, error);
}

static const struct engine_watch watch = {
	.program_changed = program_changed,
	.point_changed = point_changed,
	.failed = failed,
};

/* --- where our files are -------------------------------------------------- */

/* Beside the daemon in the build directory, or where it was installed. */
static char *own_file(const char *built, const char *installed)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = g_path_get_dirname(self ? self : "");
	g_autofree char *path = g_canonicalize_filename(built, directory);

	if (access(path, F_OK) == 0)
		return g_steal_pointer(&path);
	return g_canonicalize_filename(installed, directory);
}

static char *compiler_path(void)
{
	return own_file("../bpf/compiler/probefs-compile",
			"../libexec/probefs/probefs-compile");
}

static char *include_path(void)
{
	g_autofree char *built = own_file("../bpf/compiler/probefs-compile",
					  "../share/probefs/include");

	if (g_str_has_suffix(built, "/probefs-compile"))
		return g_strdup(BPF_INCLUDE_DIR);
	return g_steal_pointer(&built);
}

/* --- the life of the daemon ---------------------------------------------- */

static void raise_limits(void)
{
	struct rlimit limit;

	/* A program has a dozen descriptors, and there may be many. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Who waits for the end of our output need not wait for the daemon's end. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static void answered(void *data)
{
	struct daemon *daemon = data;

	if (daemon->ready_fd < 0)
		return;
	/* A parent that was killed meanwhile does not matter. */
	if (write(daemon->ready_fd, "", 1) == 1)
		leave_terminal();
	close(daemon->ready_fd);
	daemon->ready_fd = -1;
}

static void ended(void *data)
{
	struct daemon *daemon = data;

	g_main_loop_quit(daemon->loop);
}

static gboolean on_signal(gpointer data)
{
	ended(data);
	return G_SOURCE_CONTINUE;
}

static bool start(struct daemon *daemon, GError **error)
{
	const struct options *options = &daemon->options;
	g_autofree char *compiler = compiler_path();
	g_autofree char *include = include_path();
	const struct engine_config config = {
		.compiler = compiler,
		.include_dir = include,
		.ring_bytes = options->ring_bytes,
		.backlog_bytes = options->backlog_bytes,
		.allow_changing_helpers = options->allow_changing_helpers,
		.exclude_readers = options->exclude_readers,
	};
	const struct tree_config tree = {options->uid, options->gid,
					 options->mode};
	const struct session_config session = {
		.mountpoint = daemon->mountpoint,
		.source = options->source,
		.mount_flags = options->mount_flags->str,
		.allow_other = options->allow_other,
		.is_debug = options->is_debug,
		.answered = answered,
		.ended = ended,
		.data = daemon,
	};

	daemon->engine = engine_new(&config, &watch, daemon, error);
	if (!daemon->engine)
		return false;
	daemon->tree = tree_new(daemon->engine, &tree);
	daemon->session = session_new(daemon->tree, &session, error);
	return daemon->session != NULL;
}

/* Readers first, so that nobody hangs on the mount while BPF is taken down. */
static void stop(struct daemon *daemon)
{
	if (daemon->session)
		session_quiesce(daemon->session);
	engine_free(daemon->engine);
	session_free(daemon->session);
	tree_free(daemon->tree);
}

static int run(struct daemon *daemon)
{
	g_autoptr(GError) error = NULL;
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	daemon->loop = g_main_loop_new(NULL, FALSE);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		g_unix_signal_add(signals[i], on_signal, daemon);
	raise_limits();
	mount_drop_privileges();
	if (start(daemon, &error))
		g_main_loop_run(daemon->loop);
	else
		complain(error);
	stop(daemon);
	g_main_loop_unref(daemon->loop);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The parent ends when the mount works, or when the child did. */
static int wait_until_ready(int fd, pid_t child)
{
	char byte;
	int status;

	if (TEMP_FAILURE_RETRY(read(fd, &byte, 1)) == 1)
		return EXIT_SUCCESS;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
	return EXIT_FAILURE;
}

static int run_in_background(struct daemon *daemon)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) != 0 || (child = fork()) < 0) {
		perror("probefs: cannot go to the background");
		return EXIT_FAILURE;
	}
	if (child > 0) {
		close(fds[1]);
		return wait_until_ready(fds[0], child);
	}
	close(fds[0]);
	daemon->ready_fd = fds[1];
	setsid();
	return run(daemon);
}

static int mount_and_run(struct daemon *daemon)
{
	g_autoptr(GError) error = NULL;

	daemon->mountpoint = mount_check(daemon->options.mountpoint, &error);
	if (!daemon->mountpoint || !mount_check_privileges(&error)) {
		complain(error);
		return EXIT_FAILURE;
	}
	if (chdir("/") != 0)
		return EXIT_FAILURE;
	return daemon->options.is_foreground ? run(daemon)
					     : run_in_background(daemon);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.ready_fd = -1};
	g_autoptr(GError) error = NULL;
	int status = EXIT_SUCCESS;

	if (!options_parse(&daemon.options, argc, argv, &error)) {
		complain(error);
		status = EXIT_FAILURE;
	} else if (daemon.options.wants_help) {
		fputs(options_usage, stdout);
	} else if (daemon.options.wants_version) {
		puts("probefs " PROBEFS_VERSION);
	} else {
		status = mount_and_run(&daemon);
	}
	options_clear(&daemon.options);
	g_free(daemon.mountpoint);
	return status;
}
