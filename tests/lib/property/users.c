// SPDX-License-Identifier: GPL-2.0-only
/*
 * users.c - a process a user. A shell cannot do it: what it starts in the
 * background ignores SIGINT, and it waits without a limit.
 */
#include <stdbool.h>

#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"

/* For how long STOP stops. */
#define STOPPED_MS 100

static void die(const char *what)
{
	perror(what);
	_exit(2);
}

/* Does not return. A session of its own, which gets the signal. */
static void run(const struct step *step)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	execlp(step->shell, step->shell, "-c", step->command, NULL);
	die(step->shell);
}

/* Has the process of the pidfd @fd ended? It is waited for that long. */
static bool has_ended(int fd, unsigned int ms)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};

	return poll(&end, 1, (int)ms) > 0;
}

static void disturb(pid_t pid, int fd, const struct step *step)
{
	int number = plan_signal(step->signal);

	if (!number || has_ended(fd, step->ms))
		return;
	kill(-pid, number);
	if (number != SIGSTOP)
		return;
	usleep(STOPPED_MS * 1000);
	kill(-pid, SIGCONT);
}

/* Where in the kernel it waits. */
static void say_that_it_hangs(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stack", pid);
	g_autofree char *stack = NULL;

	g_file_get_contents(path, &stack, NULL, NULL);
	printf("hangs:\n%s\n", stack ? stack : "");
	kill(-pid, SIGKILL);
}

static bool run_step(const struct step *step, unsigned int limit_s)
{
	pid_t pid = fork();
	bool ended;
	int fd, status;

	if (pid < 0)
		die("fork");
	if (!pid)
		run(step);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		die("pidfd_open");
	disturb(pid, fd, step);
	ended = has_ended(fd, limit_s * 1000);
	close(fd);
	if (!ended) {
		say_that_it_hangs(pid);
		return false;
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	printf("status %d\n", WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						  : WEXITSTATUS(status));
	return true;
}

/* Does not return; exit status 1: one of them hangs. */
static void be_user(const GPtrArray *plan, unsigned int user,
		    const char *directory, unsigned int limit_s)
{
	g_autofree char *log = g_strdup_printf("%s/log.%u", directory, user);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0)
		die(log);
	close(fd);
	setlinebuf(stdout);
	for (guint i = 0; i < plan->len; i++) {
		const struct step *step = plan->pdata[i];

		if (step->user != user)
			continue;
		printf("$ %s\n", step->command);
		if (!run_step(step, limit_s))
			_exit(1);
	}
	_exit(0);
}

bool users_run(const GPtrArray *plan, const char *directory,
	       unsigned int limit_s)
{
	const struct step *last = plan->pdata[plan->len - 1];
	bool all_ended = true;
	int status;

	fflush(NULL);
	for (unsigned int user = 0; user <= last->user; user++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			be_user(plan, user, directory, limit_s);
	}
	while (wait(&status) > 0)
		if (status)
			all_ended = false;
	return all_ended;
}
