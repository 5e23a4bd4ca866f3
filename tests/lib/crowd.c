// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd.c - `crowd N BLOCKED FILE`: N readers of one stream, BLOCKED of them
 * threads that wait in read(2), the others descriptors that wait in epoll.
 * Says "waiting" once all do; ends, with "seen N", when each has read a line,
 * the same for all.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_BYTES 65536
#define LINE_BYTES  256

static const char *path;
static char first[LINE_BYTES]; /* what the first thread has read */
static atomic_ulong n_seen;
static atomic_ulong n_started;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static int open_one(int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0)
		die(path);
	return fd;
}

/* One line, which must be what the others have read. */
static void take_line(int fd)
{
	char line[LINE_BYTES] = "";
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		die("read");
	pthread_mutex_lock(&lock);
	if (!*first)
		memcpy(first, line, sizeof(first));
	if (strcmp(first, line)) {
		fprintf(stderr, "crowd: %s instead of %s", line, first);
		_exit(1);
	}
	pthread_mutex_unlock(&lock);
	n_seen++;
}

static void *block(void *data)
{
	int fd = open_one(0);

	n_started++;
	take_line(fd);
	return NULL;
}

static void start_threads(unsigned long n)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (unsigned long i = 0; i < n; i++) {
		errno = pthread_create(&thread, &attributes, block, NULL);
		if (errno)
			die("pthread_create");
	}
	while (n_started < n)
		usleep(1000);
}

static int register_all(unsigned long n)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned long i = 0; i < n; i++) {
		struct epoll_event event = {.events = EPOLLIN};

		event.data.fd = open_one(O_NONBLOCK);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event))
			die("epoll_ctl");
	}
	return epoll;
}

static void wait_for_all(int epoll, unsigned long n)
{
	while (n_seen < n) {
		struct epoll_event events[64];
		int n_ready = epoll_wait(epoll, events, 64, 100);

		for (int i = 0; i < n_ready; i++) {
			int fd = events[i].data.fd;

			take_line(fd);
			epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long n_blocked = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	const struct rlimit limit = {n + 100, n + 100};
	int epoll;

	if (!n || n_blocked > n)
		return 2;
	path = argv[3];
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE");
	start_threads(n_blocked);
	epoll = register_all(n - n_blocked);
	puts("waiting");
	fflush(stdout);
	wait_for_all(epoll, n);
	printf("seen %lu\n", (unsigned long)n_seen);
	fflush(stdout);
	/* Closing them one by one is not what is measured. */
	_exit(0);
}
