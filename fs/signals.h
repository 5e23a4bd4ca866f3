/* SPDX-License-Identifier: GPL-2.0-only */
/* signals.h - does a process that waits for us want to end? Knows no FUSE. */
#ifndef PROBEFS_FS_SIGNALS_H
#define PROBEFS_FS_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * @status: the text of /proc/TID/status. True where a pending signal ends the
 * process (it is neither blocked, ignored nor caught), or is caught and one by
 * which a person or a timer asks for an end (SIGINT, SIGTERM, SIGHUP, SIGQUIT,
 * SIGALRM). A child that ended or a window that changed its size is no reason
 * to give up a write. Source: proc(5), signal(7).
 */
bool signals_ask_for_end(const char *status);

/* The same for a thread; true where it cannot be asked. */
bool thread_is_to_end(pid_t tid);

#endif
