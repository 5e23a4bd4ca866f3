/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the file system that need no mount. */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>

#include "commit.h"
#include "errors.h"
#include "options.h"
#include "progs.h"
#include "signals.h"
#include "root.h"

/* --- errors ----------------------------------------------------------------- */

static char *shown(const struct errors *errors)
{
	g_autoptr(GBytes) bytes = errors_show(errors);

	return g_strndup(g_bytes_get_data(bytes, NULL),
			 g_bytes_get_size(bytes));
}

static void test_errors_line(void)
{
	struct errors *errors = errors_new(10);
	g_autofree char *text = NULL;

	errors_add(errors, "progs/a\nb.c", 7, "wrong \x1b[31m here\nmore\n");
	text = shown(errors);
	g_assert_true(g_regex_match_simple(
		"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d "
		"progs/a\\\\x0ab.c uid 7: wrong \\\\x1b\\[31m here\n$",
		text, 0, 0));
	errors_free(errors);
}

static void test_errors_keeps_the_last(void)
{
	struct errors *errors = errors_new(3);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	for (int i = 0; i < 10; i++) {
		g_autofree char *sentence = g_strdup_printf("number %d", i);

		errors_add(errors, "x", 0, sentence);
	}
	text = shown(errors);
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 4);
	g_assert_true(g_str_has_suffix(lines[0], "number 7"));
	g_assert_true(g_str_has_suffix(lines[2], "number 9"));
	g_assert_cmpuint(errors_count(errors), ==, 10);
	errors_free(errors);
}

/* --- commit ------------------------------------------------------------------ */

/*
 * "t" opened with O_TRUNC, "o" without; then w(rite), and flushes: by a c(hild),
 * of a d(uplicate) by the opener, of its l(ast) descriptor, of one u(nknown).
 * Upper case: a flush that must commit.
 */
static void check_commits(const char *steps)
{
	static const char letters[] = {
		[CLOSING_BY_ANOTHER] = 'c',
		[CLOSING_A_COPY] = 'd',
		[CLOSING_THE_LAST] = 'l',
		[CLOSING_UNKNOWN] = 'u',
	};
	struct commit commit = {};

	for (const char *step = steps; *step; step++) {
		const char *letter = memchr(letters, g_ascii_tolower(*step),
					    sizeof(letters));
		bool commits = g_ascii_isupper(*step);

		if (*step == 't' || *step == 'o') {
			commit_opened(&commit, *step == 't');
			continue;
		}
		if (*step == 'w') {
			commit_written(&commit);
			continue;
		}
		g_assert_nonnull(letter);
		g_assert_cmpint(commit_at_flush(&commit,
						(enum closing)(letter -
							       letters)),
				==, commits);
		if (commits)
			commit_carried_out(&commit);
	}
}

static void test_commit_of_shells(void)
{
	/* echo x > f; echo x >> f; : > f; : >> f; cp /dev/null f */
	check_commits("tdwL");
	check_commits("odwL");
	check_commits("tdL");
	check_commits("odl");
	check_commits("tL");
	/* { echo a; (echo b); cmd; echo d; } > f */
	check_commits("tdwwccwL");
	/* { echo note >&2; echo x; } > f; the same around a cat */
	check_commits("tdddwL");
	check_commits("tdwcddwcL");
	/* cat a > f, python's open and close; vim's write, fsync, close */
	check_commits("tdwL");
	check_commits("twL");
	check_commits("twLl");
	/* exec 3> f; echo a >&3; echo b >&3; exec 3>&- */
	check_commits("twdwdL");
}

/* The opener is in another pid namespace, or the kernel older than 5.14. */
static void test_commit_of_unknown(void)
{
	check_commits("tuwU");
	check_commits("tuU");
	check_commits("ouu");
	check_commits("twU");
}

static void test_commit_leaves_to_release(void)
{
	struct commit commit = {};

	commit_opened(&commit, true);
	g_assert_false(commit_at_flush(&commit, CLOSING_A_COPY));
	g_assert_true(commit.is_due);
	commit_opened(&commit, false);
	commit_written(&commit);
	g_assert_false(commit_at_flush(&commit, CLOSING_BY_ANOTHER));
	g_assert_true(commit.is_due);
}

/* --- signals ----------------------------------------------------------------- */

static bool ends(uint64_t pending, uint64_t blocked, uint64_t ignored,
		 uint64_t caught)
{
	g_autofree char *status = g_strdup_printf(
		"Name:\tbash\nSigQ:\t1/2\nSigPnd:\t%016" G_GINT64_MODIFIER
		"x\nShdPnd:\t%016" G_GINT64_MODIFIER
		"x\nSigBlk:\t%016" G_GINT64_MODIFIER
		"x\nSigIgn:\t%016" G_GINT64_MODIFIER
		"x\nSigCgt:\t%016" G_GINT64_MODIFIER "x\n",
		(uint64_t)0, pending, blocked, ignored, caught);

	return signals_ask_for_end(status);
}

static void test_signals_that_end(void)
{
	const uint64_t interrupt = 1ull << (SIGINT - 1);
	const uint64_t child = 1ull << (SIGCHLD - 1);
	const uint64_t user = 1ull << (SIGUSR1 - 1);

	g_assert_true(ends(1ull << (SIGKILL - 1), 0, 0, 0));
	g_assert_true(ends(interrupt, 0, 0, 0));
	g_assert_true(ends(interrupt, 0, 0, interrupt));
	g_assert_true(ends(user, 0, 0, 0));
	g_assert_true(ends(child | interrupt, 0, 0, child));
	g_assert_false(ends(user, 0, 0, user));
	g_assert_false(ends(interrupt, interrupt, 0, 0));
	g_assert_false(ends(interrupt, 0, interrupt, 0));
	g_assert_false(ends(child, 0, 0, child));
	g_assert_false(ends(child, 0, 0, 0));
	g_assert_false(ends(1ull << (SIGTSTP - 1), 0, 0, 0));
	g_assert_false(ends(0, 0, 0, 0));
	g_assert_false(signals_ask_for_end(""));
}

/* --- options ------------------------------------------------------------------- */

static bool parse(struct options *options, const char *line, GError **error)
{
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);

	return options_parse(options, (int)g_strv_length(argv), argv, error);
}

static void test_options_of_a_person(void)
{
	struct options options;

	g_assert_true(parse(&options, "probefs -f /mnt", NULL));
	g_assert_true(options.is_foreground);
	g_assert_cmpstr(options.mountpoint, ==, "/mnt");
	g_assert_null(options.source);
	g_assert_cmpuint(options.mode, ==, 0700);
	g_assert_false(options.allow_other);
	g_assert_cmpuint(options.ring_bytes, ==, 0);
	options_clear(&options);
}

static void test_options_of_mount(void)
{
	struct options options;

	g_assert_true(
		parse(&options,
		      "probefs none /mnt -o rw,nosuid,x-systemd.automount,"
		      "allow_other,uid=7,gid=8,mode=0750,ring=4M,backlog=512k,"
		      "exclude_readers,allow_changing_helpers",
		      NULL));
	g_assert_cmpstr(options.source, ==, "none");
	g_assert_cmpstr(options.mountpoint, ==, "/mnt");
	g_assert_cmpstr(options.mount_flags->str, ==, "rw,nosuid");
	g_assert_true(options.allow_other);
	g_assert_cmpuint(options.uid, ==, 7);
	g_assert_cmpuint(options.gid, ==, 8);
	g_assert_cmpuint(options.mode, ==, 0750);
	g_assert_cmpuint(options.ring_bytes, ==, 4u << 20);
	g_assert_cmpuint(options.backlog_bytes, ==, 512u << 10);
	g_assert_true(options.exclude_readers);
	g_assert_true(options.allow_changing_helpers);
	options_clear(&options);
}

static void test_options_that_are_wrong(void)
{
	static const struct {
		const char *line, *named;
	} cases[] = {
		{"probefs", "usage"},
		{"probefs a b c", "3 words"},
		{"probefs -x /mnt", "-x"},
		{"probefs /mnt -o", "-o"},
		{"probefs /mnt -o colour=red", "colour"},
		{"probefs /mnt -o ring=", "ring="},
		{"probefs /mnt -o ring=0", "ring=0"},
		{"probefs /mnt -o ring=4X", "ring=4X"},
		{"probefs /mnt -o ring=-1", "ring=-1"},
		{"probefs /mnt -o ring=99999999999G", "ring="},
		{"probefs /mnt -o mode=9", "mode=9"},
		{"probefs /mnt -o mode=07777", "mode=07777"},
		{"probefs /mnt -o uid=-1", "uid=-1"},
		{"probefs /mnt -o uid=root", "uid=root"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct options options;

		g_test_message("%s", cases[i].line);
		g_assert_false(parse(&options, cases[i].line, &error));
		g_assert_error(error, PROBEFS_ERROR, EINVAL);
		g_assert_nonnull(strstr(error->message, cases[i].named));
		options_clear(&options);
	}
}

/* --- nodes ---------------------------------------------------------------------- */

struct fixture {
	struct engine *engine;
	struct tree *tree;
};

static void set_up(struct fixture *f, gconstpointer data)
{
	const struct engine_config engine = {};
	const struct tree_config tree = {.mode = 0700};
	static const struct engine_watch watch;

	f->engine = engine_new(&engine, &watch, NULL, NULL);
	f->tree = tree_new(f->engine, &tree);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	engine_free(f->engine);
	tree_free(f->tree);
}

/* Walk like the kernel; NULL where a name is not there. */
static struct node *walk(struct tree *tree, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	struct node *node = node_ref(tree->root);

	for (char **name = names; node && *name; name++) {
		const struct node_type *type = node_lookup(node, *name, NULL);
		struct node *child = type ? node_get(node, *name, type) : NULL;

		node_unref(node);
		node = child;
	}
	return node;
}

static void test_nodes_are_found(struct fixture *f, gconstpointer data)
{
	static const char *const there[] = {
		"README",
		"status",
		"output.json",
		"progs",
		"kprobes/vfs_read",
		"tracepoints/skb/kfree_skb",
		"types/structs/sock",
	};
	static const char *const not_there[] = {
		"readme",   "progs/x", "kprobes/vfs_raed", "tracepoints/skb/x",
		"README/x", "types/x",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(there); i++) {
		struct node *node = walk(f->tree, there[i]);
		g_autofree char *path = NULL;

		g_assert_nonnull(node);
		path = node_path(node);
		g_assert_cmpstr(path, ==, there[i]);
		node_unref(node);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(not_there); i++)
		g_assert_null(walk(f->tree, not_there[i]));
	g_assert_cmpuint(g_hash_table_size(f->tree->nodes), ==, 0);
}

static void test_nodes_live_as_long_as_known(struct fixture *f,
					     gconstpointer data)
{
	struct node *node = walk(f->tree, "kprobes/vfs_read"), *again;

	node_looked_up(node);
	node_looked_up(node);
	node_unref(node);
	again = walk(f->tree, "kprobes/vfs_read");
	g_assert_true(again == node);
	node_unref(again);
	node_forgotten(node, 1);
	g_assert_cmpuint(g_hash_table_size(f->tree->nodes), ==, 2);
	node_forgotten(node, 1);
	g_assert_cmpuint(g_hash_table_size(f->tree->nodes), ==, 0);
}

static void test_nodes_move_with_their_names(struct fixture *f,
					     gconstpointer data)
{
	struct progs *progs = f->tree->progs;
	struct node *directory = walk(f->tree, "progs"), *a, *b, *now;

	g_assert_nonnull(progs_create(progs, "a", 0, NULL));
	g_assert_nonnull(progs_create(progs, "b", 0, NULL));
	a = walk(f->tree, "progs/a");
	b = walk(f->tree, "progs/b");
	node_rename(directory, "a", "b");
	now = walk(f->tree, "progs/b");
	g_assert(a && b && now == a);
	g_assert_cmpstr(a->name, ==, "b");
	g_assert_false(b->is_named);
	node_unref(now);
	node_unref(a);
	node_unref(b);
	node_unref(directory);
}

static void test_snapshot_is_kept_until_it_changes(struct fixture *f,
						   gconstpointer data)
{
	struct node *node = walk(f->tree, "errors");
	g_autoptr(GError) error = NULL;
	struct node_stat before, kept, after;

	errors_add(f->tree->errors, "x", 0, "told before");
	/* A look-up shows nothing, and what comes after it something new. */
	g_assert_true(node_stat(node, true, &before, NULL));
	g_assert_cmpuint(before.size, ==, 0);
	g_assert_true(node_stat(node, false, &before, NULL));
	g_assert_cmpuint(before.size, >, 0);
	probefs_set_error(&error, EINVAL, "something");
	errors_add(f->tree->errors, "x", 0, "not told to the node");
	g_assert_true(node_stat(node, false, &kept, NULL));
	g_assert_cmpuint(kept.size, ==, before.size);
	tree_failed(f->tree, "x", 0, error);
	g_assert_true(node_stat(node, false, &after, NULL));
	g_assert_cmpuint(after.size, >, before.size);
	node_unref(node);
}

/* A file whose content is made when the case says so. */
static node_shown_fn slow_done;
static void *slow_data;
static unsigned int n_slow;

static void slow_show(struct node *node, node_shown_fn done, void *data)
{
	slow_done = done;
	slow_data = data;
	n_slow++;
}

static bool slow_stat(struct node *node, struct node_stat *stat, GError **error)
{
	stat->is_unsized = true;
	return true;
}

static const struct node_type slow_type = {
	.mode = S_IFREG | 0444,
	.stat = slow_stat,
	.show_later = slow_show,
};

static void keep_length(GBytes *content, const GError *error, void *data)
{
	*(size_t *)data = g_bytes_get_size(content);
}

/* Who asks after a change does not get what was begun before it. */
static void test_content_in_the_making(struct fixture *f, gconstpointer data)
{
	struct node *node = node_get(f->tree->root, "slow", &slow_type);
	g_autoptr(GBytes) old = g_bytes_new("old", 3);
	g_autoptr(GBytes) new = g_bytes_new("newer", 5);
	size_t first = 0, second = 0, third = 0;
	node_shown_fn old_done;
	struct node_stat stat;
	void *old_data;

	n_slow = 0;
	node_show_later(node, keep_length, &first);
	node_show_later(node, keep_length, &second);
	g_assert_cmpuint(n_slow, ==, 1);
	old_done = slow_done;
	old_data = slow_data;
	node_changed(node);
	node_show_later(node, keep_length, &third);
	g_assert_cmpuint(n_slow, ==, 2);
	old_done(old, NULL, old_data);
	g_assert_cmpuint(first, ==, 3);
	g_assert_cmpuint(second, ==, 3);
	g_assert_cmpuint(third, ==, 0);
	g_assert_true(node_size_is_unknown(node));
	slow_done(new, NULL, slow_data);
	g_assert_cmpuint(third, ==, 5);
	g_assert_false(node_size_is_unknown(node));
	g_assert_true(node_stat(node, false, &stat, NULL));
	g_assert_cmpuint(stat.size, ==, 5);
	node_unref(node);
}

/* --- progs ------------------------------------------------------------------------ */

static void test_roles(void)
{
	static const struct {
		const char *name;
		enum prog_role role;
		const char *program;
	} cases[] = {
		{"hello.c", PROG_SOURCE, "hello"},
		{"tool.o", PROG_OBJECT, "tool"},
		{"hello.cflags", PROG_CFLAGS, "hello"},
		{"common.h", PROG_HEADER, "common"},
		{"a.b.c", PROG_SOURCE, "a.b"},
		{"notes", PROG_PLAIN, NULL},
		{"hello.c~", PROG_PLAIN, NULL},
		{".hello.c.swp", PROG_PLAIN, NULL},
		{".hello.c", PROG_PLAIN, NULL},
		{"#hello.c#", PROG_PLAIN, NULL},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *program = NULL;

		g_assert_cmpint(prog_role(cases[i].name, &program), ==,
				cases[i].role);
		g_assert_cmpstr(program, ==, cases[i].program);
	}
}

static void test_names_are_checked(struct fixture *f, gconstpointer data)
{
	static const struct {
		const char *name;
		int err;
	} cases[] = {
		{"a:b.c", EINVAL},  {"-a.c", EINVAL},    {"a b.c", EINVAL},
		{"x\001y", EINVAL}, {"hello.o", EEXIST}, {"plain.c", EEXIST},
	};
	struct progs *progs = f->tree->progs;

	g_assert_nonnull(progs_create(progs, "hello.c", 0, NULL));
	g_assert_nonnull(progs_create(progs, "plain", 0, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(progs_create(progs, cases[i].name, 0, &error));
		g_assert_error(error, PROBEFS_ERROR, cases[i].err);
	}
}

static void keep_errno(const GError *error, void *data)
{
	*(int *)data = error ? probefs_error_errno(error) : 0;
}

static void test_only_owner_and_root_remove(struct fixture *f,
					    gconstpointer data)
{
	struct progs *progs = f->tree->progs;
	int err = -1;

	g_assert_nonnull(progs_create(progs, "notes", 7, NULL));
	progs_remove(progs, "notes", 8, keep_errno, &err);
	g_assert_cmpint(err, ==, EACCES);
	progs_rename(progs, "notes", "mine", 8, keep_errno, &err);
	g_assert_cmpint(err, ==, EACCES);
	progs_rename(progs, "notes", "moved", 7, keep_errno, &err);
	g_assert_cmpint(err, ==, 0);
	g_assert_null(progs_find(progs, "notes"));
	progs_remove(progs, "moved", 0, keep_errno, &err);
	g_assert_cmpint(err, ==, 0);
	progs_remove(progs, "moved", 0, keep_errno, &err);
	g_assert_cmpint(err, ==, ENOENT);
}

#define ADD_IN_TREE(path, function) \
	g_test_add(path, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/errors/line", test_errors_line);
	g_test_add_func("/errors/keeps-the-last", test_errors_keeps_the_last);
	g_test_add_func("/signals/end", test_signals_that_end);
	g_test_add_func("/commit/shells", test_commit_of_shells);
	g_test_add_func("/commit/unknown", test_commit_of_unknown);
	g_test_add_func("/commit/release", test_commit_leaves_to_release);
	g_test_add_func("/options/person", test_options_of_a_person);
	g_test_add_func("/options/mount", test_options_of_mount);
	g_test_add_func("/options/wrong", test_options_that_are_wrong);
	g_test_add_func("/progs/roles", test_roles);
	ADD_IN_TREE("/nodes/found", test_nodes_are_found);
	ADD_IN_TREE("/nodes/live", test_nodes_live_as_long_as_known);
	ADD_IN_TREE("/nodes/move", test_nodes_move_with_their_names);
	ADD_IN_TREE("/nodes/snapshot", test_snapshot_is_kept_until_it_changes);
	ADD_IN_TREE("/nodes/in-the-making", test_content_in_the_making);
	ADD_IN_TREE("/progs/names", test_names_are_checked);
	ADD_IN_TREE("/progs/owner", test_only_owner_and_root_remove);
	return g_test_run();
}
