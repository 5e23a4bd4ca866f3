// SPDX-License-Identifier: GPL-2.0-only
/*
 * account.c - the lines of a stream, counted.
 */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void account_init(struct account *account, unsigned n_threads,
		  const char *program)
{
	*account = (struct account){.n_threads = n_threads, .program = program};
}

static bool be_wrong(struct account *account, const char *what)
{
	snprintf(account->wrong, sizeof(account->wrong),
		 "%s, after %" PRIu64 " events, %" PRIu64 " told as lost, "
		 "%" PRIu64 " missing: %s",
		 what, account->n_seen, account->n_told, account->n_gaps,
		 account->line);
	return false;
}

/* What a lost line has told by now, against the gaps known by now. */
static bool check_told(struct account *account)
{
	if (account->n_told < account->n_gaps)
		return be_wrong(account, "a loss was not told");
	/* With more threads the others' gaps may not be known yet. */
	if (account->n_threads == 1 && account->n_told > account->n_gaps)
		return be_wrong(account, "a loss was told that is none here");
	return true;
}

static bool take_event(struct account *account, const char *numbers,
		       bool is_end)
{
	char *end;
	unsigned long thread = strtoul(numbers, &end, 10);
	uint64_t number = strtoull(end, &end, 10);

	if (end == numbers || thread >= account->n_threads)
		return be_wrong(account, "not an event");
	if (number <= account->last[thread])
		return be_wrong(account, "the order is wrong");
	account->n_gaps += number - account->last[thread] - 1;
	account->last[thread] = number;
	account->n_seen++;
	account->has_ended[thread] |= is_end;
	return check_told(account);
}

/* The number behind "# lost " or "lost":, or NULL. */
static const char *find_lost(const char *line)
{
	const char *found;

	if (!strncmp(line, "# lost ", 7))
		return line + 7;
	found = *line == '{' ? strstr(line, "\"lost\":") : NULL;
	return found ? found + 7 : NULL;
}

static bool take_line(struct account *account)
{
	const char *lost = find_lost(account->line), *event;

	if (account->program && !strstr(account->line, account->program))
		return true;
	if (lost) {
		account->n_told += strtoull(lost, NULL, 10);
		return true;
	}
	event = strstr(account->line, "seq ");
	if (event)
		return take_event(account, event + 4, false);
	event = strstr(account->line, "end ");
	if (event)
		return take_event(account, event + 4, true);
	return be_wrong(account, "not a line of ours");
}

bool account_take(struct account *account, const char *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		if (account->n_line + 1 >= sizeof(account->line))
			return be_wrong(account, "an endless line");
		account->line[account->n_line++] = bytes[i];
		account->line[account->n_line] = '\0';
		if (bytes[i] != '\n')
			continue;
		account->line[account->n_line - 1] = '\0';
		account->n_line = 0;
		if (!take_line(account))
			return false;
	}
	return true;
}

bool account_is_complete(const struct account *account)
{
	for (unsigned i = 0; i < account->n_threads; i++)
		if (!account->has_ended[i])
			return false;
	return account->n_told == account->n_gaps;
}
