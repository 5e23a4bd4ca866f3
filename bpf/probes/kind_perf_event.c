/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kind_perf_event.c - owns perf_events/EVENT/RATE: samples of clocks and
 * counters on every CPU, and perf_events/timer/INTERVAL on one.
 *
 * RATE is "99hz", "every-1000" (occurrences), or, for what counts time,
 * "10ms". A CPU that comes later is not followed.
 */
#include "bpf/error.h"
#include "kinds.h"
#include "link.h"
#include "bpf/suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMER         "timer"
#define ONLINE_CPUS   "/sys/devices/system/cpu/online"
#define MAX_RATE_FILE "/proc/sys/kernel/perf_event_max_sample_rate"

#define CACHE(cache, operation, result)            \
	(PERF_COUNT_HW_CACHE_##cache |             \
	 PERF_COUNT_HW_CACHE_OP_##operation << 8 | \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

struct counter {
	const char *name; /* as perf spells it */
	uint32_t type;
	uint64_t config;
};

/* Sorted. */
static const struct counter counters[] = {
	{"L1-dcache-load-misses", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, MISS)},
	{"L1-dcache-loads", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, ACCESS)},
	{"LLC-load-misses", PERF_TYPE_HW_CACHE, CACHE(LL, READ, MISS)},
	{"LLC-loads", PERF_TYPE_HW_CACHE, CACHE(LL, READ, ACCESS)},
	{"alignment-faults", PERF_TYPE_SOFTWARE,
	 PERF_COUNT_SW_ALIGNMENT_FAULTS},
	{"branch-instructions", PERF_TYPE_HARDWARE,
	 PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
	{"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
	{"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
	{"bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
	{"cache-references", PERF_TYPE_HARDWARE,
	 PERF_COUNT_HW_CACHE_REFERENCES},
	{"context-switches", PERF_TYPE_SOFTWARE,
	 PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
	{"cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
	{"cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"dTLB-load-misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, MISS)},
	{"dTLB-loads", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, ACCESS)},
	{"emulation-faults", PERF_TYPE_SOFTWARE,
	 PERF_COUNT_SW_EMULATION_FAULTS},
	{"faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
	{"iTLB-load-misses", PERF_TYPE_HW_CACHE, CACHE(ITLB, READ, MISS)},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
	{"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
	{"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES},
	{"stalled-cycles-backend", PERF_TYPE_HARDWARE,
	 PERF_COUNT_HW_STALLED_CYCLES_BACKEND},
	{"stalled-cycles-frontend", PERF_TYPE_HARDWARE,
	 PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
	{TIMER, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
};

/* What the directories list; any other number does as well. Sorted. */
static const char *const intervals[] = {"100ms", "10ms", "10s", "1ms",
					"1s",    "5s",   NULL};
static const char *const clock_rates[] = {"100hz", "19hz", "1hz", "49hz",
					  "997hz", "99hz", NULL};
static const char *const count_rates[] = {"99hz",          "every-1",
					  "every-100",     "every-10000",
					  "every-1000000", NULL};

static const struct kind_section sections[] = {
	{"perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, NULL},
	{},
};

static const struct counter *counter_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
		if (!strcmp(counters[i].name, name))
			return &counters[i];
	return NULL;
}

static GPtrArray *counter_names(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
		g_ptr_array_add(names, g_strdup(counters[i].name));
	return names;
}

static void set_no_counter(const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = counter_names();
	g_autofree char *hint = suggest_phrase(name, names);

	probefs_set_error(error, ENOENT, "no such event %s%s", name, hint);
}

/* @name's type and config; "4:0x1a8" gives them as numbers. */
static bool parse_counter(const char *name, struct perf_event_attr *attr)
{
	const struct counter *counter = counter_find(name);
	unsigned type;
	int64_t config;
	int n_used = 0;

	if (counter) {
		attr->type = counter->type;
		attr->config = counter->config;
		return true;
	}
	if (sscanf(name, "%u:%" SCNi64 "%n", &type, &config, &n_used) != 2 ||
	    name[n_used] || !g_ascii_isdigit(*name))
		return false;
	attr->type = type;
	attr->config = (uint64_t)config;
	return true;
}

static bool counts_time(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE &&
	       (attr->config == PERF_COUNT_SW_CPU_CLOCK ||
		attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

static uint64_t unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"s", 1000000000},
		{"ms", 1000000},
		{"us", 1000},
		{"ns", 1},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ns;
	return 0;
}

static bool parse_rate(const char *rate, struct perf_event_attr *attr)
{
	bool is_count = g_str_has_prefix(rate, "every-");
	const char *digits = is_count ? rate + strlen("every-") : rate;
	uint64_t n, ns;
	char *end;

	n = g_ascii_strtoull(digits, &end, 10);
	if (!g_ascii_isdigit(*digits) || !n || n > INT64_MAX)
		return false;
	if (!strcmp(end, "hz")) {
		attr->freq = 1;
		attr->sample_freq = n;
		return !is_count;
	}
	if (is_count) {
		attr->sample_period = n;
		return !*end;
	}
	ns = unit_ns(end);
	if (!ns || !counts_time(attr) || n > INT64_MAX / ns)
		return false;
	attr->sample_period = n * ns;
	return true;
}

static void set_bad_rate(const char *name, const char *rate, bool is_time,
			 GError **error)
{
	probefs_set_error(error, EINVAL,
			  "%s/%s: after the event comes how often, as 99hz%s",
			  name, rate,
			  !strcmp(name, TIMER) ? ", 1s or 100ms"
			  : is_time            ? ", 10ms or every-1000000 (ns)"
					       : " or every-1000");
}

/* @rate is NULL where @path has only the event. */
static bool parse_path(const char *path, struct perf_event_attr *attr,
		       bool *has_rate, GError **error)
{
	const char *slash = strchr(path, '/');
	g_autofree char *name = slash ? g_strndup(path, slash - path)
				      : g_strdup(path);

	*has_rate = slash;
	if (!parse_counter(name, attr)) {
		set_no_counter(name, error);
		return false;
	}
	if (!slash || parse_rate(slash + 1, attr))
		return true;
	set_bad_rate(name, slash + 1, counts_time(attr), error);
	return false;
}

static enum engine_target_type perf_find(const struct kind_world *world,
					 const char *path, GError **error)
{
	struct perf_event_attr attr = {};
	bool has_rate;

	if (!*path)
		return ENGINE_TARGET_DIRECTORY;
	if (!parse_path(path, &attr, &has_rate, error))
		return ENGINE_TARGET_NONE;
	return has_rate ? ENGINE_TARGET_FILE : ENGINE_TARGET_DIRECTORY;
}

static GPtrArray *perf_list(const struct kind_world *world, const char *path,
			    bool *are_directories, GError **error)
{
	struct perf_event_attr attr = {};
	const char *const *rates;
	GPtrArray *names;

	*are_directories = !*path;
	if (!*path)
		return counter_names();
	if (!parse_counter(path, &attr)) {
		set_no_counter(path, error);
		return NULL;
	}
	rates = !strcmp(path, TIMER) ? intervals
		: counts_time(&attr) ? clock_rates
				     : count_rates;
	names = g_ptr_array_new_with_free_func(g_free);
	for (; *rates; rates++)
		g_ptr_array_add(names, g_strdup(*rates));
	return names;
}

static void set_attach_error(const struct link_plan *plan, int err,
			     GError **error)
{
	g_autofree char *limit = NULL;
	g_autofree char *name = g_strndup(plan->target,
					  strcspn(plan->target, "/"));

	if (err == ENOENT || err == ENODEV || err == EOPNOTSUPP)
		probefs_set_error(error, EOPNOTSUPP,
				  "this machine has no counter for %s (virtual "
				  "machines often have none); the clocks and "
				  "faults are counted everywhere",
				  name);
	else if (err == ESRCH)
		probefs_set_error(error, ESRCH, "there is no process %d",
				  plan->options.pid);
	else if (err == EINVAL &&
		 g_file_get_contents(MAX_RATE_FILE, &limit, NULL, NULL))
		probefs_set_error(error, EINVAL,
				  "the kernel does not sample %s; at most "
				  "%shz (sysctl "
				  "kernel.perf_event_max_sample_rate)",
				  plan->target, g_strchomp(limit));
	else
		probefs_set_error(error, err, "cannot attach to %s: %s",
				  plan->target, g_strerror(err));
}

/* "0-3,5": the numbers. */
static GArray *online_cpus(void)
{
	GArray *cpus = g_array_new(FALSE, FALSE, sizeof(int));
	g_autofree char *text = NULL;
	char *at;

	if (!g_file_get_contents(ONLINE_CPUS, &text, NULL, NULL))
		text = g_strdup("0");
	at = text;
	while (g_ascii_isdigit(*at)) {
		int first = (int)strtol(at, &at, 10);
		int last = *at == '-' ? (int)strtol(at + 1, &at, 10) : first;

		for (int cpu = first; cpu <= last; cpu++)
			g_array_append_val(cpus, cpu);
		at += *at == ',';
	}
	return cpus;
}

/* On all CPUs; a timer on the first. */
static bool add_cpus(struct link *link, const struct link_plan *plan,
		     struct perf_event_attr *attr, int program_fd)
{
	g_autoptr(GArray) cpus = online_cpus();
	guint n = g_str_has_prefix(plan->target, TIMER "/") ? 1 : cpus->len;

	for (guint i = 0; i < n; i++)
		if (!link_add_perf_of(link, attr, -1,
				      g_array_index(cpus, int, i), program_fd,
				      plan->cookie))
			return false;
	return true;
}

/* An event of a process is one of each thread; new ones inherit theirs. */
static bool add_threads(struct link *link, const struct link_plan *plan,
			struct perf_event_attr *attr, int program_fd)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task",
						plan->options.pid);
	g_autoptr(GDir) threads = g_dir_open(path, 0, NULL);
	const char *name;
	guint n = 0;

	attr->inherit = 1;
	while (threads && (name = g_dir_read_name(threads))) {
		if (link_add_perf_of(link, attr, atoi(name), -1, program_fd,
				     plan->cookie))
			n++;
		else if (errno != ESRCH)
			return false;
	}
	errno = ESRCH;
	return n;
}

static struct link *perf_attach(const struct link_plan *plan, int program_fd,
				GError **error)
{
	struct perf_event_attr attr = {.disabled = 1};
	struct link *link;
	bool has_rate;

	if (!parse_path(plan->target, &attr, &has_rate, error))
		return NULL;
	link = link_new();
	if (plan->options.pid ? add_threads(link, plan, &attr, program_fd)
			      : add_cpus(link, plan, &attr, program_fd))
		return link;
	set_attach_error(plan, errno, error);
	link_free(link);
	return NULL;
}

const struct kind kind_perf_event = {
	.shown = {"perf_events", "samples, EVENT/99hz; timer/1s"},
	.sections = sections,
	.find = perf_find,
	.list = perf_list,
	.option = &pid_option,
	.attach = perf_attach,
};
