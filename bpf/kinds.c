/* SPDX-License-Identifier: GPL-2.0-only */
/* kinds.c - owns the table of probe kinds. Knows no kernel interface. */
#include "kinds.h"

#include "link.h"

#include <string.h>

/* The order of README and status. */
static const struct kind *const kinds[] = {
	&kind_kprobe,
	&kind_kretprobe,
	&kind_tracepoint,
	&kind_raw_tracepoint,
	&kind_fentry,
	&kind_fexit,
	NULL,
};

const struct kind *const *kinds_all(void)
{
	return kinds;
}

const struct kind *kind_find(const char *directory)
{
	for (guint i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i]->shown.directory, directory))
			return kinds[i];
	return NULL;
}

static const struct kind_section *kind_section_of(const struct kind *kind,
						  const char *section)
{
	size_t n = strcspn(section, "/");

	for (guint i = 0; kind->sections[i].prefix; i++) {
		const struct kind_section *row = &kind->sections[i];

		if (strlen(row->prefix) == n &&
		    !strncmp(row->prefix, section, n))
			return row;
	}
	return NULL;
}

const struct kind *kind_of_section(const char *section,
				   const struct kind_section **row,
				   char **target)
{
	const char *slash = strchr(section, '/');

	*target = NULL;
	for (guint i = 0; kinds[i]; i++) {
		*row = kind_section_of(kinds[i], section);
		if (!*row)
			continue;
		if (slash && slash[1])
			*target = g_strconcat((*row)->target_prefix
						      ? (*row)->target_prefix
						      : "",
					      slash + 1, NULL);
		return kinds[i];
	}
	return NULL;
}

struct link_plan *link_plan_new(const struct kind_world *world,
				const struct kind *kind, const char *target,
				const struct attach_options *options,
				GError **error)
{
	struct link_plan *plan = g_new0(struct link_plan, 1);

	plan->kind = kind;
	plan->tracefs = world->tracefs;
	plan->target = g_strdup(target);
	plan->symbols = g_ptr_array_new_with_free_func(g_free);
	plan->options = *options;
	if (!kind->plan || kind->plan(world, plan, error))
		return plan;
	link_plan_free(plan);
	return NULL;
}

void link_plan_free(struct link_plan *plan)
{
	if (!plan)
		return;
	g_free(plan->target);
	g_ptr_array_unref(plan->symbols);
	g_free(plan);
}
