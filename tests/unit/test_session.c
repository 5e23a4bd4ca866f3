/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file system mounted, with the engine of fake_engine.c: what arrives of
 * a shell's line, and what must not hang. Needs root and /dev/fuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char *mountpoint;
	pid_t daemon;
};

static char *daemon_path; /* set once; the tests change directory */

static bool is_mounted(const struct fixture *f)
{
	g_autofree char *readme = g_build_filename(f->mountpoint, "README",
						   NULL);

	return access(readme, F_OK) == 0;
}

static void set_up(struct fixture *f, gconstpointer options)
{
	f->mountpoint = g_dir_make_tmp("probefs-XXXXXX", NULL);
	f->daemon = fork();
	if (f->daemon == 0) {
		/* A test that aborts must leave nothing. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(daemon_path, "probefs", "-f", "-o",
		      options ? (const char *)options : "rw", f->mountpoint,
		      NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !is_mounted(f); i++)
		g_usleep(10000);
	g_assert_true(is_mounted(f));
	g_assert_cmpint(chdir(f->mountpoint), ==, 0);
}

static void tear_down(struct fixture *f, gconstpointer options)
{
	int status;

	g_assert_cmpint(chdir("/"), ==, 0);
	kill(f->daemon, SIGTERM);
	g_assert_cmpint(waitpid(f->daemon, &status, 0), ==, f->daemon);
	/* Of a sanitizer, too, 0 means that it found nothing. */
	g_assert_cmpint(status, ==, 0);
	g_assert_false(is_mounted(f));
	g_assert_cmpint(g_rmdir(f->mountpoint), ==, 0);
	g_free(f->mountpoint);
}

/* What a user types, in @shell; its output, and that it ended with @status. */
static char *type_in(const char *shell, const char *line, int status)
{
	const char *argv[] = {"timeout", "20", shell, "-c", line, NULL};
	char *output = NULL;
	int wait_status;

	g_assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
				   G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
				   NULL, &wait_status, NULL));
	if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status)
		g_error("%s: %s: status %x, not %d", shell, line, wait_status,
			status);
	return output;
}

static void types(const char *line, int status)
{
	g_free(type_in("sh", line, status));
}

static void shows(const char *path, const char *content)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, content);
}

static void says(const char *path, const char *words)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	if (!strstr(text, words))
		g_error("%s should say \"%s\", but says: %s", path, words,
			text);
}

/* open, write all, close: 0 or the errno of the first that fails. */
static int write_to(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | flags, 0600), err = 0;

	if (fd < 0)
		return errno;
	while (*text && !err) {
		ssize_t n = write(fd, text, strlen(text));

		if (n < 0)
			err = errno;
		else
			text += n;
	}
	if (close(fd) != 0 && !err)
		err = errno;
	return err;
}

static void test_attach_lines(struct fixture *f, gconstpointer data)
{
	types("echo 'int hello;' > progs/hello.c", 0);
	types("echo 'int other;' > progs/other.c", 0);
	types("echo hello > kprobes/vfs_read", 0);
	shows("kprobes/vfs_read", "hello\n");
	types("echo other >> kprobes/vfs_read", 0);
	shows("kprobes/vfs_read", "hello\nother\n");
	types("echo '!hello' >> kprobes/vfs_read", 0);
	shows("kprobes/vfs_read", "other\n");
	g_assert_cmpint(write_to("kprobes/vfs_read", O_TRUNC, "nothing\n"), ==,
			ENOENT);
	shows("kprobes/vfs_read", "other\n");
	says("errors", "kprobes/vfs_read uid 0: kprobes/vfs_read: no function "
		       "named nothing");
	types("cat kprobes/vfs_read > /dev/shm/saved.$$ && "
	      "cat /dev/shm/saved.$$ > kprobes/vfs_read; "
	      "r=$?; rm /dev/shm/saved.$$; exit $r",
	      0);
	shows("attached", "kprobes/vfs_read\tother\n");
	types(": > kprobes/vfs_read", 0);
	shows("attached", "");
}

static void test_attach_size_is_exact(struct fixture *f, gconstpointer data)
{
	struct stat attr;

	types("ls -l kprobes; echo 'int hello;' > progs/hello.c", 0);
	types("echo hello > kprobes/vfs_read", 0);
	g_assert_cmpint(stat("kprobes/vfs_read", &attr), ==, 0);
	g_assert_cmpint(attr.st_size, ==, 6);
	types("test \"$(find kprobes -size +0)\" = kprobes/vfs_read", 0);
	types(": > kprobes/vfs_read", 0);
	g_assert_cmpint(stat("kprobes/vfs_read", &attr), ==, 0);
	g_assert_cmpint(attr.st_size, ==, 0);
	types("cd kprobes; truncate -s 0 vfs_read", 0);
	types("cd kprobes; truncate -s 5 vfs_read", 1);
}

static void test_program_is_compiled_at_close(struct fixture *f,
					      gconstpointer data)
{
	g_assert_cmpint(write_to("progs/bad.c", O_CREAT, "syntax error"), ==,
			EINVAL);
	shows("progs/bad.c", "syntax error");
	says("progs/bad/errors", "error");
	types("cp progs/bad.c progs/worse.c", 1);
	types("tee progs/bad.c < progs/bad.c > /dev/null", 1);
	types("echo 'syntax error' > progs/bad.c", 0);
	types("{ echo int a; (echo b); ls > /dev/null; echo c; } > progs/a.c",
	      0);
	shows("progs/a.c", "int a\nb\nc\n");
	types("cp progs/a.c progs/bad.c", 0);
	shows("progs/bad/errors", "");
	types("echo bad > progs/a.cflags", 0);
	says("errors", "progs/a.cflags uid 0: a.c:1:1");
}

static void test_program_files_behave(struct fixture *f, gconstpointer data)
{
	types("echo one > progs/x.c; sed -i s/one/two/ progs/x.c", 0);
	shows("progs/x.c", "two\n");
	types("echo three >> progs/x.c; touch progs/x.c; chmod 644 progs/x.c",
	      0);
	shows("progs/x.c", "two\nthree\n");
	types("cp -p progs/x.c progs/notes; dd if=progs/notes of=progs/x.c "
	      "conv=notrunc bs=2 seek=1 count=1 2> /dev/null",
	      0);
	shows("progs/x.c", "twtwthree\n");
	types("mv progs/x.c progs/y.c; test -d progs/y && test ! -e progs/x",
	      0);
	types("echo syntax error > progs/z && mv progs/z progs/y.c", 1);
	shows("progs/y.c", "twtwthree\n");
	types("rm progs/*.c progs/z progs/notes; test -z \"$(ls progs)\"", 0);
}

static void test_backup_rename_keeps_program(struct fixture *f,
					     gconstpointer data)
{
	types("echo one > progs/x.c; mv progs/x.c progs/x.c~; test -d progs/x",
	      0);
	types("echo two > progs/x.c; rm progs/x.c~; sleep 2.2; test -d progs/x",
	      0);
	types("mv progs/x.c progs/x.old; sleep 2.3; test ! -e progs/x", 0);
	shows("progs/x.old", "two\n");
}

static void test_what_is_refused(struct fixture *f, gconstpointer data)
{
	g_autofree char *large = g_strnfill(2 << 20, 'x');

	g_assert_cmpint(write_to("progs/big.c", O_CREAT, large), ==, EFBIG);
	says("errors", "progs/big.c uid 0: progs/big.c: the file is larger");
	g_assert_cmpint(write_to("progs/a\001b", O_CREAT, ""), ==, EINVAL);
	g_assert_cmpint(write_to("status", O_TRUNC, "x"), ==, EACCES);
	g_assert_cmpint(write_to("new", O_CREAT, "x"), ==, EPERM);
	g_assert_cmpint(write_to("kprobes/x", O_CREAT, "x"), ==, ENOENT);
	g_assert_cmpint(write_to("nodir/x", O_CREAT, "x"), ==, ENOENT);
	g_assert_cmpint(mkdir("progs/d", 0700), ==, -1);
	g_assert_cmpint(errno, ==, EPERM);
	g_assert_cmpint(unlink("README"), ==, -1);
	g_assert_cmpint(errno, ==, EPERM);
	g_assert_cmpint(rmdir("kprobes"), ==, -1);
	g_assert_cmpint(errno, ==, EPERM);
	g_assert_cmpint(rename("status", "stat"), ==, -1);
	g_assert_cmpint(errno, ==, EPERM);
	says("errors", "status uid 0: status: this file is read-only");
	says("errors", "kprobes/x uid 0: kprobes/x: no such target");
}

static void test_nothing_waits_for_a_compile(struct fixture *f,
					     gconstpointer data)
{
	gint64 start_us = g_get_monotonic_time();

	types("cat > progs/s.c << E &\nslow\nE\nsleep 0.3; ls -lR . > "
	      "/dev/null;"
	      "cat status",
	      0);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 1500000);
	/* A killed writer goes, its compile is carried out. */
	types("echo slow > progs/t.c & sleep 0.3; kill -9 $!; wait $!; "
	      "test $? = 137",
	      0);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 2500000);
	types("sleep 2; test -e progs/t/object", 0);
}

static void test_readers_wait_and_go(struct fixture *f, gconstpointer data)
{
	types("echo one > progs/x.c", 0);
	types("cat progs/x/output > /dev/null & sleep 0.2; kill -9 $!; "
	      "wait $!; test $? = 137",
	      0);
	types("for i in 1 2 3; do head -n 1 progs/x/output & done 2> /dev/null"
	      "; sleep 0.2; echo mark >> progs/x/output; wait",
	      0);
	types("cat progs/x/output > /dev/null & sleep 0.2; rm progs/x.c; "
	      "wait $!",
	      0);
	/* This one waits until the daemon ends, and gets its end of file. */
	types("(cat output; echo $?) > /dev/null & sleep 0.1", 0);
}

static int poll_for(int fd, int ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, ms) == 1 ? poll_fd.revents : 0;
}

static void test_stream_without_blocking(struct fixture *f, gconstpointer data)
{
	char bytes[64];
	int fd;

	types("echo one > progs/x.c", 0);
	fd = open("progs/x/output", O_RDONLY | O_NONBLOCK);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(read(fd, bytes, sizeof(bytes)), ==, -1);
	g_assert_cmpint(errno, ==, EAGAIN);
	for (int i = 0; i < 3; i++) {
		g_assert_cmpint(poll_for(fd, 50), ==, 0);
		types("(sleep 0.2; echo mark >> progs/x/output) &", 0);
		g_assert_cmpint(poll_for(fd, 10000), ==, POLLIN);
		g_assert_cmpint(read(fd, bytes, sizeof(bytes)), ==, 5);
		g_assert_cmpint(memcmp(bytes, "mark\n", 5), ==, 0);
	}
	close(fd);
}

static void test_stream_has_no_position(struct fixture *f, gconstpointer data)
{
	struct stat attr;

	g_assert_cmpint(stat("output", &attr), ==, 0);
	g_assert_cmpint(attr.st_size, ==, 4096);
	types("echo one > progs/x.c; echo a >> progs/x/output; "
	      "echo b >> progs/x/output; exec < progs/x/output; "
	      "read -r a; (read -r b; test \"$a$b\" = ab)",
	      0);
	types(": > progs/x/output; timeout 0.3 cat progs/x/output | "
	      "{ ! read -r a; }",
	      0);
}

static void test_modes_follow_the_options(struct fixture *f, gconstpointer data)
{
	static const struct {
		const char *path;
		mode_t mode;
	} cases[] = {
		{"progs", S_IFDIR | 0750},
		{"README", S_IFREG | 0440},
		{"output", S_IFREG | 0640},
		{"kprobes/vfs_read", S_IFREG | 0640},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct stat attr;

		g_assert_cmpint(stat(cases[i].path, &attr), ==, 0);
		g_assert_cmpuint(attr.st_mode, ==, cases[i].mode);
		g_assert_cmpuint(attr.st_uid, ==, 7);
		g_assert_cmpuint(attr.st_gid, ==, 8);
	}
	/* Another group's user: the kernel refuses. */
	types("setpriv --reuid 9 --regid 9 --clear-groups cat README", 1);
	types("setpriv --reuid 9 --regid 8 --clear-groups cat README", 0);
}

#define ADD(path, options, function) \
	g_test_add(path, struct fixture, options, set_up, function, tear_down)

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) != 0) {
		puts("1..0 # SKIP needs root and /dev/fuse");
		return 77;
	}
	g_assert_cmpint(argc, ==, 2);
	daemon_path = g_canonicalize_filename(argv[1], NULL);
	ADD("/session/attach/lines", NULL, test_attach_lines);
	ADD("/session/attach/size", NULL, test_attach_size_is_exact);
	ADD("/session/progs/compile", NULL, test_program_is_compiled_at_close);
	ADD("/session/progs/files", NULL, test_program_files_behave);
	ADD("/session/progs/backup", NULL, test_backup_rename_keeps_program);
	ADD("/session/refused", NULL, test_what_is_refused);
	ADD("/session/slow", NULL, test_nothing_waits_for_a_compile);
	ADD("/session/streams/wait", NULL, test_readers_wait_and_go);
	ADD("/session/streams/poll", NULL, test_stream_without_blocking);
	ADD("/session/streams/position", NULL, test_stream_has_no_position);
	ADD("/session/modes", "allow_other,uid=7,gid=8,mode=0750",
	    test_modes_follow_the_options);
	status = g_test_run();
	g_free(daemon_path);
	return status;
}
