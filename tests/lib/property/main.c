// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - `property DAEMON-PID ROUNDS SEED USERS PERCENT-SIGNALLED LIMIT-S`:
 * rounds of random commands in the tree that is the working directory, with
 * $src for what they write, and after each what must hold. Round N has the seed
 * SEED + N and begins with an empty tree: it can be repeated alone. Exit status
 * 1 after a failure, of which it prints all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "plan.h"
#include "users.h"

struct property {
	struct check *check;
	const char *directory; /* of the commands' files */
	unsigned int limit_s;
	struct plan_options options;
};

static void print_plan(const GPtrArray *plan)
{
	puts("user, milliseconds, signal, shell, command:");
	for (guint i = 0; i < plan->len; i++) {
		const struct step *step = plan->pdata[i];

		printf("%u\t%u\t%s\t%s\t%s\n", step->user, step->ms,
		       step->signal, step->shell, step->command);
	}
}

static void print_logs(const struct property *property)
{
	for (unsigned int i = 0; i < property->options.n_users; i++) {
		g_autofree char *path = g_strdup_printf("%s/log.%u",
							property->directory, i);
		g_autofree char *text = NULL;
		size_t n_bytes = 0;

		g_file_get_contents(path, &text, &n_bytes, NULL);
		printf("--- user %u\n", i);
		fwrite(text ? text : "", 1, n_bytes, stdout);
	}
}

/* What the daemon does behind the user's back has the limit's time. */
static bool eventually(const struct property *property,
		       char *(*check)(struct check *check), const char *when)
{
	gint64 end = g_get_monotonic_time() +
		     (gint64)property->limit_s * G_USEC_PER_SEC;
	g_autofree char *wrong = check(property->check);

	while (wrong && g_get_monotonic_time() < end) {
		usleep(20000);
		g_free(wrong);
		wrong = check(property->check);
	}
	if (wrong)
		printf("%s:\n%s", when, wrong);
	return !wrong;
}

static bool remove_all(const struct property *property)
{
	g_autofree char *wrong = NULL;

	if (system("rm -f progs/*.*")) {
		puts("rm failed");
		return false;
	}
	wrong = check_removed(property->check);
	if (wrong) {
		printf("at once after rm:\n%s", wrong);
		return false;
	}
	return eventually(property, check_nothing_held, "after rm");
}

static bool run_plan(const struct property *property, guint32 seed,
		     const GPtrArray *plan)
{
	if (system(plan_beginning(seed))) {
		puts("what comes before the commands failed");
		return false;
	}
	if (!users_run(plan, property->directory, property->limit_s)) {
		printf("a command did not end in %u seconds\n",
		       property->limit_s);
		return false;
	}
	return eventually(property, check_sound, "after the commands") &&
	       remove_all(property);
}

static bool run_round(const struct property *property, guint32 seed)
{
	g_autoptr(GPtrArray) plan = plan_new(seed, &property->options);

	if (run_plan(property, seed, plan))
		return true;
	printf("first: %s\n", plan_beginning(seed));
	print_plan(plan);
	print_logs(property);
	printf("to repeat it: PROBEFS_PROPERTY_ROUNDS=1 "
	       "PROBEFS_PROPERTY_SEED=%u\n",
	       seed);
	return false;
}

static guint32 number(const char *text)
{
	return (guint32)g_ascii_strtoull(text, NULL, 10);
}

/* Rounds in which nothing comes about would prove nothing. */
static bool has_seen_something(const struct property *property)
{
	unsigned int n_programs, n_attached;

	check_totals(property->check, &n_programs, &n_attached);
	printf("# at the ends of rounds %u programs, %u attachments\n",
	       n_programs, n_attached);
	return n_programs && n_attached;
}

int main(int argc, char **argv)
{
	struct property property = {.directory = getenv("src")};
	guint32 n_rounds, seed, round;
	int result;

	if (argc != 7 || !property.directory)
		return 2;
	n_rounds = number(argv[2]);
	seed = number(argv[3]);
	property.options.n_users = number(argv[4]);
	property.options.percent_signalled = number(argv[5]);
	property.limit_s = number(argv[6]);
	property.check = check_new((pid_t)number(argv[1]), property.directory);
	for (round = 0; round < n_rounds; round++)
		if (!run_round(&property, seed + round))
			break;
	if (round < n_rounds) {
		printf("in round %u of seed %u\n", round, seed);
		return 1;
	}
	result = has_seen_something(&property) || n_rounds < 10 ? 0 : 1;
	check_free(property.check);
	return result;
}
