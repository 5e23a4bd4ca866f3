// SPDX-License-Identifier: GPL-2.0-only
/*
 * lone_event.c - `lone_event OUTPUT N`: how long a single event takes to a
 * blocked reader. A child blocks in a read of OUTPUT; the parent makes a
 * write(2) to /dev/null, which a program must trace, and waits until the
 * child has read it. Prints the 50th and the 99th percentile of N in
 * microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Long enough for the daemon to have gone to sleep. */
#define PAUSE_US   30000
#define MAX_EVENTS 10000

struct shared {
	volatile uint64_t sent_ns;
	volatile uint64_t read_ns;
	uint32_t n_read; /* a futex: a write(2) would be traced as well */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Note when a line of the parent's comes. */
static void read_events(const char *output, struct shared *shared)
{
	static char buffer[65536];
	int fd = open(output, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		perror(output);
		_exit(1);
	}
	while ((n = read(fd, buffer, sizeof(buffer) - 1)) > 0) {
		buffer[n] = 0;
		if (!shared->sent_ns || !strstr(buffer, "lone_event"))
			continue;
		shared->read_ns = now_ns();
		__atomic_add_fetch(&shared->n_read, 1, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &shared->n_read, FUTEX_WAKE, 1, NULL);
	}
	_exit(1);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * The time of one event, or 0 when it does not come within a second. Sleeps
 * meanwhile: who spins takes a CPU from those whose time is measured.
 */
static uint64_t measure(int null, struct shared *shared)
{
	const struct timespec second = {.tv_sec = 1};
	uint32_t n_read;

	usleep(PAUSE_US);
	n_read = __atomic_load_n(&shared->n_read, __ATOMIC_SEQ_CST);
	shared->sent_ns = now_ns();
	if (write(null, "x", 1) != 1)
		return 0;
	syscall(SYS_futex, &shared->n_read, FUTEX_WAIT, n_read, &second);
	if (__atomic_load_n(&shared->n_read, __ATOMIC_SEQ_CST) == n_read)
		return 0;
	return shared->read_ns - shared->sent_ns;
}

int main(int argc, char **argv)
{
	static uint64_t times[MAX_EVENTS];
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (argc < 2 || !n || n > MAX_EVENTS || shared == MAP_FAILED)
		return 2;
	child = fork();
	if (!child)
		read_events(argv[1], shared);
	usleep(300000);
	for (size_t i = 0; i < n; i++) {
		times[i] = measure(null, shared);
		if (!times[i]) {
			fprintf(stderr, "event %zu did not come\n", i);
			kill(child, SIGKILL);
			return 1;
		}
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	qsort(times, n, sizeof(times[0]), compare);
	printf("%.1f %.1f\n", (double)times[n / 2] / 1e3,
	       (double)times[n * 99 / 100] / 1e3);
	return 0;
}
