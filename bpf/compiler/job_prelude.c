/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_prelude.c - puts together what stands before the user's first line.
 * Must not know clang or the lowering.
 */
#include "job_prelude.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bpf/error.h"
#include "job.h"
#include "job_files.h"
#include "compiler.h"
#include "source.h"
#include "tracepoint_struct.h"
#include "types_index.h"
#include "types_on_demand.h"

enum { MAX_HEADERS = 64 };

static char *read_text(const char *path, gsize *n_bytes, GError **error)
{
	char *text;

	return g_file_get_contents(path, &text, n_bytes, error) ? text : NULL;
}

/* The headers of the job itself are plain names in its directory. */
static bool is_own_header(const char *name)
{
	return !strchr(name, '/') && g_file_test(name, G_FILE_TEST_IS_REGULAR);
}

static bool scan_headers(struct source_names *names, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	/* The list grows while headers are scanned. */
	for (guint i = 0; i < names->includes->len; i++) {
		const struct source_include *include =
			names->includes->pdata[i];
		g_autofree char *text = NULL;
		gsize n_bytes;

		if (!is_own_header(include->name) ||
		    g_hash_table_size(seen) >= MAX_HEADERS ||
		    !g_hash_table_add(seen, include->name))
			continue;
		text = read_text(include->name, &n_bytes, error);
		if (!text)
			return false;
		source_scan_user(names, text, n_bytes);
	}
	return true;
}

/* The types in a tracepoint's fields are types that the source needs. */
static void scan_tracepoints(struct source_names *names)
{
	for (guint i = 0; i < names->tracepoints->len; i++) {
		g_autofree char *path =
			g_build_filename(JOB_TRACEPOINTS_DIR,
					 names->tracepoints->pdata[i], NULL);
		g_auto(GStrv) parts = g_strsplit(names->tracepoints->pdata[i],
						 "/", 2);
		g_autofree char *text = NULL, *structure = NULL;
		gsize n_bytes;

		text = read_text(path, &n_bytes, NULL);
		if (text)
			structure = tracepoint_struct(parts[0], parts[1], text,
						      NULL);
		if (structure)
			source_scan_needed(names, structure, strlen(structure));
	}
}

bool prelude_scan(struct source_names *names, const char *source,
		  GError **error)
{
	g_autofree char *text = NULL;
	gsize n_bytes;

	text = read_text(source, &n_bytes, error);
	if (!text)
		return false;
	if (memchr(text, '\0', n_bytes)) {
		probefs_set_error(error, EINVAL,
				  "this is not C: it has zero bytes");
		return false;
	}
	source_scan_user(names, text, n_bytes);
	if (!scan_headers(names, error))
		return false;
	scan_tracepoints(names);
	return true;
}

static bool is_kernel_header(const char *name)
{
	static const char *const trees[] = {
		"linux/", "net/",    "uapi/",   "asm/",   "asm-generic/",
		"trace/", "scsi/",   "crypto/", "rdma/",  "generated/",
		"drm/",   "sound/",  "kernel/", "xen/",   "media/",
		"acpi/",  "target/", "keys/",   "video/", "bcc/",
	};

	if (strstr(name, "..") || !g_str_has_suffix(name, ".h"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(trees); i++) {
		if (g_str_has_prefix(name, trees[i]))
			return true;
	}
	return false;
}

static bool stand_in(const char *name, GError **error)
{
	static const char text[] = "#include <probefs/kernel.h>\n";
	g_autofree char *path = g_build_filename(STAND_INS, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	if (g_mkdir_with_parents(parent, 0755) < 0) {
		int err = errno;

		probefs_set_error(error, err, "%s: %s", parent,
				  g_strerror(err));
		return false;
	}
	return job_write(path, text, strlen(text), error);
}

bool prelude_stand_in(const struct source_names *names, const char *include_dir,
		      GError **error)
{
	for (guint i = 0; i < names->includes->len; i++) {
		const struct source_include *include =
			names->includes->pdata[i];
		g_autofree char *path = g_build_filename(include_dir,
							 "programs",
							 include->name, NULL);

		if (is_kernel_header(include->name) &&
		    !g_file_test(path, G_FILE_TEST_EXISTS) &&
		    !stand_in(include->name, error))
			return false;
	}
	return true;
}

/* Where the source names the tracepoint; 0: not in so many words. */
static guint tracepoint_line(const char *source, char **parts)
{
	g_autofree char *text = read_text(source, NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++)
		if (strstr(lines[i], parts[0]) && strstr(lines[i], parts[1]))
			return i + 1;
	return 0;
}

static void set_no_tracepoint(const char *source, char **parts, GError **error)
{
	guint line = tracepoint_line(source, parts);
	g_autofree char *place = line ? g_strdup_printf("%s:%u: ", source, line)
				      : g_strdup("");

	probefs_set_error(error, EINVAL,
			  "%sTRACEPOINT_PROBE(%s, %s): this kernel has no "
			  "tracepoint %s/%s",
			  place, parts[0], parts[1], parts[0], parts[1]);
}

static bool append_tracepoint(GString *prelude, const char *name,
			      const char *source, GError **error)
{
	g_autofree char *path = g_build_filename(JOB_TRACEPOINTS_DIR, name,
						 NULL);
	g_auto(GStrv) parts = g_strsplit(name, "/", 2);
	g_autofree char *text = NULL, *structure = NULL;
	gsize n_bytes;

	text = read_text(path, &n_bytes, NULL);
	if (!text) {
		set_no_tracepoint(source, parts, error);
		return false;
	}
	structure = tracepoint_struct(parts[0], parts[1], text, error);
	if (!structure)
		return false;
	g_string_append(prelude, structure);
	return true;
}

static bool append_tracepoints(GString *prelude,
			       const struct source_names *names,
			       const char *source, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < names->tracepoints->len; i++) {
		if (g_hash_table_add(seen, names->tracepoints->pdata[i]) &&
		    !append_tracepoint(prelude, names->tracepoints->pdata[i],
				       source, error))
			return false;
	}
	return true;
}

/* Tools choose by it: #if LINUX_VERSION_CODE >= KERNEL_VERSION(…). */
static void append_version(GString *prelude)
{
	unsigned major = 0, minor = 0, patch = 0;
	struct utsname name;

	if (uname(&name) < 0 ||
	    sscanf(name.release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return;
	g_string_append_printf(prelude, "#define LINUX_VERSION_CODE %u\n",
			       major << 16 | minor << 8 | MIN(patch, 255));
}

/*
 * A few of the kernel's options that tools ask for with #ifdef. BTF does not
 * say them, but has the types that only a kernel with the option has.
 */
static void append_options(GString *prelude, const struct types_index *types)
{
	static const struct {
		const char *option, *type;
	} options[] = {
		{"CONFIG_NET_NS", "#net"},
		{"CONFIG_NUMA", "#mempolicy"},
		{"CONFIG_SLUB", "#kmem_cache_cpu"},
		{"CONFIG_X86_64", "#desc_ptr"},
		{"CONFIG_CGROUPS", "#cgroup"},
		{"CONFIG_ARCH_HAS_SYSCALL_WRAPPER", "#desc_ptr"},
		{"CONFIG_DYNAMIC_MEMORY_LAYOUT", "#desc_ptr"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (types_index_has(types, options[i].type))
			g_string_append_printf(prelude, "#define %s 1\n",
					       options[i].option);
	}
}

/* BCC names the inner map of a map of maps in a string. */
static void append_inner_maps(GString *prelude,
			      const struct source_names *names)
{
	for (guint i = 0; i + 1 < names->inner_maps->len; i += 2)
		g_string_append_printf(
			prelude, "#define __PROBEFS_INNER_%s %s\n",
			(const char *)names->inner_maps->pdata[i],
			(const char *)names->inner_maps->pdata[i + 1]);
}

/* The user's -D must not reach into the kernel's types. */
static void append_flag_macros(GString *prelude, const struct job *job,
			       const char *action, bool undefines)
{
	for (guint i = 0; i < job->cflags->len; i++) {
		const char *flag = job->cflags->pdata[i];
		int n;

		if (!g_str_has_prefix(flag, "-D"))
			continue;
		n = strcspn(flag + 2, "=( ");
		g_string_append_printf(prelude, "#pragma %s(\"%.*s\")\n",
				       action, n, flag + 2);
		if (undefines)
			g_string_append_printf(prelude, "#undef %.*s\n", n,
					       flag + 2);
	}
}

/*
 * What BCC's own build defines, and what it is silent about: it says nothing
 * to a user who only wants to run a tool.
 */
static const char bcc_settings[] =
	"#define __KERNEL__ 1\n"
	"#define __BPF_TRACING__ 1\n"
	"#pragma clang diagnostic ignored \"-Waddress-of-packed-member\"\n"
	"#pragma clang diagnostic ignored "
	"\"-Wcompare-distinct-pointer-types\"\n"
	"#pragma clang diagnostic ignored "
	"\"-Wgnu-variable-sized-type-not-at-end\"\n"
	"#pragma clang diagnostic ignored \"-Wint-conversion\"\n"
	"#pragma clang diagnostic ignored \"-Wincompatible-pointer-types\"\n"
	"#pragma clang diagnostic ignored \"-Wpointer-sign\"\n"
	"#pragma clang diagnostic ignored \"-Wunused-value\"\n"
	"#pragma clang diagnostic ignored \"-Wduplicate-decl-specifier\"\n";

static void append_bcc(GString *prelude, const struct compiler *compiler)
{
	g_string_append(prelude, bcc_settings);
	append_options(prelude, compiler->types);
	append_inner_maps(prelude, compiler->names);
	g_string_append(prelude, "#include <probefs/bcc.h>\n");
	/* It has maps of its own, which only those who need it should have. */
	if (source_uses(compiler->names, "bpf_usdt_readarg") ||
	    source_uses(compiler->names, "bpf_usdt_readarg_p"))
		g_string_append(prelude, "#include <bpf/usdt.bpf.h>\n");
}

char *prelude_text(struct compiler *compiler, const struct job *job,
		   bool is_bcc, GError **error)
{
	g_autoptr(GString) prelude = g_string_sized_new(65536);
	g_autofree char *types = NULL;

	types_header_add(compiler->header, compiler->names);
	types = types_header_text(compiler->header, compiler->names);
	/* The types include what a vmlinux.h would: libbpf's headers look
	 * for its guard. */
	g_string_append(prelude, "#define __VMLINUX_H__\n");
	append_flag_macros(prelude, job, "push_macro", true);
	g_string_append(prelude, "#include <probefs/base.h>\n");
	g_string_append(prelude, types);
	append_version(prelude);
	if (!append_tracepoints(prelude, compiler->names, job->source, error))
		return NULL;
	g_string_append(prelude, "#include <probefs/runtime.h>\n");
	if (is_bcc)
		append_bcc(prelude, compiler);
	append_flag_macros(prelude, job, "pop_macro", false);
	return g_string_free(g_steal_pointer(&prelude), FALSE);
}

bool prelude_is_all(const struct source_names *names, const struct job *job)
{
	for (guint i = 0; i < names->includes->len; i++) {
		const struct source_include *include =
			names->includes->pdata[i];

		if (is_own_header(include->name))
			return false;
	}
	return !job->cflags->len && !g_file_test(STAND_INS, G_FILE_TEST_EXISTS);
}
