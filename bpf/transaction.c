/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction.c - owns the writing of attach files: lines become attachments
 * and detachments, all of one write or none. Knows no kernel interface.
 */
#include "attach_line.h"
#include "engine_state.h"
#include "error.h"
#include "suggest.h"

#include <errno.h>
#include <string.h>

struct engine_transaction {
	struct engine *engine; /* borrowed */
	const struct kind *kind;
	char *target;
	uid_t uid;
	bool is_replacing;
	bool is_dirty;
	bool is_committed;
	GString *partial; /* an unfinished line */
	GPtrArray *lines; /* of the new content, in order: "hello:hello" */
	GPtrArray *added; /* of those, what was not attached before */
	GError *failure;  /* of an earlier write */

	/* The write or commit that is under way. */
	engine_done_fn done;
	void *data;
	char *text; /* whole lines */
	size_t n_bytes;
	bool is_commit;
	GPtrArray *to_attach; /* owned attachments */
	GPtrArray *to_detach; /* borrowed from the points */
	GError *error;
};

static void transaction_finish(struct engine_transaction *transaction);

/* --- Finding what a line names ----------------------------------------- */

static bool program_has_function(const struct program *program,
				 const char *name)
{
	g_autoptr(GPtrArray) functions = program_functions(program);

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];

		if (!strcmp(function->name, name))
			return true;
	}
	return false;
}

/* All functions as "hello" and "hello:hello", to suggest one. */
static char *suggest_function(struct engine *engine, const char *program_name,
			      const char *function)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *wanted = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct program *program = value;
		g_autoptr(GPtrArray) functions = program_functions(program);

		for (guint i = 0; i < functions->len; i++) {
			const struct object_function *f = functions->pdata[i];

			g_ptr_array_add(
				names, program_name
					       ? g_strconcat(program->name, ":",
							     f->name, NULL)
					       : g_strdup(f->name));
		}
	}
	wanted = program_name ? g_strconcat(program_name, ":", function, NULL)
			      : g_strdup(function);
	return suggest_phrase(wanted, names);
}

static struct program *find_in_program(struct engine *engine,
				       const struct attach_line *line,
				       GError **error)
{
	struct program *program = engine_program(engine, line->program);
	g_autofree char *hint = NULL;

	if (program && program_has_function(program, line->function))
		return program;
	hint = suggest_function(engine, line->program, line->function);
	if (!program)
		probefs_set_error(error, ENOENT, "no program %s for %s:%s%s",
				  line->program, line->program, line->function,
				  hint);
	else if (!program->version)
		probefs_set_error(error, ENOENT,
				  "program %s has not compiled yet, see "
				  "progs/%s/errors",
				  program->name, program->name);
	else
		probefs_set_error(error, ENOENT,
				  "program %s has no function %s%s",
				  program->name, line->function, hint);
	return NULL;
}

static int compare_programs(gconstpointer a, gconstpointer b)
{
	const struct program *const *x = a;
	const struct program *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void set_ambiguous(const char *function, GPtrArray *found,
			  GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);
	const struct program *first;

	g_ptr_array_sort(found, compare_programs);
	for (guint i = 0; i < found->len; i++) {
		const struct program *program = found->pdata[i];

		g_string_append_printf(names, "%s%s:%s", i ? ", " : "",
				       program->name, function);
	}
	first = found->pdata[0];
	probefs_set_error(error, EEXIST,
			  "%s is ambiguous: %s; write the program's name, as "
			  "%s:%s",
			  function, names->str, first->name, function);
}

static struct program *find_program(struct engine *engine,
				    const struct attach_line *line,
				    GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	g_autofree char *hint = NULL;
	GHashTableIter iter;
	gpointer program;

	if (line->program)
		return find_in_program(engine, line, error);
	g_hash_table_iter_init(&iter, engine->programs);
	while (g_hash_table_iter_next(&iter, NULL, &program))
		if (program_has_function(program, line->function))
			g_ptr_array_add(found, program);
	if (found->len == 1)
		return found->pdata[0];
	if (found->len) {
		set_ambiguous(line->function, found, error);
		return NULL;
	}
	hint = suggest_function(engine, NULL, line->function);
	probefs_set_error(error, ENOENT, "no program has a function %s%s",
			  line->function, hint);
	return NULL;
}

static struct point *transaction_point(struct engine_transaction *transaction)
{
	return points_find(transaction->engine->points, transaction->kind,
			   transaction->target);
}

/* --- What a write is to do --------------------------------------------- */

static gboolean equal_lines(gconstpointer a, gconstpointer b)
{
	return !strcmp(a, b);
}

static bool has_line(GPtrArray *lines, const char *line)
{
	return g_ptr_array_find_with_equal_func(lines, line, equal_lines, NULL);
}

static struct attachment *planned(struct engine_transaction *transaction,
				  const char *line)
{
	for (guint i = 0; i < transaction->to_attach->len; i++) {
		struct attachment *attachment =
			transaction->to_attach->pdata[i];

		if (!strcmp(attachment->line, line))
			return attachment;
	}
	return NULL;
}

/*
 * The same function with other options: beside the old one each event would
 * come twice. A replacement detaches the old one at its end.
 */
static bool check_options(struct engine_transaction *transaction,
			  const struct attachment *attachment, GError **error)
{
	const struct point *point = transaction_point(transaction);

	for (guint i = 0; point && i < point->attachments->len; i++) {
		const struct attachment *other = point->attachments->pdata[i];

		if (transaction->is_replacing ||
		    g_ptr_array_find(transaction->to_detach, other, NULL) ||
		    strcmp(other->program, attachment->program) ||
		    strcmp(other->function, attachment->function))
			continue;
		probefs_set_error(error, EEXIST,
				  "already attached as \"%s\"; detach that "
				  "first: !%s:%s",
				  other->line, other->program, other->function);
		return false;
	}
	return true;
}

static bool plan_attach(struct engine_transaction *transaction,
			const struct attach_line *line, GError **error)
{
	struct engine *engine = transaction->engine;
	struct program *program = find_program(engine, line, error);
	g_autofree char *text = NULL;
	struct attachment *attachment, *present;

	if (!program || !program_check_owner(program, transaction->uid, error))
		return false;
	text = g_strdup_printf("%s:%s%s", program->name, line->function,
			       line->options_text);
	if (!has_line(transaction->lines, text))
		g_ptr_array_add(transaction->lines, g_strdup(text));
	present = point_find_line(transaction_point(transaction), text);
	if (present) {
		g_ptr_array_remove(transaction->to_detach, present);
		return true;
	}
	if (planned(transaction, text))
		return true;
	attachment = attachment_new(&engine->world, program->version,
				    line->function, transaction->kind,
				    transaction->target, &line->options,
				    line->options_text, error);
	if (!attachment || !check_options(transaction, attachment, error)) {
		attachment_free(attachment);
		return false;
	}
	attachment->plan->cookie = points_new_cookie(engine->points,
						     transaction->kind,
						     transaction->target);
	engine_share_instances(engine, attachment);
	g_ptr_array_add(transaction->to_attach, attachment);
	return true;
}

static bool is_meant(const struct attachment *attachment,
		     const struct attach_line *line)
{
	return !strcmp(attachment->function, line->function) &&
	       (!line->program || !strcmp(attachment->program, line->program));
}

static void set_not_attached(struct engine_transaction *transaction,
			     const struct attach_line *line, GError **error)
{
	probefs_set_error(error, ENOENT, "%s%s%s is not attached here%s",
			  line->program ? line->program : "",
			  line->program ? ":" : "", line->function,
			  transaction->is_replacing
				  ? " by this write; to detach one, use >>"
				  : "");
}

static bool note_detach(struct engine_transaction *transaction,
			struct attachment *attachment, GError **error)
{
	struct program *program = engine_program(transaction->engine,
						 attachment->program);
	guint index;

	if (!program_check_owner(program, transaction->uid, error))
		return false;
	if (g_ptr_array_find_with_equal_func(
		    transaction->lines, attachment->line, equal_lines, &index))
		g_ptr_array_remove_index(transaction->lines, index);
	g_ptr_array_add(transaction->to_detach, attachment);
	return true;
}

static bool plan_detach(struct engine_transaction *transaction,
			const struct attach_line *line, GError **error)
{
	const struct point *point = transaction_point(transaction);
	struct attachment *found = NULL;

	for (guint i = 0; i < transaction->to_attach->len; i++) {
		if (!is_meant(transaction->to_attach->pdata[i], line))
			continue;
		found = transaction->to_attach->pdata[i];
		g_ptr_array_find_with_equal_func(transaction->lines,
						 found->line, equal_lines, &i);
		g_ptr_array_remove_index(transaction->lines, i);
		g_ptr_array_remove(transaction->to_attach, found);
		return true;
	}
	for (guint i = 0; point && i < point->attachments->len; i++) {
		struct attachment *attachment = point->attachments->pdata[i];

		if (!is_meant(attachment, line) ||
		    g_ptr_array_find(transaction->to_detach, attachment,
				     NULL) ||
		    (transaction->is_replacing &&
		     !has_line(transaction->lines, attachment->line)))
			continue;
		if (found && strcmp(found->program, attachment->program)) {
			probefs_set_error(error, EEXIST,
					  "%s is ambiguous: %s, %s; write the "
					  "program's name",
					  line->function, found->line,
					  attachment->line);
			return false;
		}
		found = attachment;
	}
	if (found)
		return note_detach(transaction, found, error);
	set_not_attached(transaction, line, error);
	return false;
}

static bool plan_line(struct engine_transaction *transaction, const char *text,
		      size_t n, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct attach_line *line = attach_line_parse(transaction->kind, text, n,
						     &cause);
	bool is_planned = true;

	if (line && line->is_removal)
		is_planned = plan_detach(transaction, line, &cause);
	else if (line)
		is_planned = plan_attach(transaction, line, &cause);
	attach_line_free(line);
	if (cause)
		g_propagate_error(error, g_steal_pointer(&cause));
	return is_planned && !*error;
}

static bool plan_lines(struct engine_transaction *transaction, GError **error)
{
	const char *at = transaction->text;
	const char *end = at + transaction->n_bytes;

	while (at < end) {
		const char *newline = memchr(at, '\n', end - at);
		size_t n = (newline ? newline : end) - at;

		if (!plan_line(transaction, at, n, error))
			return false;
		at += n + 1;
	}
	return true;
}

/* What was there before and is not in the new content. */
static bool plan_commit(struct engine_transaction *transaction, GError **error)
{
	const struct point *point = transaction_point(transaction);

	for (guint i = 0; point && i < point->attachments->len; i++) {
		struct attachment *attachment = point->attachments->pdata[i];

		if (!has_line(transaction->lines, attachment->line) &&
		    !g_ptr_array_find(transaction->to_detach, attachment,
				      NULL) &&
		    !note_detach(transaction, attachment, error))
			return false;
	}
	return true;
}

/* --- Carrying it out --------------------------------------------------- */

static void transaction_work(void *data)
{
	struct engine_transaction *transaction = data;

	if (attachments_attach(transaction->to_attach, &transaction->error))
		attachments_detach(transaction->to_detach);
}

static int line_rank(GPtrArray *lines, const struct attachment *attachment)
{
	guint index = lines->len;

	g_ptr_array_find_with_equal_func(lines, attachment->line, equal_lines,
					 &index);
	return (int)index;
}

static int compare_ranks(gconstpointer a, gconstpointer b, void *lines)
{
	const struct attachment *const *x = a;
	const struct attachment *const *y = b;

	return line_rank(lines, *x) - line_rank(lines, *y);
}

/* The lists follow what the worker did. */
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
	for (guint i = 0; i < transaction->to_detach->len; i++)
		attachment_free(points_remove(
			points, transaction->to_detach->pdata[i]));
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
static void undo_work(void *data)
{
	struct engine_transaction *transaction = data;

	attachments_detach(transaction->to_detach);
}

static void undo_finish(void *data)
{
	struct engine_transaction *transaction = data;
	struct points *points = transaction->engine->points;

	for (guint i = 0; i < transaction->to_detach->len; i++)
		attachment_free(points_remove(
			points, transaction->to_detach->pdata[i]));
	transaction_finish(transaction);
}

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
	if (transaction->to_detach->len)
		operations_work(transaction->engine->operations, undo_work,
				undo_finish, transaction);
	else
		transaction_finish(transaction);
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

static void transaction_worked(void *data)
{
	struct engine_transaction *transaction = data;

	if (transaction->error) {
		tell_program(transaction);
		transaction_failed(transaction);
		return;
	}
	transaction_list(transaction);
	transaction_finish(transaction);
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
	if (!plan_lines(transaction, &transaction->error) ||
	    (transaction->is_commit && transaction->is_replacing &&
	     !plan_commit(transaction, &transaction->error))) {
		transaction_failed(transaction);
		return;
	}
	if (transaction->to_attach->len || transaction->to_detach->len)
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
