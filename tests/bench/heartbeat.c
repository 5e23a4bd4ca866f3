/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * heartbeat.c - where the daemon's main loop stands still. A library for
 * LD_PRELOAD: the daemon itself knows nothing of it.
 *
 * A source of the loop beats each millisecond. What lies between two beats is
 * split: the loop had nothing to do and was in poll, which may last longer than
 * it was asked to; or it was in a source, and there, by the kernel's accounts of
 * its thread, it ran, it slept, or it wanted to run and had no processor. A
 * watchdog with real-time priority makes the loop's thread take its own backtrace
 * when a beat is late; the signal arrives at the end of a system call that cannot
 * be interrupted, so that the backtrace has that call.
 *
 * HEARTBEAT names the file to write. A line of it is a beat that is late by a
 * millisecond or more:
 *
 *   BEAT END LATE RAN WAITED SLEPT IDLE STACK...
 *
 * END in microseconds since 1970, the others microseconds; LATE is without the
 * millisecond that was asked for; RAN, WAITED and SLEPT are outside of poll;
 * IDLE is the longest that one poll was later than asked for. A STACK is
 *
 *   WHEN:STATE:WCHAN@FILE+OFFSET,FILE+OFFSET...
 *
 * from the innermost function on, taken WHEN microseconds after the last beat;
 * STATE is that of the thread before the signal, as ps has it, WCHAN what of the
 * kernel's it slept in. The last line has the number of all beats.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BEAT_MS    1
#define TOLD_NS    1000000
#define FIRST_LOOK 5000000 /* late by so many ns: where is it? */
#define N_STACKS   6       /* each next one after twice the time */
#define N_FRAMES   32
#define LOOK_NS    500000
#define SIGNAL     (SIGRTMIN + 9)

struct moment {
	uint64_t ns;     /* of the clock */
	uint64_t ran;    /* by the loop's thread, ns */
	uint64_t waited; /* for a processor, ns */
	uint64_t sleeps; /* how often it gave up the processor */
};

struct stack {
	uint64_t ns;
	int n_frames;
	void *frames[N_FRAMES];
};

static FILE *file;
static int schedstat = -1;
static int stat_fd = -1;
static int wchan_fd = -1;
static pthread_t loop_thread;
/* The loop's alone. */
static struct moment last;  /* beat */
static struct moment awake; /* the end of the last poll */
static struct moment busy;  /* since the last beat, outside of poll */
static uint64_t longest_idle;
static uint64_t n_beats;
static _Atomic uint64_t last_ns; /* the watchdog reads it */
static _Atomic unsigned int n_asked;
static _Atomic unsigned int n_stacks;
static struct stack stacks[N_STACKS];
static char states[N_STACKS][48]; /* the watchdog's, with the stacks */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec time;

	clock_gettime(id, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static struct moment moment_now(void)
{
	struct moment moment = {};
	char text[128] = "";
	struct rusage usage = {};

	getrusage(RUSAGE_THREAD, &usage);
	moment.sleeps = (uint64_t)usage.ru_nvcsw;
	if (pread(schedstat, text, sizeof(text) - 1, 0) > 0)
		sscanf(text, "%*u %" SCNu64, &moment.waited);
	moment.ran = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	moment.ns = clock_ns(CLOCK_MONOTONIC);
	return moment;
}

static void take_stack(int number)
{
	unsigned int i = atomic_load(&n_stacks);

	if (i >= N_STACKS)
		return;
	stacks[i].ns = clock_ns(CLOCK_MONOTONIC);
	stacks[i].n_frames = backtrace(stacks[i].frames, N_FRAMES);
	atomic_store(&n_stacks, i + 1);
}

static void write_stack(const struct stack *stack)
{
	fprintf(file, " %" PRIu64 ":%s@", (stack->ns - last.ns) / 1000,
		states[stack - stacks]);
	/* The first two are the handler and the return from it. */
	for (int i = 2; i < stack->n_frames; i++) {
		/* Of a caller the call, not what comes after it. */
		const char *at = (char *)stack->frames[i] - (i > 2);
		Dl_info info = {};

		if (dladdr(at, &info) && info.dli_fname)
			fprintf(file, "%s%s+0x%tx", i > 2 ? "," : "",
				info.dli_fname, at - (char *)info.dli_fbase);
	}
}

static void write_beat(const struct moment *now)
{
	uint64_t known = busy.ran + busy.waited;
	uint64_t slept = busy.ns > known ? busy.ns - known : 0;

	/* No account has it: the hypervisor, or an interrupt, had the processor. */
	if (!busy.sleeps) {
		busy.waited += slept;
		slept = 0;
	}
	fprintf(file,
		"BEAT %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %" PRIu64,
		clock_ns(CLOCK_REALTIME) / 1000,
		(now->ns - last.ns - BEAT_MS * 1000000) / 1000, busy.ran / 1000,
		busy.waited / 1000, slept / 1000, longest_idle / 1000);
	for (unsigned int i = 0; i < atomic_load(&n_stacks); i++)
		write_stack(&stacks[i]);
	fputc('\n', file);
	fflush(file);
}

static void add_busy(const struct moment *now)
{
	busy.ns += now->ns - awake.ns;
	busy.ran += now->ran - awake.ran;
	busy.waited += now->waited - awake.waited;
	busy.sleeps += now->sleeps - awake.sleeps;
}

static gboolean beat(gpointer data)
{
	struct moment now = moment_now();

	n_beats++;
	add_busy(&now);
	if (now.ns - last.ns >= BEAT_MS * 1000000 + TOLD_NS) {
		write_beat(&now);
		/* The writing is ours, and not to be told. */
		now = moment_now();
	}
	last = awake = now;
	busy = (struct moment){};
	longest_idle = 0;
	atomic_store(&n_stacks, 0);
	atomic_store(&n_asked, 0);
	atomic_store(&last_ns, now.ns);
	return G_SOURCE_CONTINUE;
}

/* The context's; the loop is never without the beat, so @timeout_ms is >= 0. */
static gint wait_for_sources(GPollFD *fds, guint n_fds, gint timeout_ms)
{
	struct moment before = moment_now();
	uint64_t asked = (uint64_t)timeout_ms * 1000000, took;
	int n;

	add_busy(&before);
	n = poll((struct pollfd *)(void *)fds, n_fds, timeout_ms);
	awake = moment_now();
	took = awake.ns - before.ns;
	if (took > asked && took - asked > longest_idle)
		longest_idle = took - asked;
	return n;
}

/* Before the signal wakes it: does it sleep, and in what of the kernel's? */
static void note_state(char *state, size_t n_bytes)
{
	char text[256] = "", where[32] = "";
	const char *name_end;

	if (pread(stat_fd, text, sizeof(text) - 1, 0) <= 0 ||
	    pread(wchan_fd, where, sizeof(where) - 1, 0) <= 0)
		return;
	name_end = strrchr(text, ')');
	if (name_end)
		snprintf(state, n_bytes, "%c:%s", name_end[2], where);
}

static int open_own(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)gettid(),
		 name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void *watch(void *data)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	const struct sched_param first = {.sched_priority = 1};

	/* Without the right to it, it may itself be late. */
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
	for (;;) {
		unsigned int n = atomic_load(&n_asked);
		uint64_t since = clock_ns(CLOCK_MONOTONIC) -
				 atomic_load(&last_ns);

		if (n < N_STACKS &&
		    since > BEAT_MS * 1000000 + ((uint64_t)FIRST_LOOK << n)) {
			note_state(states[n], sizeof(states[n]));
			atomic_store(&n_asked, n + 1);
			pthread_kill(loop_thread, SIGNAL);
		}
		nanosleep(&look, NULL);
	}
	return NULL;
}

static void start(void)
{
	struct sigaction action = {.sa_handler = take_stack,
				   .sa_flags = SA_RESTART};
	void *frames[1];
	pthread_t watchdog;

	schedstat = open_own("schedstat");
	stat_fd = open_own("stat");
	wchan_fd = open_own("wchan");
	/* The first call loads a library, which a handler must not. */
	backtrace(frames, 1);
	loop_thread = pthread_self();
	sigaction(SIGNAL, &action, NULL);
	last = awake = moment_now();
	atomic_store(&last_ns, last.ns);
	g_main_context_set_poll_func(NULL, wait_for_sources);
	g_timeout_add(BEAT_MS, beat, NULL);
	if (!pthread_create(&watchdog, NULL, watch, NULL))
		pthread_detach(watchdog);
}

/* In the place of GLib's. */
__attribute__((visibility("default"))) void g_main_loop_run(GMainLoop *loop)
{
	void (*run)(GMainLoop * loop);

	*(void **)&run = dlsym(RTLD_NEXT, "g_main_loop_run");
	if (file)
		start();
	run(loop);
	/* Nobody beats any more, and that is no standstill. */
	atomic_store(&n_asked, N_STACKS);
	if (file)
		fprintf(file, "BEATS %" PRIu64 "\n", n_beats);
	if (file)
		fflush(file);
}

/* What the daemon starts has no loop to be watched. */
__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("HEARTBEAT");

	if (path)
		file = fopen(path, "we");
	unsetenv("LD_PRELOAD");
	unsetenv("HEARTBEAT");
}
