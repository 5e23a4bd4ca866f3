/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job_run.c - one job: read, choose the types, compile until clang has all
 * that it asks for, lower, write. Knows the order of things and none of
 * their insides.
 */
#include "job_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/error.h"
#include "clang.h"
#include "compiler.h"
#include "diagnostics.h"
#include "job_files.h"
#include "job_prelude.h"
#include "lower.h"
#include "source.h"
#include "spare.h"
#include "target_types.h"
#include "types_index.h"
#include "types_on_demand.h"

/* Rounds of clang asking for types; one is the rule. */
enum { MAX_ROUNDS = 7 };

#define BITCODE_FILE ".probefs.bc"

struct run {
	struct compiler *compiler; /* borrowed */
	struct job *job;           /* owned */
	bool is_bcc;
	GBytes *bitcode;        /* owned; NULL before it is compiled */
	GPtrArray *diagnostics; /* owned; struct diagnostic, or NULL */
};

static struct clang_input clang_input_of(const struct run *run)
{
	return (struct clang_input){
		.source = run->job->source,
		.prelude = PRELUDE_FILE,
		.include_dir = run->compiler->include_dir,
		.stand_ins = STAND_INS,
		.cflags = run->job->cflags,
	};
}

static void take_messages(struct run *run, const char *messages)
{
	g_clear_pointer(&run->diagnostics, g_ptr_array_unref);
	run->diagnostics = diagnostics_parse(messages ? messages : "",
					     run->compiler->include_dir);
}

/* Put @name into one set and out of the other; false: it was so already. */
static bool move(struct source_names *names, GHashTable *from, GHashTable *to,
		 const char *name)
{
	bool was_there = g_hash_table_remove(from, name);
	bool is_new = g_hash_table_add(to, g_string_chunk_insert(names->strings,
								 name));

	return was_there || is_new;
}

/*
 * A function of other kernels, in a program that asks whether it is there.
 * Functions are often called in pairs, of which one is asked for.
 */
static bool learn_absent(struct compiler *compiler, const char *name)
{
	if (!g_str_has_prefix(name, "bpf_") ||
	    !source_uses(compiler->names, "bpf_ksym_exists"))
		return false;
	types_header_add_absent(compiler->header, name);
	return true;
}

/* Learn from one error. */
static bool learn_name(struct compiler *compiler, const char *name,
		       bool is_missing)
{
	struct source_names *names = compiler->names;

	if (!types_index_has(compiler->types, name))
		return is_missing &&
		       (types_header_add_function(compiler->header, name) ||
			compiler_load_module(compiler, name) ||
			learn_absent(compiler, name));
	return is_missing
		       ? move(names, names->defined, names->used, name)
		       : g_hash_table_add(names->defined,
					  g_string_chunk_insert(names->strings,
								name));
}

/* A member that some kernels' structs have: CO-RE decides, not clang. */
static bool learn_member(struct compiler *compiler,
			 const struct diagnostic *diagnostic)
{
	g_autofree char *tag = NULL;
	g_autofree char *member = diagnostic_member(diagnostic, &tag);

	return member && source_knows_flavours(compiler->names, tag) &&
	       types_header_add_member(compiler->header, tag, member);
}

/* Learn from the errors; true when the next round may go better. */
static bool learn(struct run *run)
{
	bool has_learnt = false;

	if (!run->diagnostics) /* it did not come as far as clang */
		return false;
	for (guint i = 0; i < run->diagnostics->len; i++) {
		bool is_missing = false;
		g_autofree char *name = diagnostic_name(
			run->diagnostics->pdata[i], &is_missing);

		if (name && learn_name(run->compiler, name, is_missing))
			has_learnt = true;
		if (!run->is_bcc &&
		    learn_member(run->compiler, run->diagnostics->pdata[i]))
			has_learnt = true;
	}
	return has_learnt;
}

/* True when an error may be due to members that the types lack here. */
static bool make_whole(struct run *run)
{
	for (guint i = 0; run->diagnostics && i < run->diagnostics->len; i++) {
		const struct diagnostic *diagnostic =
			run->diagnostics->pdata[i];

		if (diagnostic_is_error(diagnostic) &&
		    types_header_make_whole(run->compiler->header,
					    diagnostic->text))
			return true;
	}
	return false;
}

/*
 * What is missing at a source's end has no line of it when the source was
 * only a part of what the spare clang read; the next round has files.
 */
static bool ends_behind_source(const struct run *run)
{
	for (guint i = 0; run->diagnostics && i < run->diagnostics->len; i++) {
		const struct diagnostic *diagnostic =
			run->diagnostics->pdata[i];

		if (g_str_has_prefix(diagnostic->place, SPARE_FILE ":"))
			return true;
	}
	return false;
}

static bool write_prelude(const char *prelude, GError **error)
{
	g_autofree char *text = g_strconcat("#pragma clang system_header\n",
					    prelude, NULL);

	return job_write(PRELUDE_FILE, text, strlen(text), error);
}

/* By a clang that is started now, from files. */
static bool compile_files(struct run *run, const char *prelude, char **messages,
			  GError **error)
{
	struct clang_input input = clang_input_of(run);
	g_autoptr(GMappedFile) file = NULL;

	if (!write_prelude(prelude, error) ||
	    !clang_run(&input, CLANG_BITCODE, BITCODE_FILE, messages, error))
		return false;
	file = g_mapped_file_new(BITCODE_FILE, FALSE, error);
	if (!file)
		return false;
	run->bitcode = g_mapped_file_get_bytes(file);
	return true;
}

/* By the clang that waits: prelude and source as one text. */
static bool compile_spare(struct run *run, const char *prelude, char **messages,
			  GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *source = NULL;
	bool is_good;

	g_string_append_printf(text, "# 1 \"%s\" 3\n%s\n# 1 \"%s\"\n",
			       PRELUDE_FILE, prelude, run->job->source);
	is_good = g_file_get_contents(run->job->source, &source, NULL, error);
	if (is_good) {
		g_string_append(text, source);
		is_good = spare_run(run->compiler->spare, text->str, text->len,
				    &run->bitcode, messages, error);
	}
	return is_good;
}

static bool can_use_spare(const struct run *run)
{
	/* What is kept is made from the files. */
	return run->compiler->spare && !run->job->keep &&
	       (run->is_bcc ||
		source_includes(run->compiler->names, "bpf/bpf_helpers.h")) &&
	       prelude_is_all(run->compiler->names, run->job) &&
	       spare_is_alive(run->compiler->spare);
}

static bool compile_once(struct run *run, GError **error)
{
	g_autofree char *prelude = prelude_text(run->compiler, run->job,
						run->is_bcc, error);
	g_autofree char *messages = NULL;
	bool is_good;

	if (!prelude)
		return false;
	if (can_use_spare(run))
		is_good = compile_spare(run, prelude, &messages, error);
	else
		is_good = compile_files(run, prelude, &messages, error);
	take_messages(run, messages);
	return is_good;
}

static bool compile(struct run *run, GError **error)
{
	for (int round = 1;; round++) {
		g_autoptr(GError) cause = NULL;
		bool is_whole;

		if (compile_once(run, &cause))
			return true;
		is_whole = make_whole(run);
		if (round == MAX_ROUNDS ||
		    !g_error_matches(cause, PROBEFS_ERROR, EINVAL) ||
		    (!learn(run) && !is_whole && !ends_behind_source(run))) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
	}
}

static void add_lower_messages(struct run *run, const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++) {
		const struct lower_message *message = messages->pdata[i];
		g_autofree char *place = NULL;

		if (message->file && message->column)
			place = g_strdup_printf("%s:%u:%u", message->file,
						message->line, message->column);
		else if (message->file)
			place = g_strdup_printf("%s:%u", message->file,
						message->line);
		g_ptr_array_add(run->diagnostics,
				diagnostic_new(place ? place : "",
					       message->is_error ? "error"
								 : "warning",
					       message->text));
	}
}

static bool write_target_types(const struct run *run, GBytes *object,
			       GError **error)
{
	g_autofree char *path = job_output_path(run->job, JOB_TYPES_SUFFIX);
	g_autoptr(GBytes) types = target_types(run->compiler->types, object);

	return !types || job_write(path, g_bytes_get_data(types, NULL),
				   g_bytes_get_size(types), error);
}

static bool lower(struct run *run, GError **error)
{
	g_autofree char *ir = job_output_path(run->job, ".ll");
	g_autofree char *assembler = job_output_path(run->job, ".s");
	g_autofree char *object = job_output_path(run->job, ".o");
	struct lower_options options = {
		.source_name = run->job->source,
		.bcc_dialect = run->is_bcc,
		.ir_path = run->job->keep ? ir : NULL,
		.asm_path = run->job->keep ? assembler : NULL,
	};
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(
		(GDestroyNotify)lower_message_free);
	g_autoptr(GBytes) lowered = NULL;

	lowered = lower_bitcode(g_bytes_get_data(run->bitcode, NULL),
				g_bytes_get_size(run->bitcode), &options,
				messages, error);
	add_lower_messages(run, messages);
	return lowered &&
	       job_write(object, g_bytes_get_data(lowered, NULL),
			 g_bytes_get_size(lowered), error) &&
	       write_target_types(run, lowered, error);
}

static bool preprocess(struct run *run, GError **error)
{
	struct clang_input input = clang_input_of(run);
	g_autofree char *path = job_output_path(run->job, ".i");
	g_autofree char *messages = NULL;

	return clang_run(&input, CLANG_PREPROCESSED, path, &messages, error);
}

static bool run_all(struct run *run, GError **error)
{
	run->job = job_read(error);
	if (!run->job ||
	    !compiler_load_types(run->compiler, run->job->btf, error) ||
	    !prelude_scan(run->compiler->names, run->job->source, error) ||
	    !prelude_stand_in(run->compiler->names, run->compiler->include_dir,
			      error))
		return false;
	run->is_bcc = source_is_bcc(run->compiler->names);
	source_close_macros(run->compiler->names);
	if (!compile(run, error) || !lower(run, error))
		return false;
	return !run->job->keep || preprocess(run, error);
}

static bool has_error(const GPtrArray *diagnostics)
{
	for (guint i = 0; i < diagnostics->len; i++) {
		if (diagnostic_is_error(diagnostics->pdata[i]))
			return true;
	}
	return false;
}

/* A sentence may begin with its place in the source. */
static struct diagnostic *diagnostic_of(const char *source, const char *text)
{
	size_t n = strlen(source);
	const char *end = strstr(text, ": ");
	g_autofree char *place = NULL;

	if (strncmp(text, source, n) != 0 || text[n] != ':' || !end)
		return diagnostic_new(source, "error", text);
	place = g_strndup(text, end - text);
	return diagnostic_new(place, "error", end + 2);
}

/* Every failure leaves an error in the diagnostics. */
static bool write_diagnostics(struct run *run, const GError *failure)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	const char *source = run->job ? run->job->source : "";

	if (!run->diagnostics)
		take_messages(run, NULL);
	for (guint i = 0; i < run->diagnostics->len; i++)
		diagnostic_explain(run->diagnostics->pdata[i], source);
	if (failure && !has_error(run->diagnostics))
		g_ptr_array_add(run->diagnostics,
				diagnostic_of(source, failure->message));
	text = diagnostics_format(run->diagnostics);
	if (job_write(JOB_DIAGNOSTICS_FILE, text, strlen(text), &error))
		return true;
	fprintf(stderr, "probefs-compile: %s\n", error->message);
	return false;
}

static enum job_status status_of(const GError *failure)
{
	if (!failure)
		return JOB_OK;
	switch (probefs_error_errno(failure)) {
	case EINVAL:
		return JOB_SOURCE_ERROR;
	case ENOMEM:
	case ETIME:
	case EFBIG:
	case ENOSPC:
		return JOB_LIMIT;
	default:
		return JOB_FAULT;
	}
}

enum job_status job_run(struct compiler *compiler, const char *directory)
{
	struct run run = {.compiler = compiler};
	g_autoptr(GError) failure = NULL;
	enum job_status status;

	if (chdir(directory) < 0) {
		fprintf(stderr, "probefs-compile: %s: %s\n", directory,
			g_strerror(errno));
		return JOB_FAULT;
	}
	run_all(&run, &failure);
	status = status_of(failure);
	if (!write_diagnostics(&run, failure))
		status = JOB_FAULT;
	g_clear_pointer(&run.diagnostics, g_ptr_array_unref);
	g_clear_pointer(&run.bitcode, g_bytes_unref);
	job_free(run.job);
	return status;
}
