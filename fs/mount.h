/* SPDX-License-Identifier: GPL-2.0-only */
/* mount.h - the table of mounts: is ours fit, and still there? - and our
 * privileges. Knows no FUSE session. */
#ifndef PROBEFS_FS_MOUNT_H
#define PROBEFS_FS_MOUNT_H

#include <glib.h>
#include <stdbool.h>

/*
 * The absolute path of @mountpoint, after what a dead probefs left there was
 * detached. ENOENT, ENOTDIR, EBUSY (a probefs is mounted there), each with
 * its sentence. To be freed.
 */
char *mount_check(const char *mountpoint, GError **error);

/* The device of what is mounted on @path, as mountinfo has it; NULL; owned. */
char *mount_device(const char *path);
/* Is it still mounted anywhere that this process can see? */
bool mount_is_there(const char *device);

/* EPERM without the capabilities, ENODEV without /dev/fuse. */
bool mount_check_privileges(GError **error);

/* Give up, also for children, every capability that is not needed. */
void mount_drop_privileges(void);

#endif
