/* SPDX-License-Identifier: GPL-2.0-only */
/* signals.c - what the pending signals of a waiting thread mean. */
#include "signals.h"

#include <glib.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BIT(number) (1ull << ((number)-1))

/* Their default is to do nothing, or to stop for a while. */
#define HARMLESS                                                     \
	(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | \
	 BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))

#define ASKS_FOR_END \
	(BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT) | BIT(SIGALRM))

/* The mask in the line that begins with @name; 0: there is none. */
static uint64_t mask(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? g_ascii_strtoull(at + strlen(name), NULL, 16) : 0;
}

bool signals_ask_for_end(const char *status)
{
	uint64_t pending = mask(status, "\nSigPnd:") |
			   mask(status, "\nShdPnd:");
	uint64_t caught = mask(status, "\nSigCgt:");

	pending &= ~mask(status, "\nSigBlk:") & ~mask(status, "\nSigIgn:");
	return (pending & ~caught & ~HARMLESS) ||
	       (pending & caught & ASKS_FOR_END);
}

bool thread_is_to_end(pid_t tid)
{
	g_autofree char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	return tid == 0 || !g_file_get_contents(path, &text, NULL, NULL) ||
	       signals_ask_for_end(text);
}
