/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line. Knows no FUSE and no engine. */
#ifndef PROBEFS_FS_OPTIONS_H
#define PROBEFS_FS_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
	char *mountpoint;     /* owned, absolute once mount_check() saw it */
	char *source;         /* owned; "none" of mount(8), or NULL */
	GString *mount_flags; /* owned: "nosuid,noexec", for the kernel */
	uint64_t ring_bytes;  /* 0: the engine chooses */
	uint64_t backlog_bytes;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool allow_other;
	bool exclude_readers;
	bool allow_changing_helpers;
	bool is_foreground;
	bool is_debug;
	bool wants_help;
	bool wants_version;
};

extern const char options_usage[];

/*
 * Parse a command line, as a person or mount.fuse gives it. EINVAL with the
 * offending word. options_clear() in any case.
 */
bool options_parse(struct options *options, int argc, char **argv,
		   GError **error);
void options_clear(struct options *options);

#endif
