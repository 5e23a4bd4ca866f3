/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction.c - owns the writing of attach files: lines become attachments
 * and detachments, all of one write or none. Knows no kernel interface.
 */
#include "transaction_plan.h"

#include "bpf/error.h"

#include <errno.h>
#include <string.h>

static void transaction_finish(struct engine_transaction *transaction);

/* --- Carrying it out --------------------------------------------------- */

static void transaction_work(void *data)
{
	struct engine_transaction *transaction = data;

	attachments_attach(transaction->to_attach, &transaction->error);
}

/* What is detached is in no list any more: the worker alone has it. */
static void transaction_detach_work(void *data)
{
	struct engine_transaction *transaction = data;

	attachments_detach(transaction->to_detach);
}

static void transaction_detached(void *data)
{
	transaction_finish(data);
}

/* Take those in to_detach off their lists, then detach and free them. */
static void transaction_detach(struct engine_transaction *transaction)
{
	struct engine *engine = transaction->engine;

	for (guint i = 0; i < transaction->to_detach->len; i++)
		points_remove(engine->points, transaction->to_detach->pdata[i]);
	g_ptr_array_set_free_func(transaction->to_detach,
				  (GDestroyNotify)attachment_free);
	if (transaction->to_detach->len)
		operations_work(engine->operations, transaction_detach_work,
				transaction_detached, transaction);
	else
		transaction_finish(transaction);
}

static int line_rank(GPtrArray *lines, const struct attachment *attachment)
{
	guint index = lines->len;

	has_line(lines, attachment->line, &index);
	return (int)index;
}

static int compare_ranks(gconstpointer a, gconstpointer b, void *lines)
{
	const struct attachment *const *x = a;
	const struct attachment *const *y = b;

	return line_rank(lines, *x) - line_rank(lines, *y);
}

/* The lists follow what the worker did, and go before what it is to undo. */
static void transaction_list(struct engine_transaction *transaction)
{
	struct points *points = transaction->engine->points;
	struct point *point;

	for (guint i = 0; i < transaction->to_attach->len; i++) {
		struct attachment *attachment =
			transaction->to_attach->pdata[i];

		g_ptr_array_add(transaction->added, g_strdup(attachment->line));
		points_add(points, attachment, -1);
	}
	g_ptr_array_set_free_func(transaction->to_attach, NULL);
	point = transaction_point(transaction);
	if (point && transaction->is_commit && transaction->is_replacing)
		g_ptr_array_sort_with_data(point->attachments, compare_ranks,
					   transaction->lines);
}

/* It is about the program of the one that was refused. */
static void tell_program(struct engine_transaction *transaction)
{
	g_autofree char *where = g_strconcat(transaction->kind->shown.directory,
					     "/", transaction->target, NULL);

	for (guint i = 0; i < transaction->to_attach->len; i++) {
		const struct attachment *attachment =
			transaction->to_attach->pdata[i];
		struct program *program = engine_program(transaction->engine,
							 attachment->program);

		if (program && attachment->is_refused)
			program_add_error(program, where, transaction->error);
	}
}

/* A replacement that failed takes back what it attached. */
static void transaction_undo(struct engine_transaction *transaction)
{
	const struct point *point = transaction_point(transaction);

	g_ptr_array_set_size(transaction->to_detach, 0);
	for (guint i = 0; i < transaction->added->len; i++) {
		struct attachment *attachment =
			point_find_line(point, transaction->added->pdata[i]);

		if (attachment)
			g_ptr_array_add(transaction->to_detach, attachment);
	}
	g_ptr_array_set_size(transaction->added, 0);
	transaction_detach(transaction);
}

static void transaction_failed(struct engine_transaction *transaction)
{
	if (!transaction->is_replacing) {
		transaction_finish(transaction);
		return;
	}
	transaction->failure = g_error_copy(transaction->error);
	transaction_undo(transaction);
}

/* Was a program removed while a worker attached its function? */
static bool is_program_gone(struct engine_transaction *transaction)
{
	for (guint i = 0; i < transaction->to_attach->len; i++) {
		const struct attachment *attachment =
			transaction->to_attach->pdata[i];

		if (attachment_is_seen(attachment))
			continue;
		probefs_set_error(&transaction->error, ECANCELED,
				  "program %s was removed meanwhile",
				  attachment->program);
		return true;
	}
	return false;
}

/* Take back what was attached and listed; the removal takes its own. */
static void transaction_take_back(struct engine_transaction *transaction)
{
	g_ptr_array_set_size(transaction->to_detach, 0);
	if (transaction->is_replacing) {
		transaction_failed(transaction);
		return;
	}
	for (guint i = 0; i < transaction->to_attach->len; i++)
		if (attachment_is_seen(transaction->to_attach->pdata[i]))
			g_ptr_array_add(transaction->to_detach,
					transaction->to_attach->pdata[i]);
	transaction_detach(transaction);
}

static void transaction_worked(void *data)
{
	struct engine_transaction *transaction = data;

	if (transaction->error) {
		tell_program(transaction);
		transaction_failed(transaction);
		return;
	}
	transaction_list(transaction);
	if (is_program_gone(transaction))
		transaction_take_back(transaction);
	else
		transaction_detach(transaction);
}

/* The end of a write or commit: tidy up, then answer. */
static void transaction_finish(struct engine_transaction *transaction)
{
	struct engine *engine = transaction->engine;
	engine_done_fn done = transaction->done;
	void *data = transaction->data;
	GError *error = g_steal_pointer(&transaction->error);

	if (transaction->is_commit && !error)
		transaction->is_committed = true;
	if (transaction->is_commit || error)
		transaction->is_dirty = false;
	if (error)
		g_string_truncate(transaction->partial, 0);
	g_clear_pointer(&transaction->text, g_free);
	g_clear_pointer(&transaction->to_attach, g_ptr_array_unref);
	g_clear_pointer(&transaction->to_detach, g_ptr_array_unref);
	transaction->done = NULL;
	operations_finish(engine->operations);
	/* The callback may free the transaction. */
	done(error, data);
	g_clear_error(&error);
}

static void transaction_start(void *data)
{
	struct engine_transaction *transaction = data;
	struct engine *engine = transaction->engine;

	if (operations_are_ending(engine->operations)) {
		probefs_set_error(&transaction->error, ECANCELED,
				  "probefs is ending");
		transaction_finish(transaction);
		return;
	}
	if (!transaction_plan(transaction, &transaction->error)) {
		transaction_failed(transaction);
		return;
	}
	if (transaction->to_attach->len)
		operations_work(engine->operations, transaction_work,
				transaction_worked, transaction);
	else
		transaction_worked(transaction);
}

static void transaction_begin(struct engine_transaction *transaction,
			      size_t n_bytes, engine_done_fn done, void *data)
{
	transaction->done = done;
	transaction->data = data;
	transaction->text = g_strndup("", 0);
	if (n_bytes) {
		g_free(transaction->text);
		transaction->text = g_memdup2(transaction->partial->str,
					      n_bytes);
		g_string_erase(transaction->partial, 0, (gssize)n_bytes);
	}
	transaction->n_bytes = n_bytes;
	transaction->to_attach = attachments_new();
	transaction->to_detach = g_ptr_array_new();
	operations_push(transaction->engine->operations, transaction_start,
			transaction);
}

/* --- engine.h ---------------------------------------------------------- */

struct engine_transaction *engine_transaction_new(struct engine *engine,
						  const char *kind,
						  const char *target, uid_t uid,
						  bool replace)
{
	struct engine_transaction *transaction =
		g_new0(struct engine_transaction, 1);

	transaction->engine = engine;
	transaction->kind = kind_find(kind);
	transaction->target = g_strdup(target);
	transaction->uid = uid;
	transaction->is_replacing = replace;
	transaction->partial = g_string_new(NULL);
	transaction->lines = g_ptr_array_new_with_free_func(g_free);
	transaction->added = g_ptr_array_new_with_free_func(g_free);
	g_assert(transaction->kind);
	return transaction;
}

void engine_transaction_write(struct engine_transaction *transaction,
			      const char *text, size_t n_bytes,
			      engine_done_fn done, void *data)
{
	GString *partial = transaction->partial;
	const char *last;
	size_t n;

	if (transaction->failure) {
		engine_answer_later(transaction->engine, done, data,
				    g_error_copy(transaction->failure));
		return;
	}
	transaction->is_dirty = true;
	transaction->is_commit = false;
	g_string_append_len(partial, text, (gssize)n_bytes);
	last = memrchr(partial->str, '\n', partial->len);
	n = last ? (size_t)(last - partial->str) + 1 : 0;
	/* No newline will make a too long line good: say so now. */
	if (partial->len - n > ATTACH_LINE_BYTES_MAX)
		n = partial->len;
	transaction_begin(transaction, n, done, data);
}

void engine_transaction_commit(struct engine_transaction *transaction,
			       engine_done_fn done, void *data)
{
	/* The writer of what failed has been told. */
	if (transaction->failure)
		g_string_truncate(transaction->partial, 0);
	if (transaction->failure || transaction->is_committed) {
		transaction->is_dirty = false;
		engine_answer_later(transaction->engine, done, data, NULL);
		return;
	}
	transaction->is_commit = true;
	transaction_begin(transaction, transaction->partial->len, done, data);
}

bool engine_transaction_is_dirty(const struct engine_transaction *transaction)
{
	return transaction->is_dirty;
}

static void transaction_destroy(struct engine_transaction *transaction)
{
	g_free(transaction->target);
	g_string_free(transaction->partial, TRUE);
	g_ptr_array_unref(transaction->lines);
	g_ptr_array_unref(transaction->added);
	g_clear_error(&transaction->failure);
	g_free(transaction);
}

static void destroy_when_done(const GError *error, void *data)
{
	transaction_destroy(data);
}

static void undo_start(void *data)
{
	struct engine_transaction *transaction = data;

	transaction->done = destroy_when_done;
	transaction->data = transaction;
	transaction->to_attach = g_ptr_array_new();
	transaction->to_detach = g_ptr_array_new();
	transaction_undo(transaction);
}

void engine_transaction_free(struct engine_transaction *transaction)
{
	g_assert(!transaction->done);
	if (transaction->is_replacing && !transaction->is_committed &&
	    transaction->added->len)
		operations_push(transaction->engine->operations, undo_start,
				transaction);
	else
		transaction_destroy(transaction);
}
