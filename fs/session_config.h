/* SPDX-License-Identifier: GPL-2.0-only */
/* session_config.h - how and where the tree is mounted. */
#ifndef PROBEFS_FS_SESSION_CONFIG_H
#define PROBEFS_FS_SESSION_CONFIG_H

#include <stdbool.h>

struct session_config {
	const char *mountpoint;
	const char *source;      /* what df shows; NULL: probefs */
	const char *mount_flags; /* "nosuid,noexec" …, NULL: none */
	bool allow_other;
	bool is_debug;                /* print every request */
	void (*answered)(void *data); /* the mount works */
	void (*ended)(void *data);    /* somebody unmounted it */
	void *data;
};

#endif
