/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile.c - owns the compiler process. Knows nothing of what becomes of an
 * object.
 */
#include "compile.h"

#include "compile_job.h"
#include "bpf/error.h"
#include "bpf/compiler/job.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <grp.h>
#include <unistd.h>

#define IDLE_S         60 /* then LLVM's memory is given back */
#define LATE_S         (JOB_DEADLINE_S + 10)
#define N_BYTES_MAX    (2ull << 30) /* of address space */
#define N_FILE_BYTES   (64 << 20)

/* What the child finds its program and the include directory by. */
#define PROGRAM_FD     3
#define INCLUDE_DIR_FD 4
#define FD_PATH(fd)    "/proc/self/fd/" G_STRINGIFY(fd)

struct job {
	struct compiler *compiler; /* borrowed */
	struct compile_job *files; /* owned */
	compile_done_fn done;
	void *data;
	bool is_resent; /* to a second compiler, after the first one's end */
};

struct compiler {
	char *path;
	char *include_dir;
	const struct kind_world *world; /* borrowed */
	GSubprocess *process;           /* owned; NULL: not running */
	GDataInputStream *answers;      /* owned, of the process */
	GCancellable *cancel;           /* owned, of the process */
	GHashTable *jobs;               /* owned: directory to struct job */
	uint32_t slack_ns;
	guint timer; /* source id of its rest or its delay; 0: none */
	GQueue done; /* owned: struct job, whose directories are still there */
	guint sweep; /* source id; 0: none */
	guint warm;  /* source id; 0: none */
	guint again; /* source id; 0: none */
};

/* --- The process ------------------------------------------------------- */

static void set_limit(int resource, rlim_t value)
{
	const struct rlimit limit = {value, value};

	setrlimit(resource, &limit);
}

/* Between fork and exec: only system calls. */
static void become_unprivileged(void *data)
{
	const uid_t nobody = 65534;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* These sanitizers reserve terabytes of addresses. */
	set_limit(RLIMIT_AS, N_BYTES_MAX);
#endif
	set_limit(RLIMIT_FSIZE, N_FILE_BYTES);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_NOFILE, 256);
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) || setgid(nobody) || setuid(nobody)))
		_exit(127);
	/* A process group of its own: Ctrl-C is for the daemon. */
	setpgid(0, 0);
}

static void compiler_stop(struct compiler *compiler)
{
	if (compiler->cancel)
		g_cancellable_cancel(compiler->cancel);
	if (compiler->process) {
		const char *id = g_subprocess_get_identifier(compiler->process);

		/* Its children, too: they are in its process group. */
		if (id)
			kill(-(pid_t)g_ascii_strtoll(id, NULL, 10), SIGKILL);
		g_subprocess_force_exit(compiler->process);
	}
	g_clear_object(&compiler->cancel);
	g_clear_object(&compiler->answers);
	g_clear_object(&compiler->process);
}

static void job_free(gpointer data)
{
	struct job *job = data;

	compile_job_free(job->files);
	g_free(job);
}

static void job_fail(struct job *job, const GError *error)
{
	struct compile_result none = {.diagnostics = (char[]){""}};

	g_hash_table_steal(job->compiler->jobs,
			   compile_job_directory(job->files));
	job->done(&none, error, job->data);
	job_free(job);
}

static void compiler_fail_all(struct compiler *compiler, int err,
			      const char *sentence)
{
	g_autoptr(GError)
		error = g_error_new_literal(PROBEFS_ERROR, err, sentence);
	GHashTableIter iter;
	gpointer job;

	compiler_stop(compiler);
	for (;;) {
		g_hash_table_iter_init(&iter, compiler->jobs);
		if (!g_hash_table_iter_next(&iter, NULL, &job))
			break;
		job_fail(job, error);
	}
}

static gboolean compiler_is_idle(void *data)
{
	struct compiler *compiler = data;

	compiler->timer = 0;
	compiler_stop(compiler);
	return G_SOURCE_REMOVE;
}

/* It ends late jobs by itself; this is for when it does not. */
static gboolean compiler_is_late(void *data)
{
	struct compiler *compiler = data;

	compiler->timer = 0;
	compiler_fail_all(compiler, ETIMEDOUT,
			  "the compiler gave no answer in time and was ended");
	return G_SOURCE_REMOVE;
}

/* Something came or went: wait anew for what is next. */
static void compiler_set_timer(struct compiler *compiler)
{
	if (compiler->timer)
		g_source_remove(compiler->timer);
	compiler->timer = 0;
	if (g_hash_table_size(compiler->jobs))
		compiler->timer = g_timeout_add_seconds(LATE_S,
							compiler_is_late,
							compiler);
	else if (compiler->process)
		compiler->timer = g_timeout_add_seconds(IDLE_S,
							compiler_is_idle,
							compiler);
}

static gboolean sweep(gpointer data)
{
	struct compiler *compiler = data;

	compiler->sweep = 0;
	g_queue_clear_full(&compiler->done, job_free);
	return G_SOURCE_REMOVE;
}

/* Its files are removed when nobody waits: what it is for goes first. */
static void job_retire(struct job *job)
{
	struct compiler *compiler = job->compiler;

	g_queue_push_tail(&compiler->done, job);
	if (!compiler->sweep)
		compiler->sweep = g_idle_add_full(G_PRIORITY_LOW, sweep,
						  compiler, NULL);
}

/* "DIRECTORY STATUS" */
static void compiler_take_answer(struct compiler *compiler, char *line)
{
	char *space = strrchr(line, ' ');
	struct compile_result result = {};
	g_autoptr(GError) error = NULL;
	struct job *job = NULL;

	if (space) {
		*space = '\0';
		job = g_hash_table_lookup(compiler->jobs, line);
	}
	if (!job)
		return;
	g_hash_table_steal(compiler->jobs, line);
	compile_job_result(job->files,
			   (int)g_ascii_strtoll(space + 1, NULL, 10), &result,
			   &error);
	job->done(&result, error, job->data);
	compile_result_clear(&result);
	job_retire(job);
	compiler_set_timer(compiler);
}

static bool compiler_send(struct compiler *compiler, const char *directory,
			  GError **error)
{
	g_autofree char *line = g_strconcat(directory, "\n", NULL);

	/* A line fits in the pipe; this does not wait. */
	return g_output_stream_write_all(g_subprocess_get_stdin_pipe(
						 compiler->process),
					 line, strlen(line), NULL, NULL, error);
}

static void compiler_read_answer(struct compiler *compiler);
static bool compiler_start(struct compiler *compiler, GError **error);

/* Each job's child is its own: it is not a job that the compiler dies of. */
static bool compiler_resend(struct compiler *compiler, GError **error)
{
	GHashTableIter iter;
	gpointer directory, job;

	if (!compiler_start(compiler, error))
		return false;
	g_hash_table_iter_init(&iter, compiler->jobs);
	while (g_hash_table_iter_next(&iter, &directory, &job)) {
		if (((struct job *)job)->is_resent ||
		    !compiler_send(compiler, directory, error))
			return false;
		((struct job *)job)->is_resent = true;
	}
	return true;
}

/* It was killed, perhaps for want of memory: another one takes its jobs. */
static void compiler_lost(struct compiler *compiler)
{
	g_autoptr(GError) error = NULL;

	g_clear_handle_id(&compiler->again, g_source_remove);
	compiler_stop(compiler);
	if (!g_hash_table_size(compiler->jobs) ||
	    compiler_resend(compiler, &error))
		compiler_set_timer(compiler);
	else
		compiler_fail_all(compiler, ENOEXEC,
				  error ? error->message
					: "the compiler ended unexpectedly, "
					  "twice; see the kernel's log");
}

static gboolean compiler_lost_later(void *data)
{
	struct compiler *compiler = data;

	compiler->again = 0;
	compiler_lost(compiler);
	return G_SOURCE_REMOVE;
}

/* Its children may hold its pipes: their end is not all that tells. */
static void compiler_ended(GObject *process, GAsyncResult *async, void *data)
{
	g_autoptr(GError) error = NULL;

	g_subprocess_wait_finish(G_SUBPROCESS(process), async, &error);
	/* Stopped by us: @data may be gone. */
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		compiler_lost(data);
}

static void compiler_answered(GObject *stream, GAsyncResult *async, void *data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *line = g_data_input_stream_read_line_finish(
		G_DATA_INPUT_STREAM(stream), async, NULL, &error);
	struct compiler *compiler = data;

	/* Stopped by us: @data may be gone. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (!line) {
		compiler_lost(compiler);
		return;
	}
	compiler_read_answer(compiler);
	compiler_take_answer(compiler, line);
}

static void compiler_read_answer(struct compiler *compiler)
{
	g_data_input_stream_read_line_async(compiler->answers,
					    G_PRIORITY_DEFAULT,
					    compiler->cancel, compiler_answered,
					    compiler);
}

/*
 * Give the child @path as descriptor @fd. It may stand in a directory that
 * only its owner can enter, such as the checkout in a home directory; what
 * the unprivileged child reaches is this descriptor.
 */
static bool hand_over(GSubprocessLauncher *launcher, const char *path, int fd,
		      GError **error)
{
	int opened = open(path, O_PATH | O_CLOEXEC);
	int err = errno;

	if (opened < 0) {
		probefs_set_error(error, err, "cannot open %s: %s", path,
				  g_strerror(err));
		return false;
	}
	g_subprocess_launcher_take_fd(launcher, opened, fd);
	return true;
}

/*
 * A new process has the timer slack of the thread that made it, from its
 * first instruction and through exec, and so have its own children.
 */
static GSubprocess *compiler_spawn(const struct compiler *compiler,
				   GSubprocessLauncher *launcher,
				   GError **error)
{
	int slack_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	GSubprocess *process;

	prctl(PR_SET_TIMERSLACK, (unsigned long)compiler->slack_ns, 0, 0, 0);
	process = g_subprocess_launcher_spawn(
		launcher, error, FD_PATH(PROGRAM_FD), "--include-dir",
		FD_PATH(INCLUDE_DIR_FD), "--serve", NULL);
	prctl(PR_SET_TIMERSLACK, (unsigned long)MAX(slack_ns, 1), 0, 0, 0);
	return process;
}

static bool compiler_start(struct compiler *compiler, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GError) cause = NULL;
	char *environment[] = {(char[]){"PATH=/usr/bin:/bin"},
			       (char[]){"LC_ALL=C.UTF-8"}, NULL};

	if (compiler->process)
		return true;
	g_subprocess_launcher_set_environ(launcher, environment);
	g_subprocess_launcher_set_cwd(launcher, "/");
	g_subprocess_launcher_set_child_setup(launcher, become_unprivileged,
					      NULL, NULL);
	if (!hand_over(launcher, compiler->path, PROGRAM_FD, error) ||
	    !hand_over(launcher, compiler->include_dir, INCLUDE_DIR_FD, error))
		return false;
	compiler->process = compiler_spawn(compiler, launcher, &cause);
	if (!compiler->process) {
		probefs_set_error(error, ENOEXEC,
				  "cannot start the compiler %s: %s",
				  compiler->path, cause->message);
		return false;
	}
	compiler->cancel = g_cancellable_new();
	compiler->answers = g_data_input_stream_new(
		g_subprocess_get_stdout_pipe(compiler->process));
	compiler_read_answer(compiler);
	g_subprocess_wait_async(compiler->process, compiler->cancel,
				compiler_ended, compiler);
	return true;
}

/*
 * The first source finds it ready. Where it cannot be started, the first
 * write says so. Like after a job, it goes when it has nothing to do.
 */
static gboolean compiler_warm(gpointer data)
{
	struct compiler *compiler = data;

	compiler->warm = 0;
	if (compiler_start(compiler, NULL))
		compiler_set_timer(compiler);
	return G_SOURCE_REMOVE;
}

/* --- Jobs -------------------------------------------------------------- */

bool compiler_run(struct compiler *compiler, const struct engine_source *source,
		  compile_done_fn done, void *data, GError **error)
{
	struct compile_job *files = compile_job_new(source, compiler->world,
						    error);
	struct job *job;

	if (!files || !compiler_start(compiler, error)) {
		compile_job_free(files);
		return false;
	}
	job = g_new0(struct job, 1);
	*job = (struct job){compiler, files, done, data, false};
	/* The key is the job's own string. */
	g_hash_table_insert(compiler->jobs,
			    (char *)(uintptr_t)compile_job_directory(files),
			    job);
	/* It has died, and nobody has noticed yet. */
	if (!compiler_send(compiler, compile_job_directory(files), NULL) &&
	    !compiler->again)
		compiler->again = g_idle_add(compiler_lost_later, compiler);
	compiler_set_timer(compiler);
	return true;
}

struct compiler *compiler_new(const char *path, const char *include_dir,
			      const struct kind_world *world, uint32_t slack_ns)
{
	struct compiler *compiler = g_new0(struct compiler, 1);

	/* A compiler that died is an error of the next write to it. */
	signal(SIGPIPE, SIG_IGN);
	compiler->path = g_strdup(path);
	compiler->include_dir = g_strdup(include_dir);
	compiler->world = world;
	compiler->slack_ns = slack_ns;
	compiler->jobs = g_hash_table_new(g_str_hash, g_str_equal);
	/* Not before the daemon is what it is to be, and serves its mount. */
	compiler->warm = g_idle_add_full(G_PRIORITY_LOW, compiler_warm,
					 compiler, NULL);
	return compiler;
}

void compiler_free(struct compiler *compiler)
{
	if (!compiler)
		return;
	compiler_fail_all(compiler, ECANCELED, "probefs is ending");
	if (compiler->timer)
		g_source_remove(compiler->timer);
	if (compiler->sweep)
		g_source_remove(compiler->sweep);
	if (compiler->warm)
		g_source_remove(compiler->warm);
	if (compiler->again)
		g_source_remove(compiler->again);
	g_queue_clear_full(&compiler->done, job_free);
	g_hash_table_unref(compiler->jobs);
	g_free(compiler->path);
	g_free(compiler->include_dir);
	g_free(compiler);
}

uint64_t compiler_memory_bytes(const struct compiler *compiler)
{
	g_autofree char *path = NULL, *text = NULL;
	unsigned long long n_pages = 0;

	if (!compiler->process)
		return 0;
	path = g_strdup_printf("/proc/%s/statm",
			       g_subprocess_get_identifier(compiler->process));
	if (!g_file_get_contents(path, &text, NULL, NULL) || !strchr(text, ' '))
		return 0;
	n_pages = g_ascii_strtoull(strchr(text, ' '), NULL, 10);
	return n_pages * sysconf(_SC_PAGESIZE);
}
