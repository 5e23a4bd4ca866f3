/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spare.c - owns the clang that waits: its process and its pipes. Must not
 * know what a job is.
 */
#include "spare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clang.h"

struct spare {
	pid_t pid;       /* 0: has been waited for */
	int in_fd;       /* a pipe: the source; -1 when it was written */
	int out_fd;      /* a pipe: the bitcode */
	int messages_fd; /* a file in memory */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int spawn(struct spare *spare, int in_fd, int out_fd, GPtrArray *argv)
{
	posix_spawn_file_actions_t actions;
	/* The dynamic linker does all of its work while nobody waits. */
	char *environment[] = {(char[]){"LD_BIND_NOW=1"}, NULL};
	int result;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, spare->messages_fd,
					 STDERR_FILENO);
	result = posix_spawn(&spare->pid, argv->pdata[0], &actions, NULL,
			     (char **)argv->pdata, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (result)
		spare->pid = 0;
	return result;
}

static GPtrArray *command(const char *include_dir)
{
	GPtrArray *argv = clang_command(CLANG_BITCODE, include_dir);

	g_ptr_array_add(argv, g_strdup("-x"));
	g_ptr_array_add(argv, g_strdup("c"));
	g_ptr_array_add(argv, g_build_filename(include_dir, SPARE_FILE, NULL));
	g_ptr_array_add(argv, g_strdup("-o"));
	g_ptr_array_add(argv, g_strdup("-"));
	g_ptr_array_add(argv, NULL);
	return argv;
}

struct spare *spare_new(const char *include_dir)
{
	g_autoptr(GPtrArray) argv = command(include_dir);
	struct spare *spare = g_new0(struct spare, 1);
	int in[2] = {-1, -1}, out[2] = {-1, -1};

	spare->messages_fd = memfd_create("messages", MFD_CLOEXEC);
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
		spawn(spare, in[0], out[1], argv);
	close_fd(&in[0]);
	close_fd(&out[1]);
	spare->in_fd = in[1];
	spare->out_fd = out[0];
	if (!spare->pid)
		g_clear_pointer(&spare, spare_free);
	return spare;
}

bool spare_is_alive(struct spare *spare)
{
	if (spare->pid && waitpid(spare->pid, NULL, WNOHANG) != 0)
		spare->pid = 0;
	return spare->pid && spare->in_fd >= 0;
}

/* clang may end before it has read all: its messages say why. */
static void write_source(int fd, const char *text, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(fd, text, n_bytes);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			n_bytes -= n;
		}
	}
}

static uint32_t word(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

size_t bitcode_length(const void *bytes, size_t n_bytes)
{
	static const uint8_t magic[] = {'B', 'C', 0xc0, 0xde};
	enum { ENTER_SUBBLOCK = 1, STRTAB_BLOCK = 23 };
	const uint8_t *at = bytes;
	size_t end = sizeof(magic);

	if (n_bytes < end || memcmp(at, magic, end) != 0)
		return 0;
	/* A block: two bits of abbreviation, eight of id, its length. */
	while (end + 8 <= n_bytes) {
		uint32_t head = word(at + end);

		if ((head & 3) != ENTER_SUBBLOCK)
			return 0;
		end += 8 + (size_t)word(at + end + 4) * 4;
		if (end > n_bytes)
			return 0;
		if ((head >> 2 & 0xff) == STRTAB_BLOCK)
			return end;
	}
	return 0;
}

/* Up to the module's end, or the output's, when clang has failed. */
static bool read_module(int fd, GByteArray *module)
{
	uint8_t buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			g_byte_array_append(module, buffer, n);
		if (bitcode_length(module->data, module->len))
			return true;
	}
	return false;
}

static char *read_messages(int fd)
{
	g_autoptr(GMappedFile)
		file = g_mapped_file_new_from_fd(fd, FALSE, NULL);

	return file ? g_strndup(g_mapped_file_get_contents(file),
				g_mapped_file_get_length(file))
		    : g_strdup("");
}

bool spare_run(struct spare *spare, const char *text, size_t n_bytes,
	       GBytes **bitcode, char **messages, GError **error)
{
	g_autoptr(GByteArray) module = g_byte_array_new();
	int status = 0;

	write_source(spare->in_fd, text, n_bytes);
	close_fd(&spare->in_fd);
	if (!read_module(spare->out_fd, module)) {
		while (waitpid(spare->pid, &status, 0) < 0 && errno == EINTR)
			;
		spare->pid = 0;
	}
	*messages = read_messages(spare->messages_fd);
	if (!clang_check_status(status, messages, error))
		return false;
	*bitcode = g_byte_array_free_to_bytes(g_steal_pointer(&module));
	return true;
}

void spare_free(struct spare *spare)
{
	if (!spare)
		return;
	close_fd(&spare->in_fd);
	close_fd(&spare->out_fd);
	close_fd(&spare->messages_fd);
	if (spare->pid) {
		kill(spare->pid, SIGKILL);
		waitpid(spare->pid, NULL, 0);
	}
	g_free(spare);
}
