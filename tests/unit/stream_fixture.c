// SPDX-License-Identifier: GPL-2.0-only
/* stream_fixture.c - programs and readers without a kernel. */
#include "stream_fixture.h"

#include "bpf/streams/ring.h"

static const char *describe_cookie(uint64_t cookie, void *data)
{
	return cookie == 7 ? "kprobes/sys_clone" : NULL;
}

struct stream_hub *stream_test_hub(uint64_t backlog_bytes)
{
	struct stream_hub_config config = {.backlog_bytes = backlog_bytes,
					   .exclude_readers = true,
					   .excluded_slack_ns = 12345,
					   .describe_cookie = describe_cookie};

	return stream_hub_new(&config, NULL);
}

void program_connect(struct program *program)
{
	static const uint16_t args[] = {8};
	static const uint16_t long_args[] = {3000};
	g_autoptr(GByteArray) section = g_byte_array_new();
	g_autoptr(GBytes) formats = NULL;
	g_autoptr(GError) error = NULL;
	struct ring ring;

	fake_formats_add(section, "n=%llu\n", args, 1);
	fake_formats_add(section, "two\nlines %llu", args, 1);
	fake_formats_add(section, "%s", long_args, 1);
	formats = g_bytes_new(section->data, section->len);
	ring_init(&ring, program->fake.fd, program->fake.n_bytes, &error);
	g_assert_no_error(error);
	program->ring = stream_ring_new(program->stream, program->fake.fd,
					&ring, &program->fake.control, formats,
					NULL, &error);
	g_assert_no_error(error);
}

struct program program_new(struct stream_hub *hub, const char *name)
{
	struct program program = {};

	fake_ring_init(&program.fake, RING_BYTES);
	program.stream = stream_new(hub, name);
	return program;
}

void program_free(struct program *program)
{
	stream_ring_free(program->ring);
	stream_free(program->stream);
	fake_ring_clear(&program->fake);
}

void count_ready(void *data)
{
	++*(unsigned *)data;
}

struct engine_reader *open_reader(struct stream_hub *hub, struct stream *stream,
				  enum engine_stream_format format,
				  unsigned *n_ready)
{
	return stream_reader_new(hub, stream, format, 0, count_ready, n_ready);
}

void turn_loop(unsigned ms)
{
	gint64 end = g_get_monotonic_time() + ms * 1000;

	do {
		g_main_context_iteration(NULL, false);
	} while (g_get_monotonic_time() < end);
}

char *read_all(struct engine_reader *reader, size_t size)
{
	GString *all = g_string_new(NULL);
	g_autofree char *buffer = g_malloc(size);
	ssize_t n;

	turn_loop(3);
	while ((n = engine_reader_read(reader, buffer, size)) > 0)
		g_string_append_len(all, buffer, n);
	if (n < 0)
		g_string_append(all, "END");
	return g_string_free(all, false);
}

void one_init(struct one *one, uint64_t backlog_bytes)
{
	*one = (struct one){.hub = stream_test_hub(backlog_bytes)};
	one->program = program_new(one->hub, "hello");
	program_connect(&one->program);
	one->reader = open_reader(one->hub, one->program.stream,
				  ENGINE_STREAM_TEXT, &one->n_ready);
}

void one_clear(struct one *one)
{
	engine_reader_free(one->reader);
	program_free(&one->program);
	stream_hub_free(one->hub);
}
