/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compiler.c - what is the same for every job: the macros of the headers that
 * programs include, and the kernel's types. Must not know jobs.
 */
#include "compiler.h"

#include <string.h>

#include "source.h"
#include "spare.h"
#include "types_index.h"
#include "types_on_demand.h"

/* libbpf's headers that ours of the same names stand in front of. */
static const char *const libbpf_headers[] = {
	"bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h",
	"bpf_endian.h",  "usdt.bpf.h",
};

/* Where the kernel has its own types and its modules' ones. */
#define MODULES_DIRECTORY "/sys/kernel/btf"

static bool scan_file(struct source_names *names, const char *path,
		      GError **error)
{
	g_autofree char *text = NULL;
	gsize n_bytes;

	if (!g_file_get_contents(path, &text, &n_bytes, error))
		return false;
	source_scan_library(names, text, n_bytes);
	return true;
}

static bool scan_directory(struct source_names *names, const char *path,
			   GError **error)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, error);
	const char *name;

	if (!directory)
		return false;
	while ((name = g_dir_read_name(directory))) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		if (g_str_has_suffix(name, ".h")) {
			if (!scan_file(names, inner, error))
				return false;
		} else if (g_file_test(inner, G_FILE_TEST_IS_DIR)) {
			if (!scan_directory(names, inner, error))
				return false;
		}
	}
	return true;
}

/* The headers of the kernel's names have nothing but an #include of ours. */
static bool scan_own(struct source_names *names, const char *include_dir,
		     GError **error)
{
	g_autofree char *own = g_build_filename(include_dir, "probefs", NULL);
	g_autofree char *bcc = g_build_filename(include_dir, "programs/bcc",
						NULL);

	return scan_directory(names, own, error) &&
	       scan_directory(names, bcc, error);
}

static bool scan_libbpf(struct source_names *names, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(libbpf_headers); i++) {
		g_autofree char *path = g_build_filename(PROBEFS_LIBBPF_INCLUDE,
							 libbpf_headers[i],
							 NULL);

		if (!scan_file(names, path, error))
			return false;
	}
	return true;
}

struct compiler *compiler_new(const char *include_dir, GError **error)
{
	struct compiler *compiler = g_new0(struct compiler, 1);

	compiler->include_dir = include_dir;
	compiler->names = source_names_new();
	if (!scan_own(compiler->names, include_dir, error) ||
	    !scan_libbpf(compiler->names, error)) {
		compiler_free(compiler);
		return NULL;
	}
	return compiler;
}

static void compiler_unload_types(struct compiler *compiler)
{
	g_clear_pointer(&compiler->header, types_header_free);
	g_clear_pointer(&compiler->module, types_index_free);
	g_clear_pointer(&compiler->kernel, types_index_free);
	g_clear_pointer(&compiler->btf_path, g_free);
	compiler->types = NULL;
}

/* A new header for the types that are now to be used. */
static bool use_types(struct compiler *compiler, struct types_index *types,
		      GError **error)
{
	types_header_free(compiler->header);
	compiler->types = types;
	compiler->header = types_header_new(types, error);
	return compiler->header != NULL;
}

bool compiler_load_types(struct compiler *compiler, const char *btf_path,
			 GError **error)
{
	if (g_strcmp0(compiler->btf_path, btf_path) == 0)
		return true;
	compiler_unload_types(compiler);
	compiler->kernel = types_index_new(btf_path, error);
	if (!compiler->kernel)
		return false;
	compiler->btf_path = g_strdup(btf_path);
	return use_types(compiler, compiler->kernel, error);
}

bool compiler_load_module(struct compiler *compiler, const char *name)
{
	g_autofree char *directory = g_path_get_dirname(compiler->btf_path);
	g_autoptr(GDir) modules = g_dir_open(directory, 0, NULL);
	const char *file;

	/* Only one module's types can be had on top of the kernel's. */
	if (!modules || compiler->module ||
	    strcmp(directory, MODULES_DIRECTORY) != 0)
		return false;
	while (!compiler->module && (file = g_dir_read_name(modules))) {
		g_autofree char *path = g_build_filename(directory, file, NULL);

		if (strcmp(path, compiler->btf_path) != 0)
			compiler->module = types_index_of_module(
				compiler->kernel, path, name);
	}
	return compiler->module && use_types(compiler, compiler->module, NULL);
}

void compiler_free(struct compiler *compiler)
{
	if (!compiler)
		return;
	compiler_unload_types(compiler);
	spare_free(compiler->spare);
	source_names_free(compiler->names);
	g_free(compiler);
}
