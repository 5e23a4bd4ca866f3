/* SPDX-License-Identifier: GPL-2.0-only */
/* kinds.c - owns the table of probe kinds. Knows no kernel interface. */
#include "kinds.h"

#include "bpf/error.h"
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PID_MAX_LIMIT (1 << 22) /* of the kernel */

/* The order of README and status. */
static const struct kind *const kinds[] = {
	&kind_kprobe,
	&kind_kretprobe,
	&kind_tracepoint,
	&kind_raw_tracepoint,
	&kind_fentry,
	&kind_fexit,
	&kind_uprobe,
	&kind_uretprobe,
	&kind_usdt,
	&kind_perf_event,
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

static char *section_target(const struct kind *kind,
			    const struct kind_section *row, const char *rest)
{
	if (kind->section_target)
		return kind->section_target(rest);
	return g_strconcat(row->target_prefix ? row->target_prefix : "", rest,
			   NULL);
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
			*target = section_target(kinds[i], *row, slash + 1);
		return kinds[i];
	}
	return NULL;
}

struct link_plan *link_plan_new(struct kind_world *world,
				const struct kind *kind, const char *target,
				const struct attach_options *options,
				GError **error)
{
	g_autofree char *why = kind->unavailable ? kind->unavailable(world)
						 : NULL;
	struct link_plan *plan;

	if (why) {
		probefs_set_error(error, EOPNOTSUPP, "%s", why);
		return NULL;
	}
	plan = g_new0(struct link_plan, 1);
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
	if (plan->data_free)
		plan->data_free(plan->data);
	g_free(plan->target);
	g_ptr_array_unref(plan->symbols);
	g_free(plan);
}

static bool parse_pid(struct attach_options *options, const char *value,
		      GError **error)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end || errno || n < 1 || n > PID_MAX_LIMIT) {
		probefs_set_error(error, EINVAL,
				  "pid=%s: it must be the number of a process",
				  value);
		return false;
	}
	options->pid = (pid_t)n;
	return true;
}

const struct kind_option pid_option = {"pid", parse_pid};
