// SPDX-License-Identifier: GPL-2.0-only
/*
 * hand.c - `hand OBJECT PROGRAM`: attaches that program of hand.bpf.o, says
 * "ready", and throws away what comes until it is terminated. Then prints how
 * many records came.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	is_over = 1;
}

static int count(void *data, void *record, size_t n_bytes)
{
	++*(unsigned long *)data;
	return 0;
}

static int run(struct bpf_object *object, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, "ring");
	struct bpf_program *program = bpf_object__find_program_by_name(object,
								       name);
	unsigned long n_records = 0;
	struct ring_buffer *ring = ring_buffer__new(fd, count, &n_records,
						    NULL);
	struct bpf_link *link = bpf_program__attach(program);

	if (!ring || libbpf_get_error(link)) {
		fprintf(stderr, "hand: cannot attach\n");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!is_over) {
		ring_buffer__consume(ring);
		usleep(1000);
	}
	bpf_link__destroy(link);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	printf("%lu\n", n_records);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;
	int status;

	signal(SIGTERM, end);
	if (argc < 3)
		return 2;
	object = bpf_object__open_file(argv[1], NULL);
	if (libbpf_get_error(object))
		return 1;
	bpf_object__for_each_program(program, object) bpf_program__set_autoload(
		program, !strcmp(bpf_program__name(program), argv[2]));
	if (bpf_object__load(object))
		return 1;
	status = run(object, argv[2]);
	bpf_object__close(object);
	return status;
}
