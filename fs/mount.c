/* SPDX-License-Identifier: GPL-2.0-only */
/* mount.c - looks at the mount point and at our privileges. */
#include "mount.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/error.h"

/* mountinfo writes a blank as \040, and so on. */
static char *unescape(const char *text)
{
	GString *plain = g_string_new(NULL);

	while (*text) {
		unsigned int code;

		if (sscanf(text, "\\%3o", &code) == 1 && text[0] == '\\') {
			g_string_append_c(plain, (char)code);
			text += 4;
		} else {
			g_string_append_c(plain, *text++);
		}
	}
	return g_string_free(plain, FALSE);
}

/* What a line of mountinfo says of one mount. */
struct mount {
	char *path;   /* owned */
	char *type;   /* owned */
	char *device; /* owned: "0:45" */
};

static void mount_clear(struct mount *mount)
{
	g_free(mount->path);
	g_free(mount->type);
	g_free(mount->device);
	*mount = (struct mount){};
}

static bool parse_mount(const char *line, struct mount *mount)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint n = g_strv_length(words), dash = 6;

	while (dash < n && strcmp(words[dash], "-") != 0)
		dash++;
	if (dash + 1 >= n)
		return false;
	mount->path = unescape(words[4]);
	mount->type = g_strdup(words[dash + 1]);
	mount->device = g_strdup(words[2]);
	return true;
}

/* The table's lines, or NULL: it cannot be read now. */
static GStrv read_mounts(void)
{
	g_autofree char *table = NULL;

	if (!g_file_get_contents("/proc/self/mountinfo", &table, NULL, NULL))
		return NULL;
	return g_strsplit(table, "\n", -1);
}

/* The last mount of the device @wanted, or on the path @wanted. */
static bool find_mount(const GStrv lines, const char *wanted, bool is_device,
		       struct mount *found)
{
	bool is_found = false;

	for (char **line = lines; *line; line++) {
		struct mount mount = {};

		if (!parse_mount(*line, &mount))
			continue;
		if (strcmp(wanted, is_device ? mount.device : mount.path) ==
		    0) {
			mount_clear(found);
			*found = mount;
			is_found = true;
		} else {
			mount_clear(&mount);
		}
	}
	return is_found;
}

/* The type of the file system mounted last on @path, or NULL. */
static char *mounted_type(const char *path)
{
	g_auto(GStrv) lines = read_mounts();
	struct mount mount = {};
	char *type = NULL;

	if (lines && find_mount(lines, path, false, &mount))
		type = g_steal_pointer(&mount.type);
	mount_clear(&mount);
	return type;
}

char *mount_device(const char *path)
{
	g_auto(GStrv) lines = read_mounts();
	struct mount mount = {};
	char *device = NULL;

	if (lines && find_mount(lines, path, false, &mount))
		device = g_steal_pointer(&mount.device);
	mount_clear(&mount);
	return device;
}

bool mount_is_there(const char *device)
{
	g_auto(GStrv) lines = read_mounts();
	struct mount mount = {};
	/* Who cannot look does not know that it is gone. */
	bool is_there = !lines || find_mount(lines, device, true, &mount);

	mount_clear(&mount);
	return is_there;
}

/* realpath() would stop at a dead mount: only the parent is resolved. */
static char *absolute(const char *path)
{
	g_autofree char *canonical = g_canonicalize_filename(path, NULL);
	g_autofree char *parent = g_path_get_dirname(canonical);
	g_autofree char *base = g_path_get_basename(canonical);
	char whole[PATH_MAX], resolved[PATH_MAX];

	if (realpath(canonical, whole))
		return g_strdup(whole);
	if (!realpath(parent, resolved))
		return g_steal_pointer(&canonical);
	return g_build_filename(resolved, base, NULL);
}

static bool is_probefs(const char *type)
{
	return type && strcmp(type, "fuse.probefs") == 0;
}

/* stat() may be answered from the kernel's cache, statfs() never is. */
static bool is_dead(const char *path)
{
	struct statfs statfs_buffer;

	return statfs(path, &statfs_buffer) != 0 &&
	       (errno == ENOTCONN || errno == ECONNABORTED);
}

/* Mounts stack: after several crashes there may be several. */
static bool detach_dead(const char *path, GError **error)
{
	while (is_dead(path)) {
		g_autofree char *type = mounted_type(path);

		if (!is_probefs(type)) {
			probefs_set_error(error, ENOTCONN,
					  "%s has a dead %s mount; umount it",
					  path, type ? type : "FUSE");
			return false;
		}
		if (umount2(path, MNT_DETACH) != 0) {
			probefs_set_error(error, errno,
					  "%s: a dead probefs is mounted here "
					  "and cannot be detached: %s",
					  path, g_strerror(errno));
			return false;
		}
	}
	return true;
}

char *mount_check(const char *mountpoint, GError **error)
{
	g_autofree char *path = absolute(mountpoint);
	g_autofree char *type = NULL;
	struct stat stat_buffer;

	if (!detach_dead(path, error))
		return NULL;
	if (stat(path, &stat_buffer) != 0) {
		probefs_set_error(
			error, errno,
			errno == ENOENT ? "the mount point %s does not exist; "
					  "make it with mkdir"
					: "cannot use the mount point %s",
			path);
		return NULL;
	}
	if (!S_ISDIR(stat_buffer.st_mode)) {
		probefs_set_error(error, ENOTDIR,
				  "the mount point %s is not a directory",
				  path);
		return NULL;
	}
	type = mounted_type(path);
	if (is_probefs(type)) {
		probefs_set_error(error, EBUSY,
				  "%s already has a probefs mounted on it",
				  path);
		return NULL;
	}
	return g_steal_pointer(&path);
}

static bool capabilities(struct __user_cap_data_struct *data, bool is_set)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(is_set ? SYS_capset : SYS_capget, &header, data) == 0;
}

bool mount_check_privileges(GError **error)
{
	struct __user_cap_data_struct data[2] = {};

	if (!capabilities(data, false) ||
	    !(data[0].effective & 1u << CAP_SYS_ADMIN)) {
		probefs_set_error(error, EPERM,
				  "probefs needs root's privileges to mount "
				  "and to load BPF programs; start it with "
				  "sudo");
		return false;
	}
	if (access("/dev/fuse", R_OK | W_OK) != 0) {
		probefs_set_error(error, ENODEV,
				  "cannot use /dev/fuse (%s); is the fuse "
				  "module loaded, and the device there?",
				  g_strerror(errno));
		return false;
	}
	return true;
}

/*
 * SYS_ADMIN mounts, makes perf events of uprobes and of old kernels' BPF;
 * DAC_* and CHOWN, SETUID, SETGID, KILL, SYS_CHROOT serve the compiler, which
 * runs as nobody; SYS_RESOURCE raises limits; NET_ADMIN loads XDP and TC
 * programs; SYS_PTRACE resolves other processes' files for uprobes.
 */
static const unsigned int needed[] = {
	CAP_SYS_ADMIN,    CAP_BPF,
	CAP_PERFMON,      CAP_SYSLOG,
	CAP_SYS_RESOURCE, CAP_IPC_LOCK,
	CAP_NET_ADMIN,    CAP_SYS_PTRACE,
	CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
	CAP_CHOWN,        CAP_FOWNER,
	CAP_SETUID,       CAP_SETGID,
	CAP_SETPCAP,      CAP_KILL,
	CAP_SYS_CHROOT,
};

void mount_drop_privileges(void)
{
	struct __user_cap_data_struct data[2] = {};
	guint32 kept[2] = {};

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
		kept[needed[i] / 32] |= 1u << needed[i] % 32;
	for (unsigned int i = 0; i < 64; i++)
		if (!(kept[i / 32] & 1u << i % 32))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	if (!capabilities(data, false))
		return;
	for (int i = 0; i < 2; i++) {
		data[i].effective &= kept[i];
		data[i].permitted &= kept[i];
		data[i].inheritable = 0;
	}
	capabilities(data, true);
}
