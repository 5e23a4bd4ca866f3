/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction_plan.c - owns what a write to an attach file is to attach and to
 * detach. Knows no kernel interface, and changes nothing that is attached.
 */
#include "transaction_plan.h"

#include "bpf/error.h"

#include <errno.h>
#include <string.h>

struct point *transaction_point(struct engine_transaction *transaction)
{
	return points_find(transaction->engine->points, transaction->kind,
			   transaction->target);
}

static gboolean equal_lines(gconstpointer a, gconstpointer b)
{
	return !strcmp(a, b);
}

bool has_line(GPtrArray *lines, const char *line, guint *index)
{
	return g_ptr_array_find_with_equal_func(lines, line, equal_lines,
						index);
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

		if (transaction->is_replacing || !attachment_is_seen(other) ||
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
	if (!has_line(transaction->lines, text, NULL))
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
	points_share(engine->points, attachment);
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
	if (has_line(transaction->lines, attachment->line, &index))
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
		has_line(transaction->lines, found->line, &i);
		g_ptr_array_remove_index(transaction->lines, i);
		g_ptr_array_remove(transaction->to_attach, found);
		return true;
	}
	for (guint i = 0; point && i < point->attachments->len; i++) {
		struct attachment *attachment = point->attachments->pdata[i];

		if (!is_meant(attachment, line) ||
		    !attachment_is_seen(attachment) ||
		    g_ptr_array_find(transaction->to_detach, attachment,
				     NULL) ||
		    (transaction->is_replacing &&
		     !has_line(transaction->lines, attachment->line, NULL)))
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

		if (attachment_is_seen(attachment) &&
		    !has_line(transaction->lines, attachment->line, NULL) &&
		    !g_ptr_array_find(transaction->to_detach, attachment,
				      NULL) &&
		    !note_detach(transaction, attachment, error))
			return false;
	}
	return true;
}

bool transaction_plan(struct engine_transaction *transaction, GError **error)
{
	if (!plan_lines(transaction, error))
		return false;
	return !transaction->is_commit || !transaction->is_replacing ||
	       plan_commit(transaction, error);
}
