// SPDX-License-Identifier: GPL-2.0-only
/*
 * write_loop.c - `write_loop N`: N one-byte writes to /dev/null in a row.
 * Prints nanoseconds a write.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t begin = now_ns();

	for (unsigned long i = 0; i < n; i++)
		if (write(fd, "x", 1) != 1)
			return 1;
	printf("%.1f\n", (double)(now_ns() - begin) / (double)n);
	return 0;
}
