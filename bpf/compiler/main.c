/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - probefs-compile: the command line, see job.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include <bpf/libbpf.h>
#include <glib.h>

#include "compiler.h"
#include "job.h"
#include "serve.h"

static int silent(enum libbpf_print_level level, const char *format,
		  va_list args)
{
	return 0;
}

static int usage(const char *message)
{
	fprintf(stderr,
		"probefs-compile: %s\n"
		"usage: probefs-compile --include-dir DIR JOB_DIRECTORY\n"
		"       probefs-compile --include-dir DIR --serve\n",
		message);
	return 64;
}

int main(int argc, char **argv)
{
	g_autofree char *include_dir = NULL;
	g_auto(GStrv) directories = NULL;
	gboolean serves = FALSE;
	GOptionEntry entries[] = {
		{"include-dir", 0, 0, G_OPTION_ARG_FILENAME, &include_dir,
		 "The headers that programs include", "DIR"},
		{"serve", 0, 0, G_OPTION_ARG_NONE, &serves,
		 "Take jobs from the standard input", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &directories, NULL, NULL},
		{},
	};
	g_autoptr(GOptionContext)
		context = g_option_context_new("JOB_DIRECTORY");
	g_autoptr(GError) error = NULL;
	struct compiler *compiler;
	int status;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return usage(error->message);
	if (!include_dir || !g_path_is_absolute(include_dir))
		return usage("--include-dir must be an absolute path");
	if (serves == (directories != NULL))
		return usage("one job's directory or --serve is needed");
	/* The engine starts this by a descriptor, which gives it no name. */
	prctl(PR_SET_NAME, "probefs-compile");
	libbpf_set_print(silent);
	compiler = compiler_new(include_dir, &error);
	if (!compiler) {
		fprintf(stderr, "probefs-compile: %s\n", error->message);
		return JOB_FAULT;
	}
	status = serves ? serve(compiler) : serve_one(compiler, directories[0]);
	compiler_free(compiler);
	return status;
}
