/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attachment.c - owns how a function fits a probe point and is put on it.
 * Knows nothing of who asks for it.
 */
#include "attachment.h"

#include "bpf/error.h"
#include "link.h"
#include "bpf/compiler/job.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void instance_unref(struct instance *instance)
{
	if (!instance || !g_atomic_ref_count_dec(&instance->n_refs))
		return;
	close(instance->fd);
	g_free(instance);
}

static struct instance *instance_ref(struct instance *instance)
{
	g_atomic_ref_count_inc(&instance->n_refs);
	return instance;
}

static bool is_variant(const struct object *object,
		       const struct object_function *function)
{
	static const char *const variants[] = {JOB_VARIANT_SYSCALL,
					       JOB_VARIANT_TRACING};

	if (!g_str_has_prefix(function->section, JOB_SECTION_PREFIX))
		return false;
	for (guint i = 0; i < G_N_ELEMENTS(variants); i++) {
		g_autofree char *base = NULL;

		if (!g_str_has_suffix(function->name, variants[i]))
			continue;
		base = g_strndup(function->name,
				 strlen(function->name) - strlen(variants[i]));
		if (object_function(object, base))
			return true;
	}
	return false;
}

GPtrArray *object_user_functions(const struct object *object)
{
	const GPtrArray *all = object_functions(object);
	GPtrArray *shown = g_ptr_array_new();

	for (guint i = 0; i < all->len; i++)
		if (!is_variant(object, all->pdata[i]))
			g_ptr_array_add(shown, all->pdata[i]);
	return shown;
}

/* The row of @kind whose type of program @function already is, or NULL. */
static const struct kind_section *compatible_section(
	const struct kind *kind, const struct object_function *function)
{
	const struct kind_section *named;
	g_autofree char *target = NULL;

	if (kind_of_section(function->section, &named, &target) == kind)
		return named;
	for (guint i = 0; kind->sections[i].prefix; i++) {
		const struct kind_section *row = &kind->sections[i];

		if (row->type == function->type &&
		    row->attach_type == function->attach_type)
			return row;
	}
	return NULL;
}

bool attachment_fits(const struct kind *kind,
		     const struct object_function *function)
{
	return compatible_section(kind, function);
}

static bool attachment_choose_entry(struct attachment *attachment,
				    const struct object_function *function,
				    GError **error)
{
	const struct object *object = version_object(attachment->version);
	const struct kind *kind = attachment->plan->kind;
	const struct kind_section *row = compatible_section(kind, function);
	const char *variant = attachment->plan->is_syscall ? JOB_VARIANT_SYSCALL
							   : kind->variant;
	g_autofree char *entry = NULL;

	if (g_str_has_prefix(function->section, JOB_SECTION_PREFIX))
		row = &kind->sections[0];
	if (!row) {
		probefs_set_error(error, EINVAL,
				  "%s is a SEC(\"%s\") program, and a program "
				  "of that type cannot be attached in %s",
				  function->name, function->section,
				  kind->shown.directory);
		return false;
	}
	attachment->type = row->type;
	attachment->attach_type = row->attach_type;
	if (variant)
		entry = g_strconcat(function->name, variant, NULL);
	if (entry && object_function(object, entry))
		attachment->entry = g_steal_pointer(&entry);
	else
		attachment->entry = g_strdup(function->name);
	return true;
}

struct attachment *attachment_new(struct kind_world *world,
				  struct version *version, const char *function,
				  const struct kind *kind, const char *target,
				  const struct attach_options *options,
				  const char *options_text, GError **error)
{
	const struct object *object = version_object(version);
	const struct object_function *found = object_function(object, function);
	struct attachment *attachment = g_new0(struct attachment, 1);

	g_assert(found);
	attachment->version = version_ref(version);
	attachment->program = g_strdup(object_name(object));
	attachment->function = g_strdup(function);
	attachment->options_text = g_strdup(options_text);
	attachment->line = g_strdup_printf("%s:%s%s", attachment->program,
					   function, options_text);
	attachment->plan = link_plan_new(world, kind, target, options, error);
	if (attachment->plan &&
	    attachment_choose_entry(attachment, found, error))
		return attachment;
	attachment_free(attachment);
	return NULL;
}

void attachment_free(struct attachment *attachment)
{
	if (!attachment)
		return;
	g_assert(!attachment->link);
	instance_unref(attachment->instance);
	link_plan_free(attachment->plan);
	version_unref(attachment->version);
	g_free(attachment->program);
	g_free(attachment->function);
	g_free(attachment->options_text);
	g_free(attachment->line);
	g_free(attachment->entry);
	g_free(attachment);
}

/* A tracing program is loaded for one target. */
static const char *attach_target(const struct attachment *attachment)
{
	return attachment->type == BPF_PROG_TYPE_TRACING
		       ? attachment->plan->target
		       : NULL;
}

static bool loads_as(const struct attachment *a, const struct attachment *b)
{
	return a->version == b->version && a->type == b->type &&
	       a->attach_type == b->attach_type &&
	       !strcmp(a->entry, b->entry) &&
	       !g_strcmp0(attach_target(a), attach_target(b));
}

static bool attachment_load(struct attachment *attachment, GError **error)
{
	const struct load_request request = {
		.function = attachment->function,
		.entry = attachment->entry,
		.type = attachment->type,
		.attach_type = attachment->attach_type,
		.attach_target = attach_target(attachment),
	};
	int fd = version_load(attachment->version, &request, error);

	if (fd < 0)
		return false;
	attachment->instance = g_new0(struct instance, 1);
	g_atomic_ref_count_init(&attachment->instance->n_refs);
	attachment->instance->fd = fd;
	return true;
}

void attachment_share(struct attachment *attachment,
		      const struct attachment *other)
{
	if (!attachment->instance && other->instance &&
	    loads_as(attachment, other))
		attachment->instance = instance_ref(other->instance);
}

static bool attachment_attach(struct attachment *attachment, GError **error)
{
	const struct link_plan *plan = attachment->plan;

	if (!attachment->instance && !attachment_load(attachment, error))
		return false;
	version_expect_attachment(attachment->version);
	attachment->link = plan->kind->attach(plan, attachment->instance->fd,
					      error);
	return attachment->link;
}

static void free_attachment(gpointer attachment)
{
	attachment_free(attachment);
}

GPtrArray *attachments_new(void)
{
	return g_ptr_array_new_with_free_func(free_attachment);
}

bool attachments_attach(GPtrArray *attachments, GError **error)
{
	for (guint i = 0; i < attachments->len; i++) {
		struct attachment *attachment = attachments->pdata[i];

		for (guint j = 0; j < i && !attachment->instance; j++)
			attachment_share(attachment, attachments->pdata[j]);
		if (attachment_attach(attachment, error))
			continue;
		attachment->is_refused = true;
		attachments_detach(attachments);
		return false;
	}
	return true;
}

void attachments_detach(GPtrArray *attachments)
{
	g_autofree struct link **links = g_new(struct link *, attachments->len);
	guint n = 0;

	for (guint i = 0; i < attachments->len; i++) {
		struct attachment *attachment = attachments->pdata[i];

		if (attachment->link)
			links[n++] = g_steal_pointer(&attachment->link);
	}
	links_free(links, n);
	for (guint i = 0; i < attachments->len; i++) {
		struct attachment *attachment = attachments->pdata[i];

		g_clear_pointer(&attachment->instance, instance_unref);
	}
}
