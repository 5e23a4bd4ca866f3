/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version_load.c - owns the loading of a version's functions, and what the
 * kernel says when it refuses one. Knows nothing of probe points.
 */
#include "version.h"

#include "bpf/error.h"
#include "kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_LOG_BYTES ((16 << 20) - 1) /* the most that every kernel takes */
#define N_LOG_LINES 60               /* of it go into the error */

/*
 * What the runtime calls for the head of a record; a kernel or a type of
 * program that lacks it gives 0 there.
 */
static bool is_dispensable_helper(int helper)
{
	return helper == BPF_FUNC_get_attach_cookie ||
	       helper == BPF_FUNC_get_current_cgroup_id ||
	       helper == BPF_FUNC_get_current_comm ||
	       helper == BPF_FUNC_get_current_task_btf ||
	       helper == BPF_FUNC_get_current_pid_tgid;
}

static bool reads_kernel_memory(int helper)
{
	return helper == BPF_FUNC_probe_read ||
	       helper == BPF_FUNC_probe_read_str ||
	       helper == BPF_FUNC_probe_read_kernel ||
	       helper == BPF_FUNC_probe_read_kernel_str;
}

static void set_refusal(const struct version *version,
			const struct load_request *request, const char *log,
			GError **error)
{
	const struct object_function *function =
		object_function(version_object(version), request->entry);
	long at = kernel_log_instruction(log);
	g_autofree char *reason = kernel_log_reason(log);
	g_autofree char *line = NULL;
	const char *hint = reason ? kernel_log_hint(reason) : NULL;

	if (reads_kernel_memory(kernel_log_refused_helper(log))) {
		probefs_set_error(error, EOPNOTSUPP,
				  "%s reads kernel memory, which this kernel "
				  "forbids (lockdown=confidentiality)\n%s",
				  request->function,
				  kernel_log_tail(log, N_LOG_LINES));
		return;
	}
	if (at >= 0)
		line = object_line(version_object(version), function, at);
	probefs_set_error(error, EINVAL,
			  "%s%sthe kernel's verifier refuses %s: %s%s%s%s\n%s",
			  line ? line : "", line ? ": " : "", request->function,
			  reason ? reason : "it gives no reason",
			  hint ? " (" : "", hint ? hint : "", hint ? ")" : "",
			  kernel_log_tail(log, N_LOG_LINES));
}

static void set_load_error(const struct version *version,
			   const struct load_request *request, int err,
			   const char *verifier_log, const char *libbpf_log,
			   GError **error)
{
	const char *last = strrchr(libbpf_log, '\n');

	if (*verifier_log) {
		set_refusal(version, request, verifier_log, error);
		return;
	}
	last = last ? last + 1 : libbpf_log;
	if (err == EPERM)
		probefs_set_error(error, EPERM,
				  "the kernel may not load %s: it is locked "
				  "down, or probefs lacks CAP_BPF and "
				  "CAP_PERFMON\n%s",
				  request->function, libbpf_log);
	else
		probefs_set_error(error, err == ENOMEM ? ENOMEM : EINVAL,
				  "%s cannot be loaded: %s\n%s",
				  request->function,
				  *last ? last : g_strerror(err), libbpf_log);
}

static bool prepare_program(struct bpf_object *opened,
			    const struct load_request *request, char *log)
{
	struct bpf_program *program;
	bool is_found = false;

	bpf_object__for_each_program(program, opened)
	{
		bool is_wanted = !strcmp(bpf_program__name(program),
					 request->entry);

		bpf_program__set_autoload(program, is_wanted);
		if (!is_wanted)
			continue;
		is_found = true;
		bpf_program__set_type(program, request->type);
		bpf_program__set_expected_attach_type(program,
						      request->attach_type);
		bpf_program__set_log_buf(program, log, N_LOG_BYTES);
		if (request->attach_target &&
		    bpf_program__set_attach_target(program, 0,
						   request->attach_target))
			return false;
	}
	return is_found;
}

/*
 * A path to the types that the object is relocated against, or NULL. @fd is
 * to be closed when they have been read.
 */
static char *open_types(const struct version *version, int *fd)
{
	GBytes *types = object_types(version_object(version));
	size_t n_bytes = 0;
	const void *bytes = types ? g_bytes_get_data(types, &n_bytes) : NULL;

	*fd = types ? memfd_create("types", MFD_CLOEXEC) : -1;
	if (*fd < 0)
		return NULL;
	if (write(*fd, bytes, n_bytes) == (ssize_t)n_bytes)
		return g_strdup_printf("/proc/self/fd/%d", *fd);
	close(*fd);
	*fd = -1;
	return NULL;
}

/* @types: the path of the BTF to relocate against; NULL: the kernel's. */
static int load_with_types(const struct version *version,
			   const struct load_request *request, GBytes *elf,
			   const char *types, char *log)
{
	LIBBPF_OPTS(bpf_object_open_opts, options,
		    .object_name = object_name(version_object(version)),
		    .btf_custom_path = types);
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);
	struct bpf_object *opened = bpf_object__open_mem(bytes, n_bytes,
							 &options);
	struct bpf_map *map;
	int fd = -1;

	if (!opened)
		return -1;
	bpf_object__for_each_map(map, opened)
	{
		int own = version_map_fd(version, bpf_map__name(map));

		if (own >= 0)
			bpf_map__reuse_fd(map, own);
	}
	if (prepare_program(opened, request, log) && !bpf_object__load(opened))
		fd = fcntl(bpf_program__fd(bpf_object__find_program_by_name(
				   opened, request->entry)),
			   F_DUPFD_CLOEXEC, 0);
	int err = errno;
	bpf_object__close(opened);
	errno = err;
	return fd;
}

static int load_once(const struct version *version,
		     const struct load_request *request, GBytes *elf, char *log)
{
	int types_fd;
	g_autofree char *types = open_types(version, &types_fd);
	int fd = load_with_types(version, request, elf, types, log);
	int err = errno;

	if (types_fd >= 0)
		close(types_fd);
	errno = err;
	return fd;
}

int version_load(const struct version *version,
		 const struct load_request *request, GError **error)
{
	g_autoptr(GBytes)
		elf = g_bytes_ref(object_loadable(version_object(version)));
	/* Not touched, not used: the kernel fills it only on a refusal. */
	g_autofree char *log = g_malloc(N_LOG_BYTES);

	for (;;) {
		g_autofree char *libbpf_log = NULL;
		GBytes *patched;
		int err, fd, helper;

		log[0] = '\0';
		kernel_log_begin();
		fd = load_once(version, request, elf, log);
		err = errno;
		libbpf_log = kernel_log_end();
		if (fd >= 0)
			return fd;
		helper = kernel_log_refused_helper(log);
		if (!is_dispensable_helper(helper)) {
			set_load_error(version, request, err, log, libbpf_log,
				       error);
			return -1;
		}
		patched = object_without_helper(elf, helper);
		g_bytes_unref(elf);
		elf = patched;
	}
}
