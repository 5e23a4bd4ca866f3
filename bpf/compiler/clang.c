/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clang.c - clang as a child process. The driver, not -cc1: it runs cc1 in
 * its own process, costs under a millisecond and has flags that stay. Must
 * not know what a job or a dialect is beyond the flags that follow from it.
 */
#include "clang.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "bpf/error.h"

static const char *const common_flags[] = {
	"-target",
	"bpf",
	/* DWARF 5 would have a checksum of every header, which BTF has not. */
	"-gdwarf-4",
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

GPtrArray *clang_command(enum clang_output output, const char *include_dir)
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
	GPtrArray *argv = clang_command(output, input->include_dir);

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

bool clang_check_status(int status, char **messages, GError **error)
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
	return clang_check_status(status, messages, error);
}
