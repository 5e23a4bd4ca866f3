/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compiler.c - what is the same for every job: the macros of the headers that
 * programs include, and the kernel's types. Must not know jobs.
 */
#include "compiler.h"

#include "source.h"
#include "types_on_demand.h"

/* libbpf's headers that ours of the same names stand in front of. */
static const char *const libbpf_headers[] = {
	"bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h",
	"bpf_endian.h",  "usdt.bpf.h",
};

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
	if (!scan_directory(compiler->names, include_dir, error) ||
	    !scan_libbpf(compiler->names, error)) {
		compiler_free(compiler);
		return NULL;
	}
	return compiler;
}

bool compiler_load_types(struct compiler *compiler, const char *btf_path,
			 GError **error)
{
	if (compiler->types)
		return true;
	compiler->types = types_index_new(btf_path, error);
	if (!compiler->types)
		return false;
	compiler->header = types_header_new(compiler->types, error);
	return compiler->header != NULL;
}

void compiler_free(struct compiler *compiler)
{
	if (!compiler)
		return;
	types_header_free(compiler->header);
	types_index_free(compiler->types);
	source_names_free(compiler->names);
	g_free(compiler);
}
