/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_file.c - owns the way from a path to a file. Knows no probes.
 *
 * The walk goes name by name with O_PATH, which opens nothing, and looks at
 * the device of each step before it asks anything below. The device is the
 * kernel's answer (AT_STATX_DONT_SYNC), its file system that of mountinfo.
 */
#include "user_file.h"

#include "bpf/error.h"
#include "library.h"
#include "bpf/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_LINKS_MAX 40

/* One walk from "/" to a file. */
struct walk {
	int root; /* owned; another one behind /proc/PID/root */
	int at;   /* owned */
	struct statx stat;
	struct statx root_stat;
	char *mounts; /* owned: the mountinfo that knows the devices */
	GString *rest;
	GString *passed; /* for messages, and for what a link is in */
	unsigned n_links;
	bool is_proc;   /* at is in a proc file system */
	bool is_hidden; /* not everybody may come here */
};

/* --- File systems ------------------------------------------------------ */

static bool may_wait(const char *type)
{
	static const char *const types[] = {"afs",  "autofs", "cifs", "nfs",
					    "nfs4", "smb3",   NULL};

	return g_str_has_prefix(type, "fuse") ? strcmp(type, "fusectl") != 0
					      : g_strv_contains(types, type);
}

/* The type of the file system on a device, owned; NULL: not in @mounts. */
static char *device_type(const char *mounts, uint32_t major, uint32_t minor)
{
	FILE *file = fopen(mounts, "re");
	g_autofree char *line = NULL;
	char *type = NULL;
	size_t n_line = 0;

	while (file && !type && getline(&line, &n_line, file) > 0) {
		const char *dash = strstr(line, " - ");
		unsigned a, b;

		if (dash && sscanf(line, "%*u %*u %u:%u", &a, &b) == 2 &&
		    a == major && b == minor)
			type = g_strndup(dash + 3, strcspn(dash + 3, " "));
	}
	if (file)
		fclose(file);
	return type;
}

static bool is_same_device(const struct statx *a, const struct statx *b)
{
	return a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

/* May the walk go on at @stat? What "/" itself is on may. */
static bool check_device(struct walk *walk, const struct statx *stat,
			 GError **error)
{
	g_autofree char *type = NULL;

	walk->is_proc = false;
	if (is_same_device(stat, &walk->root_stat))
		return true;
	type = device_type(walk->mounts, stat->stx_dev_major,
			   stat->stx_dev_minor);
	if (!type)
		return true; /* btrfs has devices of its own */
	walk->is_proc = !strcmp(type, "proc");
	if (!may_wait(type))
		return true;
	probefs_set_error(error, EOPNOTSUPP,
			  "%s is on a file system of type %s, for which "
			  "probefs might have to wait for ever; copy the file "
			  "to a local one",
			  walk->passed->str, type);
	return false;
}

/* --- The walk ---------------------------------------------------------- */

static void walk_clear(struct walk *walk)
{
	if (walk->root >= 0)
		close(walk->root);
	if (walk->at >= 0)
		close(walk->at);
	g_free(walk->mounts);
	g_string_free(walk->rest, TRUE);
	g_string_free(walk->passed, TRUE);
}

static bool stat_fd(int fd, struct statx *stat)
{
	return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		      STATX_BASIC_STATS, stat);
}

/* The walk goes on at @fd (taken over). */
static void walk_move(struct walk *walk, int fd, const struct statx *stat)
{
	walk->is_hidden |= !(walk->stat.stx_mode & S_IXOTH);
	close(walk->at);
	walk->at = fd;
	walk->stat = *stat;
}

/* From @directory, or from "/" (-1). */
static bool walk_begin(struct walk *walk, int directory, const char *path,
		       GError **error)
{
	int err;

	memset(walk, 0, sizeof(*walk));
	walk->rest = g_string_new(path);
	walk->passed = g_string_new(NULL);
	walk->mounts = g_strdup("/proc/self/mountinfo");
	walk->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	walk->at = fcntl(directory < 0 ? walk->root : directory,
			 F_DUPFD_CLOEXEC, 0);
	if (walk->root >= 0 && walk->at >= 0 &&
	    stat_fd(walk->root, &walk->root_stat) &&
	    stat_fd(walk->at, &walk->stat))
		return true;
	err = errno;
	probefs_set_error(error, err, "cannot look at /: %s", g_strerror(err));
	walk_clear(walk);
	return false;
}

/* A link's text takes its place in the path. */
static bool walk_text_link(struct walk *walk, int link, GError **error)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(link, "", text, sizeof(text) - 1);

	if (n <= 0 || ++walk->n_links > N_LINKS_MAX) {
		probefs_set_error(error, ELOOP,
				  "%s: too many symbolic links, or one that "
				  "cannot be read",
				  walk->passed->str);
		return false;
	}
	text[n] = '\0';
	g_string_prepend_c(walk->rest, '/');
	g_string_prepend(walk->rest, text);
	g_string_truncate(walk->passed,
			  strrchr(walk->passed->str, '/') - walk->passed->str);
	if (*text != '/')
		return true;
	close(walk->at);
	walk->at = fcntl(walk->root, F_DUPFD_CLOEXEC, 0);
	g_string_truncate(walk->passed, 0);
	return walk->at >= 0 && stat_fd(walk->at, &walk->stat);
}

/* /proc/PID/root: what is behind is that process's view. */
static void walk_enter_process(struct walk *walk, int fd)
{
	g_autofree char *directory = g_path_get_dirname(walk->passed->str);

	g_free(walk->mounts);
	walk->mounts = g_strconcat(directory, "/mountinfo", NULL);
	close(walk->root);
	walk->root = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* A link of proc has no text that could be followed: the kernel does it. */
static bool walk_proc_link(struct walk *walk, const char *name, GError **error)
{
	struct statx stat;
	int fd = openat(walk->at, name, O_PATH | O_CLOEXEC);

	if (fd < 0 || !stat_fd(fd, &stat)) {
		probefs_set_error(error, ENOENT, "%s leads nowhere",
				  walk->passed->str);
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!strcmp(name, "root"))
		walk_enter_process(walk, fd);
	if (!check_device(walk, &stat, error)) {
		close(fd);
		return false;
	}
	walk_move(walk, fd, &stat);
	return true;
}

static GPtrArray *entry_names(int directory)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return names;
}

/* Suggests no names that not everybody could list. */
static void set_missing(struct walk *walk, const char *name, GError **error)
{
	const mode_t needed = S_IROTH | S_IXOTH;
	bool is_shown = !walk->is_hidden &&
			(walk->stat.stx_mode & needed) == needed;
	g_autoptr(GPtrArray) names = is_shown ? entry_names(walk->at)
					      : g_ptr_array_new();
	g_autofree char *hint = suggest_phrase(name, names);

	probefs_set_error(error, ENOENT, "no such file or directory %s%s",
			  walk->passed->str, hint);
}

static bool walk_step(struct walk *walk, const char *name, GError **error)
{
	bool was_proc = walk->is_proc, is_done;
	struct statx stat;
	int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	g_string_append_printf(walk->passed, "/%s", name);
	if (fd < 0 || !stat_fd(fd, &stat)) {
		if (fd >= 0)
			close(fd);
		set_missing(walk, name, error);
		return false;
	}
	if (!check_device(walk, &stat, error)) {
		close(fd);
		return false;
	}
	if (!S_ISLNK(stat.stx_mode)) {
		walk_move(walk, fd, &stat);
		return true;
	}
	/* /proc/self is an ordinary one, and does no harm either way. */
	is_done = was_proc && walk->is_proc ? walk_proc_link(walk, name, error)
					    : walk_text_link(walk, fd, error);
	close(fd);
	return is_done;
}

/* The path of a first word that is not in "/"; owned, NULL: it is, or the
 * name is neither a library's nor a command's. */
static char *expand_bare_name(const char *path)
{
	g_autofree char *name = g_strndup(path, strcspn(path, "/"));
	g_autofree char *rooted = g_strconcat("/", name, NULL);
	g_autofree char *found = NULL;
	int fd = *name ? open(rooted, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

	/* O_PATH asks no server, should one have the name. */
	if (fd >= 0)
		close(fd);
	if (!*name || fd >= 0)
		return NULL;
	found = library_find(name);
	if (!found)
		found = command_find(name);
	return found ? g_strconcat(found, path + strlen(name), NULL) : NULL;
}

/* To the end of the path, or to the first regular file. */
static bool walk_all(struct walk *walk, GError **error)
{
	while (S_ISDIR(walk->stat.stx_mode)) {
		size_t n_slashes = strspn(walk->rest->str, "/");
		size_t n;
		g_autofree char *name = NULL;

		g_string_erase(walk->rest, 0, (gssize)n_slashes);
		n = strcspn(walk->rest->str, "/");
		if (!n)
			return true;
		name = g_strndup(walk->rest->str, n);
		g_string_erase(walk->rest, 0, (gssize)n);
		if (!walk_step(walk, name, error))
			return false;
	}
	if (S_ISREG(walk->stat.stx_mode)) {
		g_string_erase(walk->rest, 0,
			       (gssize)strspn(walk->rest->str, "/"));
		return true;
	}
	probefs_set_error(error, EINVAL, "%s is neither file nor directory",
			  walk->passed->str);
	return false;
}

static void walk_give(struct walk *walk, struct user_file *file)
{
	const struct statx *stat = &walk->stat;

	file->fd = walk->at;
	walk->at = -1;
	file->is_directory = S_ISDIR(stat->stx_mode);
	file->device_major = stat->stx_dev_major;
	file->device_minor = stat->stx_dev_minor;
	file->inode = stat->stx_ino;
	file->size_bytes = stat->stx_size;
	file->changed_ns = stat->stx_ctime.tv_sec *
				   G_GINT64_CONSTANT(1000000000) +
			   stat->stx_ctime.tv_nsec;
	file->rest = g_strdup(walk->rest->str);
}

bool user_file_find(struct user_file *file, const char *path, GError **error)
{
	g_autofree char *longer = expand_bare_name(path);
	struct walk walk;
	bool is_found;

	memset(file, 0, sizeof(*file));
	file->fd = -1;
	if (!walk_begin(&walk, -1, longer ? longer : path, error))
		return false;
	is_found = walk_all(&walk, error);
	if (is_found)
		walk_give(&walk, file);
	walk_clear(&walk);
	return is_found;
}

void user_file_clear(struct user_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	g_clear_pointer(&file->rest, g_free);
}

int user_file_open(const struct user_file *file, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file->fd);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int err = errno;

	if (fd < 0)
		probefs_set_error(error, err, "it cannot be read: %s",
				  g_strerror(err));
	return fd;
}
