// SPDX-License-Identifier: GPL-2.0-only
/* plan.c - chooses commands, signals and names. Knows nothing of how they end. */
#include "plan.h"

#include <signal.h>
#include <string.h>

#define SIGNAL_MS_MAX 300
#define N_STEPS_MAX   4

const char *const plan_points[] = {
	"tracepoints/syscalls/sys_enter_getpriority",
	"tracepoints/sched/sched_process_fork",
	"tracepoints/sched/sched_process_exit",
	"raw_tracepoints/sched_process_exec",
	NULL,
};

const char *const plan_good_files[] = {"one.c", "two.c", "slow.c", "good.o",
				       NULL};

static const char *const names[] = {"a", "b", "c", NULL};
static const char *const shells[] = {"bash", "bash", "bash", "dash", NULL};

/* refused.c compiles, but the kernel does not take it. */
static const char *const sources[] = {
	"one.c",  "one.c", "two.c",     "two.c",
	"slow.c", "bad.c", "refused.c", NULL,
};

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"INT", SIGINT},   {"TERM", SIGTERM}, {"KILL", SIGKILL},
	{"HUP", SIGHUP},   {"CHLD", SIGCHLD}, {"USR1", SIGUSR1},
	{"STOP", SIGSTOP},
};

/*
 * {x} and {y} become names of programs, {f} a source, {p} an attach file, {u}
 * the user's number. The weight is how often it is chosen, beside the others.
 */
static const struct {
	unsigned int weight;
	const char *text;
} commands[] = {
	{3, "cat $src/{f} > progs/{x}.c"},
	{3, "cp $src/{f} progs/{x}.c"},
	{3, "cp $src/{f} progs/t.txt; mv -f progs/t.txt progs/{x}.c"},
	{2, "cp $src/{f} $src/{u}.c; mv -f $src/{u}.c progs/{x}.c"},
	{2, "cp $src/good.o progs/{x}.o"},
	{1, ": > progs/{x}.c"},
	{1, "echo '/* more */' >> progs/{x}.c"},
	{3, "rm -f progs/{x}.c"},
	{1, "rm -f progs/{x}.o"},
	{3, "mv -f progs/{x}.c progs/{y}.c"},
	/* The program runs on for two seconds: not in each round. */
	{1, "mv -f progs/{x}.c progs/{x}.txt"},
	{1, "mv -f progs/{x}.txt progs/{y}.c"},
	{1, "touch progs/{x}.c"},
	{4, "echo {x}:hello > {p}"},
	{4, "echo {x}:hello >> {p}"},
	{2, "{ echo {x}:hello; echo {y}:hello; } > {p}"},
	{3, "echo '!{x}:hello' >> {p}"},
	{1, ": > {p}"},
	{2, "echo -D{y} > progs/{x}.cflags"},
	{1, "rm -f progs/{x}.cflags"},
	{2, "cat progs/*.* attached status errors {p}"},
	{2, "ls -lR progs tracepoints/sched; "
	    "cat progs/*/functions progs/*/stats progs/*/errors; "
	    "cat progs/*/object | wc -c"},
	{1, "timeout 0.1 cat output"},
	{1, "timeout 0.1 cat progs/{x}/output.json"},
};

const char *plan_beginning(guint32 seed)
{
	if (seed % 3 == 0)
		return "";
	return "cp $src/one.c progs/a.c; cp $src/two.c progs/b.c; "
	       "echo a:hello > tracepoints/sched/sched_process_fork; "
	       "echo b:hello >> tracepoints/sched/sched_process_fork";
}

int plan_signal(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
		if (!strcmp(signals[i].name, name))
			return signals[i].number;
	return 0;
}

static const char *pick(GRand *rand, const char *const *words)
{
	guint n = 0;

	while (words[n])
		n++;
	return words[g_rand_int_range(rand, 0, (gint32)n)];
}

static const char *pick_command(GRand *rand)
{
	gint32 sum = 0, left;

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		sum += (gint32)commands[i].weight;
	left = g_rand_int_range(rand, 0, sum);
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		left -= (gint32)commands[i].weight;
		if (left < 0)
			return commands[i].text;
	}
	return NULL;
}

static char *new_command(GRand *rand, unsigned int user)
{
	GString *text = g_string_new(pick_command(rand));
	g_autofree char *number = g_strdup_printf("%u", user);

	g_string_replace(text, "{x}", pick(rand, names), 0);
	g_string_replace(text, "{y}", pick(rand, names), 0);
	g_string_replace(text, "{f}", pick(rand, sources), 0);
	g_string_replace(text, "{p}", pick(rand, plan_points), 0);
	g_string_replace(text, "{u}", number, 0);
	return g_string_free(text, FALSE);
}

static struct step *step_new(GRand *rand, unsigned int user,
			     unsigned int percent_signalled)
{
	struct step *step = g_new0(struct step, 1);

	step->user = user;
	step->shell = pick(rand, shells);
	step->signal = "-";
	step->command = new_command(rand, user);
	if (g_rand_int_range(rand, 0, 100) >= (gint32)percent_signalled)
		return step;
	step->signal =
		signals[g_rand_int_range(rand, 0, G_N_ELEMENTS(signals))].name;
	step->ms = (unsigned int)g_rand_int_range(rand, 0, SIGNAL_MS_MAX + 1);
	return step;
}

static void step_free(void *data)
{
	struct step *step = data;

	g_free(step->command);
	g_free(step);
}

GPtrArray *plan_new(guint32 seed, const struct plan_options *options)
{
	GRand *rand = g_rand_new_with_seed(seed);
	GPtrArray *plan = g_ptr_array_new_with_free_func(step_free);

	for (unsigned int user = 0; user < options->n_users; user++) {
		gint32 n = g_rand_int_range(rand, 1, N_STEPS_MAX + 1);

		for (gint32 i = 0; i < n; i++)
			g_ptr_array_add(plan,
					step_new(rand, user,
						 options->percent_signalled));
	}
	g_rand_free(rand);
	return plan;
}
