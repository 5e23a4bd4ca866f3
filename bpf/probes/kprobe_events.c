/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kprobe_events.c - owns the lines "p:probefs_PID/eN symbol" in tracefs's
 * kprobe_events. The process id tells whose they are after a crash.
 */
#include "kprobe_events.h"

#include "bpf/error.h"
#include "kinds.h"
#include "link.h"
#include "bpf/kernel/tracefs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_PREFIX "probefs_"

/* "r64:probefs_812/e7 vfs_read": the kernel's syntax, see kprobetrace.rst */
static char *probe_command(const struct link_plan *plan, bool is_return,
			   const char *event, const char *symbol)
{
	g_autofree char *max_active =
		plan->options.max_active
			? g_strdup_printf("%u", plan->options.max_active)
			: g_strdup("");

	return g_strdup_printf("%c%s:%s %s\n", is_return ? 'r' : 'p',
			       is_return ? max_active : "", event, symbol);
}

/* How many of the probes could be made. @error: why the last could not. */
static guint add_probes(const struct link_plan *plan, bool is_return,
			const char *event, GError **error)
{
	guint n_made = 0;

	for (guint i = 0; i < plan->symbols->len; i++) {
		g_autofree char *command = probe_command(
			plan, is_return, event, plan->symbols->pdata[i]);

		g_clear_error(error);
		n_made += tracefs_append(plan->tracefs, "kprobe_events",
					 command, error);
	}
	if (n_made)
		g_clear_error(error);
	return n_made;
}

struct link *kprobe_events_attach(const struct link_plan *plan, bool is_return,
				  int program_fd, GError **error)
{
	g_autofree char *group = g_strdup_printf(GROUP_PREFIX "%d", getpid());
	g_autofree char *name = g_strdup_printf("e%" G_GUINT64_FORMAT,
						plan->cookie);
	g_autofree char *event = g_strconcat(group, "/", name, NULL);
	g_autoptr(GError) cause = NULL;
	struct link *link;
	guint n_probes;
	uint64_t id;

	if (!tracefs_has(plan->tracefs, "kprobe_events")) {
		probefs_set_error(error, EOPNOTSUPP,
				  "this kernel has no kprobes "
				  "(CONFIG_KPROBES and CONFIG_KPROBE_EVENTS)");
		return NULL;
	}
	n_probes = add_probes(plan, is_return, event, &cause);
	if (!n_probes) {
		probefs_set_error(error, cause ? cause->code : ENOENT,
				  "cannot attach to %s: %s", plan->target,
				  cause ? cause->message
					: "no function is left of it");
		return NULL;
	}
	link = link_new();
	link_take_event(link, plan->tracefs, event, n_probes);
	if (!tracefs_event_id(plan->tracefs, group, name, &id, error))
		g_clear_pointer(&link, link_free);
	else if (!link_add_event_id(link, id, program_fd, plan->cookie)) {
		int err = errno;

		probefs_set_error(error, err, "cannot attach to %s: %s",
				  plan->target, g_strerror(err));
		g_clear_pointer(&link, link_free);
	}
	return link;
}

/* "p:probefs_812/e7 …": the event when its daemon is dead, or NULL. */
static char *stale_event(const char *line)
{
	const char *colon = strchr(line, ':');
	char *end;
	long pid;

	if (!colon || !g_str_has_prefix(colon + 1, GROUP_PREFIX))
		return NULL;
	pid = strtol(colon + 1 + strlen(GROUP_PREFIX), &end, 10);
	if (*end != '/' || pid <= 0)
		return NULL;
	/* Ours at this point is one of a dead daemon with the same id. */
	if (pid != getpid() && (!kill((pid_t)pid, 0) || errno != ESRCH))
		return NULL;
	return g_strndup(colon + 1, strcspn(colon + 1, " \n"));
}

void kprobe_events_clean(const struct tracefs *tracefs)
{
	g_autofree char *text = tracefs_read(tracefs, "kprobe_events", NULL);
	g_autofree char *last = NULL;
	char *line, *rest = text;

	while (rest && (line = strsep(&rest, "\n"))) {
		g_autofree char *event = stale_event(line);
		g_autofree char *command = NULL;

		if (!event || !g_strcmp0(event, last))
			continue;
		/* Removes all the probes of the event. */
		command = g_strdup_printf("-:%s", event);
		tracefs_append(tracefs, "kprobe_events", command, NULL);
		g_free(last);
		last = g_steal_pointer(&event);
	}
}
