/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve.c - a process for each job. The parent owns the loaded types, the
 * deadlines and the report of each job's end; it never looks into a job.
 *
 * While nothing else is to do, a spare process is made that has started clang
 * already and waits for its job: a job that finds one takes half the time.
 *
 * A job's process leads a process group of its own, so that the deadline
 * ends clang together with it. One thread: a fork copies all there is.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "compiler.h"
#include "job_files.h"
#include "job_run.h"
#include "lower.h"
#include "spare.h"

enum {
	MAX_RUNNING = 4,
	MAX_LINE_BYTES = 65536,
	/* Not at once after a job: its caller is about to use the machine. */
	SPARE_DELAY_MS = 200,
};

struct child {
	char *directory; /* owned; NULL: a spare one */
	int order_fd;    /* of a spare one: where it reads its job; or -1 */
	int result_fd;   /* where it says its result; -1 when it has */
	pid_t pid;
	gint64 deadline_us; /* g_get_monotonic_time() */
	bool is_late;       /* was killed */
};

struct server {
	struct compiler *compiler; /* borrowed */
	GPtrArray *running;        /* owned; struct child */
	struct child *spare;       /* owned; or NULL */
	GQueue waiting;            /* owned; char *, directories */
	GString *input;            /* owned; an unfinished line */
	int signal_fd;
	bool at_end;    /* of the standard input */
	bool has_begun; /* a job, or a spare process */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipe(int ends[2])
{
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

static void child_free(struct child *child)
{
	if (!child)
		return;
	close_fd(&child->order_fd);
	close_fd(&child->result_fd);
	g_free(child->directory);
	g_free(child);
}

/* In the new process, before it does anything else. */
static void settle(void)
{
	const struct rlimit cpu = {JOB_CPU_S, JOB_CPU_S + 1};
	sigset_t none;

	setpgid(0, 0);
	setrlimit(RLIMIT_CPU, &cpu);
	/* Nobody would take the result; clang ends by its own limits. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The end of a job's process. To give back LLVM's memory takes the kernel 2 ms;
 * the result does not wait for that.
 */
static G_NORETURN void finish(enum job_status status, int result_fd)
{
	unsigned char result = status;
	ssize_t n = write(result_fd, &result, 1);

	/* Where that fails, the exit status says it. */
	(void)n;
	_exit(status);
}

/* Takes @result_fd over. */
static struct child *child_new(pid_t pid, int result_fd)
{
	struct child *child = g_new0(struct child, 1);

	/* On both sides, so that it holds before either goes on. */
	setpgid(pid, pid);
	child->pid = pid;
	child->order_fd = -1;
	child->result_fd = result_fd;
	return child;
}

static void child_begin(struct child *child, const char *directory)
{
	child->directory = g_strdup(directory);
	child->deadline_us = g_get_monotonic_time() +
			     JOB_DEADLINE_S * G_USEC_PER_SEC;
}

static struct child *child_start(struct compiler *compiler,
				 const char *directory)
{
	int result[2] = {-1, -1};
	struct child *child = NULL;
	pid_t pid = -1;

	if (pipe2(result, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		settle();
		finish(job_run(compiler, directory), result[1]);
	}
	if (pid > 0) {
		child = child_new(pid, g_steal_fd(&result[0]));
		child_begin(child, directory);
	}
	close_pipe(result);
	return child;
}

/* The spare process: wait for the order, a directory up to its end. */
static G_NORETURN void be_spare(struct compiler *compiler, int order_fd,
				int result_fd)
{
	g_autoptr(GString) directory = g_string_new(NULL);
	enum job_status status = JOB_OK;
	char buffer[4096];
	ssize_t n;

	settle();
	compiler->spare = spare_new(compiler->include_dir);
	lower_rehearse();
	while ((n = read(order_fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(directory, buffer, n);
	if (n == 0 && directory->len)
		status = job_run(compiler, directory->str);
	/* It has long ended, but nobody else would wait for it. */
	spare_free(compiler->spare);
	finish(status, result_fd);
}

static struct child *child_start_spare(struct compiler *compiler)
{
	int order[2] = {-1, -1}, result[2] = {-1, -1};
	struct child *child = NULL;
	pid_t pid = -1;

	if (pipe2(order, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		close(order[1]);
		be_spare(compiler, order[0], result[1]);
	}
	if (pid > 0) {
		child = child_new(pid, g_steal_fd(&result[0]));
		child->order_fd = g_steal_fd(&order[1]);
	}
	close_pipe(order);
	close_pipe(result);
	return child;
}

/* False: it has died meanwhile. */
static bool child_order(struct child *child, const char *directory)
{
	size_t n_bytes = strlen(directory);
	bool is_good = write(child->order_fd, directory, n_bytes) ==
		       (ssize_t)n_bytes;

	close_fd(&child->order_fd);
	if (is_good)
		child_begin(child, directory);
	return is_good;
}

static void child_kill_late(struct child *child, gint64 now_us)
{
	if (child->is_late || now_us < child->deadline_us)
		return;
	child->is_late = true;
	kill(-child->pid, SIGKILL);
}

static int open_child_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The job's own process cannot say that it was killed. */
static void write_limit(const char *directory, const char *sentence)
{
	g_autofree char *path = g_build_filename(directory,
						 JOB_DIAGNOSTICS_FILE, NULL);
	g_autofree char *text = g_strdup_printf("error: %s\n", sentence);

	job_write(path, text, strlen(text), NULL);
}

/* The status to report for a child that ended as @status says. */
static int child_result(const struct child *child, int status)
{
	int signal;

	/* What it started and left behind ends with it. */
	kill(-child->pid, SIGKILL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal = WTERMSIG(status);
	if (child->is_late) {
		g_autofree char *sentence = g_strdup_printf(
			"the compile was stopped: it took more than %d s",
			JOB_DEADLINE_S);

		write_limit(child->directory, sentence);
		return JOB_LIMIT;
	}
	if (signal == SIGXCPU || signal == SIGKILL || signal == SIGABRT ||
	    signal == SIGXFSZ || signal == SIGTRAP) {
		write_limit(child->directory,
			    "the compile was stopped: it took more memory or "
			    "processor time than a compile may");
		return JOB_LIMIT;
	}
	return 128 + signal;
}

static int poll_timeout_ms(const GPtrArray *running)
{
	gint64 first_us = G_MAXINT64, left_us;

	for (guint i = 0; i < running->len; i++) {
		const struct child *child = running->pdata[i];

		if (!child->is_late)
			first_us = MIN(first_us, child->deadline_us);
	}
	if (first_us == G_MAXINT64)
		return -1;
	left_us = first_us - g_get_monotonic_time();
	return left_us < 0 ? 0 : (int)(left_us / 1000 + 1);
}

static void report(const char *directory, int result)
{
	printf("%s %d\n", directory, result);
	fflush(stdout);
}

/* A process for the job: the spare one, or a new one. */
static struct child *start(struct server *server, const char *directory)
{
	struct child *spare = g_steal_pointer(&server->spare);

	server->has_begun = true;
	if (spare && child_order(spare, directory))
		return spare;
	child_free(spare);
	return child_start(server->compiler, directory);
}

static void start_waiting(struct server *server)
{
	while (server->running->len < MAX_RUNNING &&
	       !g_queue_is_empty(&server->waiting)) {
		g_autofree char *directory = g_queue_pop_head(&server->waiting);
		struct child *child = start(server, directory);

		if (child)
			g_ptr_array_add(server->running, child);
		else
			report(directory, JOB_LIMIT);
	}
}

static void reap(struct server *server)
{
	struct signalfd_siginfo info;

	while (read(server->signal_fd, &info, sizeof(info)) > 0)
		;
	if (server->spare &&
	    waitpid(server->spare->pid, NULL, WNOHANG) == server->spare->pid)
		g_clear_pointer(&server->spare, child_free);
	for (guint i = server->running->len; i-- > 0;) {
		struct child *child = server->running->pdata[i];
		int status;

		if (waitpid(child->pid, &status, WNOHANG) != child->pid)
			continue;
		status = child_result(child, status);
		if (child->result_fd >= 0)
			report(child->directory, status);
		g_ptr_array_remove_index(server->running, i);
	}
}

/* The child is about to end. One that is killed says nothing before. */
static void take_result(struct child *child)
{
	unsigned char status;

	if (read(child->result_fd, &status, 1) != 1)
		return;
	close_fd(&child->result_fd);
	report(child->directory, status);
}

static void take_lines(struct server *server)
{
	char *newline;

	while ((newline = memchr(server->input->str, '\n',
				 server->input->len))) {
		gsize n = newline - server->input->str;

		if (n)
			g_queue_push_tail(&server->waiting,
					  g_strndup(server->input->str, n));
		g_string_erase(server->input, 0, n + 1);
	}
}

static void read_input(struct server *server)
{
	char buffer[4096];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0 || server->input->len > MAX_LINE_BYTES) {
		server->at_end = true;
		return;
	}
	g_string_append_len(server->input, buffer, n);
	take_lines(server);
}

static bool wants_spare(const struct server *server)
{
	return !server->spare && !server->running->len;
}

static int timeout_ms(const struct server *server)
{
	if (!wants_spare(server))
		return poll_timeout_ms(server->running);
	return server->has_begun ? SPARE_DELAY_MS : 0;
}

static bool serve_step(struct server *server)
{
	guint n_running = server->running->len;
	struct pollfd fds[2 + MAX_RUNNING] = {
		{.fd = server->signal_fd, .events = POLLIN},
		{.fd = server->at_end ? -1 : STDIN_FILENO, .events = POLLIN},
	};
	gint64 now_us;
	int n;

	for (guint i = 0; i < n_running; i++) {
		const struct child *child = server->running->pdata[i];

		fds[2 + i].fd = child->result_fd;
		fds[2 + i].events = POLLIN;
	}
	n = poll(fds, 2 + n_running, timeout_ms(server));
	if (n < 0 && errno != EINTR)
		return false;
	if (n == 0 && wants_spare(server)) {
		server->spare = child_start_spare(server->compiler);
		server->has_begun = true;
	}
	now_us = g_get_monotonic_time();
	for (guint i = 0; i < n_running; i++) {
		child_kill_late(server->running->pdata[i], now_us);
		if (n > 0 && fds[2 + i].revents & POLLIN)
			take_result(server->running->pdata[i]);
	}
	if (fds[0].revents)
		reap(server);
	if (fds[1].revents)
		read_input(server);
	start_waiting(server);
	return true;
}

static void end_all(struct server *server)
{
	if (server->spare)
		kill(-server->spare->pid, SIGKILL);
	for (guint i = 0; i < server->running->len; i++) {
		const struct child *child = server->running->pdata[i];

		kill(-child->pid, SIGKILL);
	}
}

int serve(struct compiler *compiler)
{
	struct server server = {
		.compiler = compiler,
		.running = g_ptr_array_new_with_free_func(
			(GDestroyNotify)child_free),
		.waiting = G_QUEUE_INIT,
		.input = g_string_new(NULL),
		.signal_fd = open_child_signals(),
	};
	g_autoptr(GError) error = NULL;

	if (server.signal_fd < 0 ||
	    !compiler_load_types(compiler, "/sys/kernel/btf/vmlinux", &error)) {
		fprintf(stderr, "probefs-compile: %s\n",
			error ? error->message : g_strerror(errno));
		return 1;
	}
	/* A spare process, or its clang, may be dead when it is written to. */
	signal(SIGPIPE, SIG_IGN);
	/* Whoever asked is gone at the end of input: so are the answers. */
	while (!server.at_end && serve_step(&server))
		;
	end_all(&server);
	child_free(server.spare);
	g_ptr_array_unref(server.running);
	g_queue_clear_full(&server.waiting, g_free);
	g_string_free(server.input, TRUE);
	close(server.signal_fd);
	return 0;
}

int serve_one(struct compiler *compiler, const char *directory)
{
	g_autoptr(GPtrArray) running = g_ptr_array_new_with_free_func(
		(GDestroyNotify)child_free);
	struct pollfd fd = {.fd = open_child_signals(), .events = POLLIN};
	struct child *child = child_start(compiler, directory);
	int status;

	if (!child || fd.fd < 0)
		return JOB_LIMIT;
	g_ptr_array_add(running, child);
	while (waitpid(child->pid, &status, WNOHANG) == 0) {
		struct signalfd_siginfo info;

		poll(&fd, 1, poll_timeout_ms(running));
		child_kill_late(child, g_get_monotonic_time());
		while (read(fd.fd, &info, sizeof(info)) > 0)
			;
	}
	close(fd.fd);
	return child_result(child, status);
}
