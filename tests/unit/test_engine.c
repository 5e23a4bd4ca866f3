/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_engine.c - the engine on this kernel: programs, attach files, streams.
 * Needs root; uses tracepoints only. The compiler takes part in the tests
 * that begin with a C source.
 */
#include "bpf/engine.h"
#include "bpf/files.h"
#include "bpf/streams/ring.h"
#include "bpf/streams/ring_ahead.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORK "sched/sched_process_fork"
#define EXEC "sched/sched_process_exec"

struct fixture {
	struct engine *engine;
	bool is_done;
	int err;
	char *message;
};

/*
 * Others on the machine fork, too, and may be this test: its children bear a
 * name of their own, which programs get as a number.
 */
static union {
	char text[8];
	uint64_t number;
} child_name;

#define ONLY_TEST                                                         \
	"#define ONLY_TEST u64 comm[2]; bpf_get_current_comm(comm, 16); " \
	"if (comm[0] != TEST_COMM) return 0;\n"

static const char hello_c[] = ONLY_TEST
	"int hello(void *ctx) { ONLY_TEST bpf_trace_printk(\"Hello\\n\"); "
	"return 0; }\n"
	"int also(void *ctx) { ONLY_TEST bpf_trace_printk(\"Also\\n\"); "
	"return 0; }\n";

static void setup(struct fixture *fixture, gconstpointer data)
{
	const struct engine_config config = {
		.compiler = PROBEFS_COMPILER,
		.include_dir = PROBEFS_INCLUDE_DIR,
		.ring_bytes = 1 << 18,
	};
	g_autoptr(GError) error = NULL;

	fixture->engine = engine_new(&config, NULL, NULL, &error);
	g_assert_no_error(error);
}

static void teardown(struct fixture *fixture, gconstpointer data)
{
	engine_free(fixture->engine);
	g_free(fixture->message);
}

/* --- Waiting ----------------------------------------------------------- */

static void done(const GError *error, void *data)
{
	struct fixture *fixture = data;

	fixture->is_done = true;
	fixture->err = error ? probefs_error_errno(error) : 0;
	g_free(fixture->message);
	fixture->message = g_strdup(error ? error->message : "");
}

static void begin(struct fixture *fixture)
{
	fixture->is_done = false;
}

static int wait_done(struct fixture *fixture)
{
	g_assert_false(fixture->is_done);
	while (!fixture->is_done)
		g_main_context_iteration(NULL, TRUE);
	if (fixture->err)
		g_test_message("%s", fixture->message);
	return fixture->err;
}

static int set_source_as(struct fixture *fixture, const char *name,
			 const char *text, uid_t uid)
{
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
	g_autofree char *cflags = g_strdup_printf(
		"-DTEST_COMM=%" G_GUINT64_FORMAT "ull", child_name.number);
	const struct engine_source source = {
		.name = name, .text = bytes, .cflags = cflags, .uid = uid};

	begin(fixture);
	engine_program_set(fixture->engine, &source, done, fixture);
	return wait_done(fixture);
}

static int set_source(struct fixture *fixture, const char *name,
		      const char *text)
{
	return set_source_as(fixture, name, text, 0);
}

static int remove_program(struct fixture *fixture, const char *name)
{
	begin(fixture);
	engine_program_remove(fixture->engine, name, 0, done, fixture);
	return wait_done(fixture);
}

/* One `echo text > FILE` (or `>>`). */
static int echo_as(struct fixture *fixture, const char *text,
		   const char *target, bool replace, uid_t uid)
{
	struct engine_transaction *transaction = engine_transaction_new(
		fixture->engine, "tracepoints", target, uid, replace);
	int err = 0;

	if (*text) {
		begin(fixture);
		engine_transaction_write(transaction, text, strlen(text), done,
					 fixture);
		err = wait_done(fixture);
	}
	if (!err) {
		begin(fixture);
		engine_transaction_commit(transaction, done, fixture);
		err = wait_done(fixture);
	}
	engine_transaction_free(transaction);
	return err;
}

static int echo(struct fixture *fixture, const char *text, const char *target,
		bool replace)
{
	return echo_as(fixture, text, target, replace, 0);
}

static void assert_point(struct fixture *fixture, const char *target,
			 const char *lines)
{
	int64_t changed_ns;
	g_autofree char *text = engine_point_show(fixture->engine,
						  "tracepoints", target,
						  &changed_ns);

	g_assert_cmpstr(text, ==, lines);
}

/* The file @path below @file (taken over, may be NULL), NULL: it is not there. */
static struct engine_file *find_file(struct engine_file *file, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	for (char **name = names; file && *name; name++) {
		struct engine_file *child = engine_file_find(file, *name, NULL);

		engine_file_unref(file);
		file = child;
	}
	return file;
}

static void keep_content(GBytes *content, const GError *error, void *data)
{
	g_assert_no_error(error);
	*(GBytes **)data = g_bytes_ref(content);
}

static char *show_file(struct engine_file *directory, const char *path)
{
	struct engine_file *file = find_file(directory, path);
	GBytes *content = NULL;
	gsize n_bytes;
	char *text;

	g_assert_nonnull(file);
	engine_file_show(file, keep_content, &content);
	while (!content)
		g_main_context_iteration(NULL, TRUE);
	engine_file_unref(file);
	text = g_bytes_unref_to_data(content, &n_bytes);
	text = g_realloc(text, n_bytes + 1);
	text[n_bytes] = '\0';
	return text;
}

static void assert_errors(struct fixture *fixture, const char *program,
			  const char *part)
{
	g_autofree char *text = show_file(
		engine_program_directory(fixture->engine, program), "errors");

	if (!*part)
		g_assert_cmpstr(text, ==, "");
	else if (!strstr(text, part))
		g_error("\"%s\" is not in \"%s\"", part, text);
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* A reader's ready, for who looks again by himself. */
static void poll_instead(void *data)
{
	(void)data;
}

/*
 * What the program's stream has, from its beginning, after a fork by a child:
 * @n_lines lines, and what else comes within a tenth of a second.
 */
static char *events_of_fork(struct fixture *fixture, const char *program,
			    unsigned n_lines)
{
	struct engine_reader *reader =
		engine_reader_new(fixture->engine, program, ENGINE_STREAM_TEXT,
				  0, poll_instead, NULL, NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	bool is_complete = false;
	pid_t pid;

	/* The daemon's own events are left out, so a child forks. */
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, child_name.text);
		fork_once();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	while (g_get_monotonic_time() < end) {
		char buffer[4096];
		ssize_t n = engine_reader_read(reader, buffer, sizeof(buffer));

		if (n > 0)
			g_string_append_len(text, buffer, n);
		if (!is_complete && count_lines(text->str) >= n_lines) {
			is_complete = true;
			end = g_get_monotonic_time() + G_USEC_PER_SEC / 10;
		}
		g_main_context_iteration(NULL, FALSE);
		g_usleep(1000);
	}
	engine_reader_free(reader);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* --- Tests ------------------------------------------------------------- */

static void test_targets(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = NULL;
	bool are_directories = false;

	g_assert_cmpint(engine_target_find(fixture->engine, "tracepoints", "",
					   NULL),
			==, ENGINE_TARGET_DIRECTORY);
	g_assert_cmpint(engine_target_find(fixture->engine, "tracepoints",
					   "skb", NULL),
			==, ENGINE_TARGET_DIRECTORY);
	g_assert_cmpint(engine_target_find(fixture->engine, "tracepoints",
					   "skb/kfree_skb", NULL),
			==, ENGINE_TARGET_FILE);
	g_assert_cmpint(engine_target_find(fixture->engine, "tracepoints",
					   "skb/kfree_sbk", &error),
			==, ENGINE_TARGET_NONE);
	g_assert_error(error, PROBEFS_ERROR, ENOENT);
	g_assert_nonnull(strstr(error->message, "did you mean kfree_skb?"));
	names = engine_target_list(fixture->engine, "tracepoints", "",
				   &are_directories, NULL);
	g_assert_true(are_directories);
	g_assert_cmpuint(names->len, >, 20);
}

static void test_kprobe_targets(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	const struct {
		const char *path;
		enum engine_target_type type;
		int err;
	} cases[] = {
		{"vfs_read", ENGINE_TARGET_FILE, 0},
		{"vfs_read+0x10", ENGINE_TARGET_FILE, 0},
		{"sys_clone", ENGINE_TARGET_FILE, 0},
		{"vfs_*", ENGINE_TARGET_FILE, 0},
		{"vfs_raed", ENGINE_TARGET_NONE, ENOENT},
		{"vfs_read+", ENGINE_TARGET_NONE, EINVAL},
		{"no_such_*", ENGINE_TARGET_NONE, ENOENT},
		{"a\nb", ENGINE_TARGET_NONE, EINVAL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_clear_error(&error);
		g_assert_cmpint(engine_target_find(fixture->engine, "kprobes",
						   cases[i].path, &error),
				==, cases[i].type);
		if (cases[i].err)
			g_assert_error(error, PROBEFS_ERROR, cases[i].err);
	}
}

static void test_compile_attach_stream_remove(struct fixture *fixture,
					      gconstpointer data)
{
	g_autofree char *events = NULL, *attached = NULL;

	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	assert_errors(fixture, "hello", "");
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, 0);
	assert_point(fixture, FORK, "hello:hello\n");
	attached = engine_show_attached(fixture->engine);
	g_assert_cmpstr(attached, ==, "tracepoints/" FORK "\thello:hello\n");
	events = events_of_fork(fixture, "hello", 1);
	g_assert_cmpstr(events, ==, "Hello\n");
	g_assert_cmpint(remove_program(fixture, "hello"), ==, 0);
	assert_point(fixture, FORK, "");
	g_assert_false(engine_program_exists(fixture->engine, "hello"));
}

static void test_replace_append_remove(struct fixture *fixture,
				       gconstpointer data)
{
	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, 0);
	g_assert_cmpint(echo(fixture, "also\n", FORK, false), ==, 0);
	assert_point(fixture, FORK, "hello:hello\nhello:also\n");
	/* Already there is success; the order is the writer's. */
	g_assert_cmpint(echo(fixture, "hello:also\nhello\n", FORK, true), ==,
			0);
	assert_point(fixture, FORK, "hello:also\nhello:hello\n");
	g_assert_cmpint(echo(fixture, "!also\n", FORK, false), ==, 0);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "!also\n", FORK, false), ==, ENOENT);
	g_assert_cmpint(echo(fixture, "also\n!also\n", FORK, false), ==, 0);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "", FORK, true), ==, 0);
	assert_point(fixture, FORK, "");
}

static void test_failed_replace_keeps_the_old(struct fixture *fixture,
					      gconstpointer data)
{
	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, 0);
	g_assert_cmpint(echo(fixture, "also\nnothing\n", FORK, true), ==,
			ENOENT);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "!hello\n", FORK, true), ==, ENOENT);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "also\nnothing\n", FORK, false), ==,
			ENOENT);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "helo\n", FORK, false), ==, ENOENT);
	g_assert_nonnull(strstr(fixture->message, "did you mean hello?"));
	g_assert_cmpint(echo(fixture, "hello x=1\n", FORK, false), ==, EINVAL);
}

static void test_a_write_in_two_parts_fails_later(struct fixture *fixture,
						  gconstpointer data)
{
	struct engine_transaction *transaction;

	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, 0);
	transaction = engine_transaction_new(fixture->engine, "tracepoints",
					     FORK, 0, true);
	begin(fixture);
	engine_transaction_write(transaction, "al", 2, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, 0);
	begin(fixture);
	engine_transaction_write(transaction, "so\n", 3, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, 0);
	assert_point(fixture, FORK, "hello:hello\nhello:also\n");
	g_assert_true(engine_transaction_is_dirty(transaction));
	begin(fixture);
	engine_transaction_write(transaction, "nothing\n", 8, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, ENOENT);
	assert_point(fixture, FORK, "hello:hello\n");
	/* Every later write fails alike, and the end changes nothing. */
	begin(fixture);
	engine_transaction_write(transaction, "also\n", 5, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, ENOENT);
	begin(fixture);
	engine_transaction_commit(transaction, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, 0);
	engine_transaction_free(transaction);
	assert_point(fixture, FORK, "hello:hello\n");
}

static void test_uncommitted_is_taken_back(struct fixture *fixture,
					   gconstpointer data)
{
	struct engine_transaction *transaction;

	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	transaction = engine_transaction_new(fixture->engine, "tracepoints",
					     FORK, 0, true);
	begin(fixture);
	engine_transaction_write(transaction, "also\n", 5, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, 0);
	engine_transaction_free(transaction);
	/* In its turn: a later operation finds it done. */
	g_assert_cmpint(echo(fixture, "hello\n", FORK, false), ==, 0);
	assert_point(fixture, FORK, "hello:hello\n");
}

static void test_no_newline(struct fixture *fixture, gconstpointer data)
{
	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	g_assert_cmpint(echo(fixture, "hello", FORK, true), ==, 0);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo(fixture, "also", FORK, false), ==, 0);
	assert_point(fixture, FORK, "hello:hello\nhello:also\n");
	g_assert_cmpint(echo(fixture, "nothing", FORK, true), ==, ENOENT);
	assert_point(fixture, FORK, "hello:hello\nhello:also\n");
}

static void test_ambiguous(struct fixture *fixture, gconstpointer data)
{
	g_assert_cmpint(set_source(fixture, "one", hello_c), ==, 0);
	g_assert_cmpint(set_source(fixture, "two", hello_c), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, EEXIST);
	g_assert_nonnull(strstr(fixture->message, "one:hello, two:hello"));
	g_assert_cmpint(echo(fixture, "two:hello\n", FORK, true), ==, 0);
	assert_point(fixture, FORK, "two:hello\n");
}

static void test_owner(struct fixture *fixture, gconstpointer data)
{
	g_assert_cmpint(set_source_as(fixture, "hello", hello_c, 1000), ==, 0);
	g_assert_cmpint(set_source_as(fixture, "hello", hello_c, 1001), ==,
			EACCES);
	g_assert_cmpint(echo_as(fixture, "hello\n", FORK, false, 1001), ==,
			EACCES);
	g_assert_nonnull(strstr(fixture->message, "belongs to uid 1000"));
	g_assert_cmpint(echo_as(fixture, "hello\n", FORK, false, 1000), ==, 0);
	g_assert_cmpint(echo_as(fixture, "", FORK, true, 1001), ==, EACCES);
	assert_point(fixture, FORK, "hello:hello\n");
	g_assert_cmpint(echo_as(fixture, "", FORK, true, 0), ==, 0);
	assert_point(fixture, FORK, "");
}

static void test_hot_replacement(struct fixture *fixture, gconstpointer data)
{
	static const char one[] = ONLY_TEST
		"BPF_HASH(seen, u32, u64);\n"
		"int hello(void *ctx) { ONLY_TEST u32 k = 1;\n"
		"seen.increment(k); u64 *n = seen.lookup(&k);\n"
		"if (n) bpf_trace_printk(\"one %d\\n\", *n); return 0; }\n";
	static const char two[] = ONLY_TEST
		"BPF_HASH(seen, u32, u64);\n"
		"int hello(void *ctx) { ONLY_TEST u32 k = 1;\n"
		"seen.increment(k); u64 *n = seen.lookup(&k);\n"
		"if (n) bpf_trace_printk(\"two %d\\n\", *n); return 0; }\n";
	g_autofree char *before = NULL, *after = NULL, *later = NULL;

	g_assert_cmpint(set_source(fixture, "count", one), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, 0);
	before = events_of_fork(fixture, "count", 1);
	g_assert_cmpstr(before, ==, "one 1\n");
	g_assert_cmpint(set_source(fixture, "count", "int hello("), ==, EINVAL);
	assert_errors(fixture, "count", "count.c:1");
	assert_point(fixture, FORK, "count:hello\n");
	g_assert_cmpint(set_source(fixture, "count", two), ==, 0);
	assert_errors(fixture, "count", "");
	assert_point(fixture, FORK, "count:hello\n");
	after = events_of_fork(fixture, "count", 2);
	g_assert_cmpstr(after, ==, "one 1\ntwo 2\n");
	later = events_of_fork(fixture, "count", 3);
	g_assert_cmpstr(later, ==, "one 1\ntwo 2\ntwo 3\n");
}

static void test_self_attach(struct fixture *fixture, gconstpointer data)
{
	static const char source[] = ONLY_TEST
		"TRACEPOINT_PROBE(sched, sched_process_fork)\n"
		"{ ONLY_TEST bpf_trace_printk(\"forked\\n\"); return 0; }\n";
	static const char misspelt[] =
		"#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n"
		"char LICENSE[] SEC(\"license\") = \"GPL\";\n"
		"SEC(\"tracepoint/sched/sched_process_fokr\")\n"
		"int f(void *ctx) { return 0; }\n";
	g_autofree char *attached = NULL, *events = NULL;

	g_assert_cmpint(set_source(fixture, "self", source), ==, 0);
	attached = engine_show_attached(fixture->engine);
	g_assert_true(
		g_str_has_prefix(attached, "tracepoints/" FORK "\tself:"));
	events = events_of_fork(fixture, "self", 1);
	g_assert_cmpstr(events, ==, "forked\n");
	g_assert_cmpint(set_source(fixture, "self", misspelt), ==, ENOENT);
	assert_errors(fixture, "self", "did you mean sched_process_fork?");
	g_free(events);
	events = events_of_fork(fixture, "self", 2);
	g_assert_cmpstr(events, ==, "forked\nforked\n");
}

static void test_verifier_refusal(struct fixture *fixture, gconstpointer data)
{
	static const char source[] =
		"BPF_ARRAY(numbers, u64, 1);\n"
		"int hello(void *ctx) {\n"
		"	int key = 0;\n"
		"	u64 *n = numbers.lookup(&key);\n"
		"	if (n)\n"
		"		bpf_trace_printk(\"%d\\n\", n[100]);\n"
		"	return 0;\n"
		"}\n";

	g_assert_cmpint(set_source(fixture, "outside", source), ==, 0);
	g_assert_cmpint(echo(fixture, "hello\n", FORK, true), ==, EINVAL);
	g_assert_true(g_str_has_prefix(fixture->message, "outside.c:6: "));
	assert_errors(fixture, "outside",
		      "tracepoints/" FORK ": outside.c:6: ");
	assert_point(fixture, FORK, "");
}

static void test_bad_objects(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GBytes) bytes = g_bytes_new("\177ELFgarbage", 11);
	const struct engine_source source = {.name = "bad",
					     .text = bytes,
					     .is_object = true};

	begin(fixture);
	engine_program_set(fixture->engine, &source, done, fixture);
	g_assert_cmpint(wait_done(fixture), ==, EINVAL);
	assert_errors(fixture, "bad", "not a BPF object");
	g_assert_cmpint(remove_program(fixture, "bad"), ==, 0);
	g_assert_cmpint(remove_program(fixture, "bad"), ==, ENOENT);
}

static void test_types(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *text = show_file(engine_types_directory(
						  fixture->engine),
					  "tracepoints/skb/kfree_skb");
	struct engine_file *directory = find_file(
		engine_types_directory(fixture->engine), "tracepoints");

	g_assert_true(g_str_has_prefix(text, "struct skb_kfree_skb {\n"));
	g_assert_nonnull(strstr(text, "skbaddr;"));
	g_assert_true(engine_file_is_directory(directory));
	g_assert_null(find_file(directory, "skb/kfree_skbs"));
}

/* A file of a program that was removed stays gone when its name comes again. */
static void test_file_of_a_removed_program(struct fixture *fixture,
					   gconstpointer data)
{
	struct engine_file *file;

	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	file = find_file(engine_program_directory(fixture->engine, "hello"),
			 "functions");
	g_assert_false(engine_file_is_gone(file));
	g_assert_cmpint(remove_program(fixture, "hello"), ==, 0);
	g_assert_true(engine_file_is_gone(file));
	g_assert_cmpint(set_source(fixture, "hello", hello_c), ==, 0);
	g_assert_true(engine_file_is_gone(file));
	g_assert_cmpint(engine_file_bytes(file, NULL), ==, ENGINE_BYTES_NONE);
	engine_file_unref(file);
	g_assert_cmpint(remove_program(fixture, "hello"), ==, 0);
}

static void test_end_with_work_under_way(struct fixture *fixture,
					 gconstpointer data)
{
	g_autoptr(GBytes) bytes = g_bytes_new(hello_c, strlen(hello_c));
	const struct engine_source source = {.name = "hello", .text = bytes};

	begin(fixture);
	engine_program_set(fixture->engine, &source, done, fixture);
	engine_free(fixture->engine);
	fixture->engine = NULL;
	g_assert_true(fixture->is_done);
	g_assert_cmpint(fixture->err, ==, ECANCELED);
}

/* What is not taken goes with it; the mapping outlives the descriptor. */
static void test_ring_ahead(void)
{
	struct ring_ahead *ahead = ring_ahead_new(1 << 18);
	struct ring ring = {};

	g_assert_cmpint(ring_ahead_fd(ahead), >=, 0);
	g_assert_true(ring_ahead_take(ahead, &ring));
	g_assert_false(ring_ahead_take(ahead, &ring));
	ring_ahead_free(ahead);
	g_assert_true(ring_is_empty(&ring));
	ring_clear(&ring);
	ring_ahead_free(ring_ahead_new(1 << 18));
}

/* The kernel has no ring of that size: whoever needs one is told why. */
static void test_ring_ahead_bad_size(void)
{
	struct ring_ahead *ahead = ring_ahead_new(5000);
	struct ring ring;

	g_assert_cmpint(ring_ahead_fd(ahead), ==, -1);
	g_assert_false(ring_ahead_take(ahead, &ring));
	ring_ahead_free(ahead);
	g_assert_cmpint(ring_ahead_fd(NULL), ==, -1);
	g_assert_false(ring_ahead_take(NULL, &ring));
}

#define ADD(path, function) \
	g_test_add(path, struct fixture, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (geteuid()) {
		g_print("1..0 # SKIP needs root\n");
		return 0;
	}
	g_snprintf(child_name.text, sizeof(child_name.text), "t%06x",
		   (unsigned)getpid() & 0xffffff);
	g_test_add_func("/engine/ring-ahead", test_ring_ahead);
	g_test_add_func("/engine/ring-ahead-bad-size",
			test_ring_ahead_bad_size);
	ADD("/engine/targets", test_targets);
	ADD("/engine/kprobe-targets", test_kprobe_targets);
	ADD("/engine/types", test_types);
	ADD("/engine/file-of-a-removed-program",
	    test_file_of_a_removed_program);
	ADD("/engine/compile-attach", test_compile_attach_stream_remove);
	ADD("/engine/replace-append", test_replace_append_remove);
	ADD("/engine/failed-replace", test_failed_replace_keeps_the_old);
	ADD("/engine/two-parts", test_a_write_in_two_parts_fails_later);
	ADD("/engine/uncommitted", test_uncommitted_is_taken_back);
	ADD("/engine/no-newline", test_no_newline);
	ADD("/engine/ambiguous", test_ambiguous);
	ADD("/engine/owner", test_owner);
	ADD("/engine/hot-replacement", test_hot_replacement);
	ADD("/engine/self-attach", test_self_attach);
	ADD("/engine/verifier", test_verifier_refusal);
	ADD("/engine/bad-objects", test_bad_objects);
	ADD("/engine/end", test_end_with_work_under_way);
	return g_test_run();
}
