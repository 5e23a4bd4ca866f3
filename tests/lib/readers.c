// SPDX-License-Identifier: GPL-2.0-only
/*
 * readers.c - `readers [OPTION]... TREE`: readers of all sorts of the program
 * numbered's output, while threads send events; each reader must see every
 * number or be told how many it lost, where it lost them. Says what each has
 * seen; ends with status 1 when something does not add up.
 *
 *   -n N     events that each thread sends (100000)
 *   -T S     send on for so many seconds, or until SIGTERM
 *   -t N     threads, each on a CPU of its own (1)
 *   -s SEED  of the random times (from the clock)
 *   -p PID   stop this process, the daemon, until all is sent: whatever is
 *            full then, who is traced must not wait
 *   -w S     give up after so many seconds (100)
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "account.h"

/* As in numbered.c. */
#define SEQ        4711
#define END        4712

#define READ_BYTES 65536

struct kind {
	const char *name;
	const char *file;
	size_t n_bytes; /* of a read */
	bool is_slow;
	bool is_signalled;
	bool is_polled;
};

static const struct kind kinds[] = {
	{.name = "fast", .file = "progs/numbered/output", READ_BYTES},
	{.name = "fast json", .file = "progs/numbered/output.json", READ_BYTES},
	{.name = "fast of all", .file = "output", READ_BYTES},
	{.name = "slow", .file = "progs/numbered/output", 4096, true},
	{.name = "slow of all", .file = "output", 4096, true},
	{.name = "signalled",
	 .file = "progs/numbered/output",
	 READ_BYTES,
	 .is_signalled = true},
	{.name = "signalled of all",
	 .file = "output.json",
	 512,
	 .is_signalled = true},
	{.name = "byte by byte", .file = "progs/numbered/output", 1},
	{.name = "polled",
	 .file = "progs/numbered/output",
	 READ_BYTES,
	 .is_polled = true},
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

struct reader {
	const struct kind *kind;
	pthread_t thread;
	int fd;
	unsigned seed;
	struct account account;
	atomic_ulong n_interrupted;
	atomic_bool is_done;
};

struct sender {
	pthread_t thread;
	unsigned number;
	unsigned long n_events;
};

static struct reader readers[N_KINDS];
static struct sender senders[ACCOUNT_MAX_THREADS];
static unsigned n_senders = 1;
static unsigned long n_events = 100000;
static unsigned n_send_seconds;
static unsigned n_seconds = 100;
static pid_t daemon_pid;
static unsigned seed;
static atomic_uint n_sending; /* senders that have not sent all */
static atomic_bool is_enough; /* no more is to be sent */
static atomic_bool is_over;

static void die(const char *what)
{
	fprintf(stderr, "readers: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void sleep_us(unsigned us)
{
	const struct timespec time = {.tv_sec = us / 1000000,
				      .tv_nsec = (long)(us % 1000000) * 1000};

	nanosleep(&time, NULL);
}

/* --- Senders */

/* The n-th of the CPUs that we may use. */
static void use_cpu(unsigned n)
{
	cpu_set_t all, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity");
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || n--)
			continue;
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			die("sched_setaffinity");
		return;
	}
	errno = ERANGE;
	die("fewer CPUs than threads");
}

static void *send_events(void *data)
{
	const struct sender *sender = data;
	const time_t until = time(NULL) + n_send_seconds;

	use_cpu(sender->number);
	do {
		for (unsigned long i = 0; i < sender->n_events; i++)
			syscall(SYS_getpriority, SEQ, sender->number);
	} while (!is_enough && time(NULL) < until);
	n_sending--;
	/* The first may have been lost, like any. */
	while (!is_over) {
		sleep_us(20000);
		syscall(SYS_getpriority, END, sender->number);
	}
	return NULL;
}

/* --- Readers */

static void rest(struct reader *reader)
{
	if (reader->kind->is_slow && n_sending)
		sleep_us((unsigned)rand_r(&reader->seed) % 3000);
}

/* One read. False: nothing came. */
static bool read_some(struct reader *reader, char *buffer)
{
	ssize_t n = read(reader->fd, buffer, reader->kind->n_bytes);

	if (n < 0 && errno == EINTR) {
		reader->n_interrupted++;
		return false;
	}
	if (n < 0 && errno == EAGAIN && reader->kind->is_polled) {
		struct pollfd fd = {.fd = reader->fd, .events = POLLIN};

		poll(&fd, 1, -1);
		return false;
	}
	if (n <= 0)
		die(n ? "read" : "the stream ended");
	if (!account_take(&reader->account, buffer, (size_t)n)) {
		fprintf(stderr, "readers: %s: %s\n", reader->kind->name,
			reader->account.wrong);
		_exit(1);
	}
	return true;
}

static void *read_events(void *data)
{
	struct reader *reader = data;
	char *buffer = malloc(READ_BYTES);

	while (buffer && !account_is_complete(&reader->account)) {
		read_some(reader, buffer);
		rest(reader);
	}
	free(buffer);
	reader->is_done = true;
	return NULL;
}

static void start_reader(struct reader *reader, const struct kind *kind)
{
	reader->kind = kind;
	reader->seed = seed + (unsigned)(kind - kinds);
	account_init(&reader->account, n_senders,
		     strchr(kind->file, '/') ? NULL : "numbered");
	reader->fd = open(kind->file,
			  O_RDONLY | O_CLOEXEC |
				  (kind->is_polled ? O_NONBLOCK : 0));
	if (reader->fd < 0)
		die(kind->file);
	if (pthread_create(&reader->thread, NULL, read_events, reader))
		die("pthread_create");
}

static void interrupt_readers(void)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (readers[i].kind->is_signalled && !readers[i].is_done)
			pthread_kill(readers[i].thread, SIGUSR1);
}

/* Has each of them been interrupted while nothing came yet? */
static bool are_interrupted(void)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (readers[i].kind->is_signalled && !readers[i].n_interrupted)
			return false;
	return true;
}

static bool are_done(void)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!readers[i].is_done)
			return false;
	return true;
}

/* --- All together */

static void on_signal(int signal)
{
}

static void on_term(int signal)
{
	is_enough = true;
}

static void on_alarm(int signal)
{
	static const char text[] = "readers: time is up\n";

	if (daemon_pid)
		kill(daemon_pid, SIGCONT);
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	is_over = true;
}

static void set_signals(void)
{
	struct sigaction on_usr1 = {.sa_handler = on_signal};
	struct sigaction enough = {.sa_handler = on_term};
	struct sigaction at_end = {.sa_handler = on_alarm};

	sigaction(SIGUSR1, &on_usr1, NULL);
	sigaction(SIGTERM, &enough, NULL);
	sigaction(SIGALRM, &at_end, NULL);
	alarm(n_seconds);
}

static void take_options(int argc, char **argv)
{
	int option;

	seed = (unsigned)time(NULL);
	while ((option = getopt(argc, argv, "n:t:T:s:p:w:")) > 0) {
		unsigned long value = strtoul(optarg ? optarg : "", NULL, 0);

		switch (option) {
		case 'n':
			n_events = value;
			break;
		case 'T':
			n_send_seconds = (unsigned)value;
			break;
		case 't':
			n_senders = (unsigned)value;
			break;
		case 's':
			seed = (unsigned)value;
			break;
		case 'p':
			daemon_pid = (pid_t)value;
			break;
		case 'w':
			n_seconds = (unsigned)value;
			break;
		default:
			_exit(2);
		}
	}
	if (optind != argc - 1 || !n_senders || n_senders > ACCOUNT_MAX_THREADS)
		_exit(2);
	if (chdir(argv[optind]))
		die(argv[optind]);
}

static void send_all(void)
{
	if (daemon_pid)
		kill(daemon_pid, SIGSTOP);
	n_sending = n_senders;
	for (unsigned i = 0; i < n_senders; i++) {
		senders[i].number = i;
		senders[i].n_events = n_events;
		if (pthread_create(&senders[i].thread, NULL, send_events,
				   &senders[i]))
			die("pthread_create");
	}
	while (n_sending && !is_over) {
		sleep_us((unsigned)rand_r(&seed) % 2000);
		interrupt_readers();
	}
	if (n_sending) {
		errno = ETIMEDOUT;
		die("who is traced waits");
	}
	if (daemon_pid)
		kill(daemon_pid, SIGCONT);
}

static void show(const struct reader *reader)
{
	printf("%s: %" PRIu64 " seen, %" PRIu64 " lost, %lu interrupted%s\n",
	       reader->kind->name, reader->account.n_seen,
	       reader->account.n_told, (unsigned long)reader->n_interrupted,
	       reader->is_done ? "" : " and it waits for more");
}

int main(int argc, char **argv)
{
	bool is_good;

	take_options(argc, argv);
	set_signals();
	printf("seed %u\n", seed);
	fflush(stdout);
	for (size_t i = 0; i < N_KINDS; i++)
		start_reader(&readers[i], &kinds[i]);
	while (!are_interrupted() && !is_over) {
		sleep_us(1000);
		interrupt_readers();
	}
	send_all();
	while (!are_done() && !is_over) {
		sleep_us((unsigned)rand_r(&seed) % 2000);
		interrupt_readers();
	}
	is_good = are_done();
	is_over = true;
	for (unsigned i = 0; i < n_senders; i++)
		pthread_join(senders[i].thread, NULL);
	for (size_t i = 0; i < N_KINDS; i++)
		show(&readers[i]);
	fflush(stdout);
	/* Who waits for more waits for ever. */
	_exit(!is_good);
}
