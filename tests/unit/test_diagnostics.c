/* SPDX-License-Identifier: GPL-2.0-only */
/* test_diagnostics.c - clang's messages as the user reads them. */
#include <string.h>

#include "bpf/compiler/diagnostics.h"

#define DIR "/opt/probefs/include"

static char *format_of(const char *output)
{
	g_autoptr(GPtrArray) diagnostics = diagnostics_parse(output, DIR "/");

	for (guint i = 0; i < diagnostics->len; i++)
		diagnostic_explain(diagnostics->pdata[i], "tool.c");
	return diagnostics_format(diagnostics);
}

static void test_first_error_comes_first(void)
{
	g_autofree char *text = format_of("tool.c:1:2: warning: odd [-Wodd]\n"
					  "    1 | odd\n"
					  "tool.c:3:4: error: bad thing\n"
					  "    3 | bad\n"
					  "tool.c:2:1: note: because of this\n"
					  "1 warning and 1 error generated.\n");

	g_assert_cmpstr(text, ==,
			"tool.c:3:4: error: bad thing\n"
			"    3 | bad\n"
			"tool.c:2:1: note: because of this\n"
			"tool.c:1:2: warning: odd [-Wodd]\n"
			"    1 | odd\n");
}

static void test_our_paths_are_not_shown(void)
{
	g_autofree char *text = format_of(
		"In file included from <built-in>:1:\n"
		"./common.h:1:1: error: a\n" DIR
		"/programs/linux/sched.h:5:1: error: b\n" DIR
		"/probefs/bcc.h:6:1: note: expanded from macro 'BPF_HASH'\n"
		"    6 | text\n");

	g_assert_cmpstr(text, ==,
			"common.h:1:1: error: a\n"
			"linux/sched.h:5:1: error: b\n");
}

static void expect_sentence(const char *output, const char *sentence)
{
	g_autofree char *text = format_of(output);

	g_test_message("%s", text);
	g_assert_nonnull(strstr(text, sentence));
}

static void test_sentences(void)
{
	expect_sentence("tool.c:1:10: fatal error: 'own.h' file not found\n",
			"tool.c:1:10: error: there is no header own.h");
	expect_sentence("tool.c:3:1: error: use of undeclared identifier 'X'\n",
			"in tool.cflags (-DX=…)");
	expect_sentence("tool.c:3:1: error: unknown type name 'foo_t'\n",
			"foo_t is not known");
	expect_sentence("tool.c:3:1: error: incomplete definition of type "
			"'struct x'\n",
			"struct x is not defined: this kernel's types");
	expect_sentence("tool.c:3:1: error: expected ';' after expression\n",
			"error: expected ';' after expression");
	expect_sentence("error: unknown argument: '-fnothing'\n",
			"error: unknown argument: '-fnothing'");
}

static void expect_name(const char *text, const char *name, bool is_missing)
{
	struct diagnostic *diagnostic = diagnostic_new("t.c:1", "error", text);
	bool got_missing = !is_missing;
	g_autofree char *got = diagnostic_name(diagnostic, &got_missing);

	g_assert_cmpstr(got, ==, name);
	if (name)
		g_assert_cmpint(got_missing, ==, is_missing);
	diagnostic_free(diagnostic);
}

static void test_names_that_would_help(void)
{
	expect_name("incomplete definition of type 'struct sock'", "#sock",
		    true);
	expect_name("variable has incomplete type 'struct x'", "#x", true);
	expect_name("invalid application of 'sizeof' to an incomplete type "
		    "'const struct y *'",
		    "#y", true);
	expect_name("unknown type name 'u32'", "u32", true);
	expect_name("use of undeclared identifier 'TCP_CLOSE'", "TCP_CLOSE",
		    true);
	expect_name("call to undeclared function 'bpf_task_from_pid'; ISO C99",
		    "bpf_task_from_pid", true);
	expect_name("redefinition of 'flags'", "flags", false);
	expect_name("expected ';'", NULL, false);
}

static void expect_member(const char *text, const char *member, const char *tag)
{
	struct diagnostic *diagnostic = diagnostic_new("t.c:1", "error", text);
	g_autofree char *got_tag = NULL;
	g_autofree char *got = diagnostic_member(diagnostic, &got_tag);

	g_assert_cmpstr(got, ==, member);
	g_assert_cmpstr(got_tag, ==, tag);
	diagnostic_free(diagnostic);
}

static void test_members_that_are_missing(void)
{
	expect_member("no member named 'nr_queued' in 'struct cfs_rq'",
		      "nr_queued", "#cfs_rq");
	expect_member("no member named 'tgdi' in 'struct task_struct'; "
		      "did you mean 'tgid'?",
		      NULL, NULL);
	expect_member("no member named 'x' in 'point_t'", NULL, NULL);
	expect_member("expected ';'", NULL, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/diagnostics/first_error",
			test_first_error_comes_first);
	g_test_add_func("/diagnostics/paths", test_our_paths_are_not_shown);
	g_test_add_func("/diagnostics/sentences", test_sentences);
	g_test_add_func("/diagnostics/names", test_names_that_would_help);
	g_test_add_func("/diagnostics/members", test_members_that_are_missing);
	return g_test_run();
}
