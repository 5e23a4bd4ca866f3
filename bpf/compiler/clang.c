/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clang.c - clang as a child process. The driver, not -cc1: it runs cc1 in
 * its own process, costs under a millisecond and has flags that stay. Must
 * not know what a job or a dialect is beyond the flags that follow from it.
 */
#include "clang.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/error.h"

static const char *const common_flags[] = {
	"-target",
	"bpf",
	"-g",
	"-O2",
	"-mcpu=v3",
	/* Only clang's own headers: those of the C library are not for BPF. */
	"-nostdlibinc",
	"-fno-stack-protector",
	/* Paths of this machine do not belong into objects. */
	"-fdebug-compilation-dir=.",
	"-fno-crash-diagnostics",
	"-ferror-limit=20",
	"-Wno-unknown-attributes",
	/* The lowering checks formats, by what BPF can pass: here long and
	 * long long are the same. */
	"-Wno-format",
	/* A source may have been written where our macros were missing. */
	"-Wno-macro-redefined",
	"-D__PROBEFS__",
	"-D__TARGET_ARCH_" PROBEFS_TARGET_ARCH,
	/* What our headers of the same names stand in front of. */
	"-D__PROBEFS_LIBBPF_HELPERS_H=\"" PROBEFS_LIBBPF_INCLUDE
	"/bpf_helpers.h\"",
	"-D__PROBEFS_LIBBPF_TRACING_H=\"" PROBEFS_LIBBPF_INCLUDE
	"/bpf_tracing.h\"",
	"-D__PROBEFS_LIBBPF_CORE_READ_H=\"" PROBEFS_LIBBPF_INCLUDE
	"/bpf_core_read.h\"",
	"-D__PROBEFS_LIBBPF_ENDIAN_H=\"" PROBEFS_LIBBPF_INCLUDE
	"/bpf_endian.h\"",
	"-D__PROBEFS_LIBBPF_USDT_H=\"" PROBEFS_LIBBPF_INCLUDE "/usdt.bpf.h\"",
	"-D__PROBEFS_LIBBPF_HELPER_DEFS_H=\"" PROBEFS_LIBBPF_INCLUDE
	"/bpf_helper_defs.h\"",
	NULL,
};

static void add(GPtrArray *argv, const char *argument)
{
	g_ptr_array_add(argv, g_strdup(argument));
}

static void add_all(GPtrArray *argv, const char *const *arguments)
{
	for (; *arguments; arguments++)
		add(argv, *arguments);
}

/* Not -O0: that leaves marks that forbid to optimise later. */
static const char *const bitcode_flags[] = {
	"-Xclang", "-disable-llvm-passes", "-emit-llvm", "-c", NULL,
};

static const char *const preprocess_flags[] = {"-E", "-w", NULL};

/* What is the same for every source. */
static GPtrArray *command_new(enum clang_output output, const char *include_dir)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	add(argv, PROBEFS_CLANG);
	add_all(argv, common_flags);
	add_all(argv,
		output == CLANG_BITCODE ? bitcode_flags : preprocess_flags);
	/* The headers of the kernel's and the library's names are in a
	 * directory of their own, out of the daemon's build's sight. */
	add(argv, "-isystem");
	add(argv, include_dir);
	add(argv, "-isystem");
	g_ptr_array_add(argv, g_build_filename(include_dir, "programs", NULL));
	return argv;
}

static GPtrArray *command(const struct clang_input *input,
			  enum clang_output output, const char *path)
{
	GPtrArray *argv = command_new(output, input->include_dir);

	for (guint i = 0; i < input->cflags->len; i++)
		add(argv, input->cflags->pdata[i]);
	add(argv, "-isystem");
	add(argv, input->stand_ins);
	add(argv, "-include");
	add(argv, input->prelude);
	add(argv, "-o");
	add(argv, path);
	add(argv, input->source);
	g_ptr_array_add(argv, NULL);
	return argv;
}

static bool fail_limit(int signal, const char *messages, GError **error)
{
	if (signal == SIGXCPU || signal == SIGKILL)
		probefs_set_error(error, ETIME,
				  "the compiler was stopped: the source takes "
				  "more processor time than a compile may");
	else if (strstr(messages, "out of memory") ||
		 strstr(messages, "bad_alloc") || signal == SIGABRT)
		probefs_set_error(error, ENOMEM,
				  "the compiler was stopped: the source takes "
				  "more memory than a compile may");
	else
		probefs_set_error(error, EIO, "clang died of signal %d (%s)",
				  signal, g_strsignal(signal));
	return false;
}

/* clang's status, as wait gives it, to our result. */
static bool check_status(int status, char **messages, GError **error)
{
	int signal = 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFSIGNALED(status))
		signal = WTERMSIG(status);
	else if (WEXITSTATUS(status) > 128) /* its driver's own report */
		signal = WEXITSTATUS(status) - 128;
	else if (strstr(*messages, "LLVM ERROR: out of memory"))
		signal = SIGABRT;
	if (!signal) {
		probefs_set_error(error, EINVAL, "the source has errors");
		return false;
	}
	fail_limit(signal, *messages, error);
	g_clear_pointer(messages, g_free);
	return false;
}

bool clang_run(const struct clang_input *input, enum clang_output output,
	       const char *path, char **messages, GError **error)
{
	g_autoptr(GPtrArray) argv = command(input, output, path);
	g_autoptr(GError) cause = NULL;
	char *environment[] = {NULL};
	int status;

	*messages = NULL;
	/* Leaving descriptors open lets GLib use posix_spawn, without a copy
	 * of our address space; all of ours are close-on-exec. */
	if (!g_spawn_sync(NULL, (char **)argv->pdata, environment,
			  G_SPAWN_LEAVE_DESCRIPTORS_OPEN |
				  G_SPAWN_STDOUT_TO_DEV_NULL,
			  NULL, NULL, NULL, messages, &status, &cause)) {
		probefs_set_error(error, EIO, "cannot run clang: %s",
				  cause->message);
		return false;
	}
	return check_status(status, messages, error);
}

struct clang_spare {
	pid_t pid;       /* 0: has been waited for */
	int in_fd;       /* a pipe: the source */
	int out_fd;      /* a file in memory: the bitcode */
	int messages_fd; /* a file in memory */
};

static int spawn_spare(struct clang_spare *spare, int source_fd,
		       GPtrArray *argv)
{
	posix_spawn_file_actions_t actions;
	char *environment[] = {NULL};
	int result;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, source_fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, spare->out_fd,
					 STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, spare->messages_fd,
					 STDERR_FILENO);
	result = posix_spawn(&spare->pid, argv->pdata[0], &actions, NULL,
			     (char **)argv->pdata, environment);
	posix_spawn_file_actions_destroy(&actions);
	return result;
}

struct clang_spare *clang_spare_new(const char *include_dir)
{
	static const char *const from_input[] = {"-x", "c", "-", "-o", "-"};
	g_autoptr(GPtrArray) argv = command_new(CLANG_BITCODE, include_dir);
	struct clang_spare *spare = g_new0(struct clang_spare, 1);
	int source[2] = {-1, -1};
	int result = -1;

	for (size_t i = 0; i < G_N_ELEMENTS(from_input); i++)
		add(argv, from_input[i]);
	g_ptr_array_add(argv, NULL);
	spare->out_fd = memfd_create("bitcode", MFD_CLOEXEC);
	spare->messages_fd = memfd_create("messages", MFD_CLOEXEC);
	if (pipe2(source, O_CLOEXEC) == 0) {
		result = spawn_spare(spare, source[0], argv);
		close(source[0]);
	}
	spare->in_fd = source[1];
	if (result == 0)
		return spare;
	spare->pid = 0;
	clang_spare_free(spare);
	return NULL;
}

bool clang_spare_is_alive(struct clang_spare *spare)
{
	if (spare->pid && waitpid(spare->pid, NULL, WNOHANG) != 0)
		spare->pid = 0;
	return spare->pid != 0;
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

static GBytes *read_all(int fd)
{
	g_autoptr(GMappedFile)
		file = g_mapped_file_new_from_fd(fd, FALSE, NULL);

	return file ? g_mapped_file_get_bytes(file) : g_bytes_new(NULL, 0);
}

bool clang_spare_run(struct clang_spare *spare, const char *text,
		     size_t n_bytes, GBytes **bitcode, char **messages,
		     GError **error)
{
	g_autoptr(GBytes) said = NULL;
	int status;

	write_source(spare->in_fd, text, n_bytes);
	close(spare->in_fd);
	spare->in_fd = -1;
	while (waitpid(spare->pid, &status, 0) < 0 && errno == EINTR)
		;
	spare->pid = 0;
	said = read_all(spare->messages_fd);
	*messages = g_strndup(g_bytes_get_data(said, NULL),
			      g_bytes_get_size(said));
	if (!check_status(status, messages, error))
		return false;
	*bitcode = read_all(spare->out_fd);
	return true;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void clang_spare_free(struct clang_spare *spare)
{
	if (!spare)
		return;
	close_fd(spare->in_fd);
	close_fd(spare->out_fd);
	close_fd(spare->messages_fd);
	if (spare->pid) {
		kill(spare->pid, SIGKILL);
		waitpid(spare->pid, NULL, 0);
	}
	g_free(spare);
}
