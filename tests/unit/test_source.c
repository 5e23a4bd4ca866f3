/* SPDX-License-Identifier: GPL-2.0-only */
/* test_source.c - what a source says about itself: source.h. */
#include <string.h>

#include "bpf/compiler/source.h"

static struct source_names *scan(const char *text)
{
	struct source_names *names = source_names_new();

	source_scan_user(names, text, strlen(text));
	return names;
}

static bool has(GHashTable *set, const char *name)
{
	return g_hash_table_contains(set, name);
}

static void test_scan_comments_and_strings(void)
{
	struct source_names *names = scan(
		"// one\n/* two\n three */ four; \"five\" '\\'' /* six");

	g_assert_true(has(names->used, "four"));
	g_assert_cmpuint(g_hash_table_size(names->used), ==, 1);
	source_names_free(names);
}

static void test_scan_joined_lines(void)
{
	struct source_names *names = scan("ab\\\ncd;\n#define X one \\\n two\n"
					  "after;");

	g_assert_true(has(names->used, "abcd"));
	g_assert_true(has(names->used, "two"));
	g_assert_true(has(names->used, "after"));
	g_assert_cmpuint(
		((GPtrArray *)g_hash_table_lookup(names->macros, "X"))->len, ==,
		2);
	source_names_free(names);
}

static void test_scan_tags_apart_from_names(void)
{
	struct source_names *names = scan(
		"struct sock *s; u32 n; struct own { int x; }; enum e { A, "
		"B = 2 };");

	g_assert_true(has(names->used, "#sock"));
	g_assert_false(has(names->used, "sock"));
	g_assert_false(has(names->defined, "#sock"));
	g_assert_true(has(names->defined, "#own"));
	g_assert_false(has(names->defined, "x"));
	g_assert_true(has(names->defined, "#e"));
	g_assert_true(has(names->defined, "A"));
	g_assert_true(has(names->defined, "B"));
	source_names_free(names);
}

static void test_scan_file_scope_definitions(void)
{
	struct source_names *names = scan(
		"typedef unsigned int own_t;\nint counter = LIMIT, second;"
		"enum { B = OTHER, C };\nstatic int "
		"table[4];\nint f(int parameter) { int local = 1; return "
		"local; }");

	g_assert_true(has(names->defined, "own_t"));
	g_assert_true(has(names->defined, "counter"));
	g_assert_true(has(names->defined, "table"));
	g_assert_true(has(names->defined, "f"));
	g_assert_false(has(names->defined, "local"));
	g_assert_false(has(names->defined, "LIMIT"));
	g_assert_true(has(names->defined, "second"));
	g_assert_false(has(names->defined, "OTHER"));
	g_assert_true(has(names->defined, "C"));
	g_assert_false(has(names->defined, "parameter"));
	source_names_free(names);
}

static void test_scan_includes(void)
{
	struct source_names *names = scan(
		"#include <linux/sched.h>\n # include \"own.h\" // x\n"
		"#include MACRO\n");
	const struct source_include *include;

	g_assert_cmpuint(names->includes->len, ==, 2);
	include = names->includes->pdata[0];
	g_assert_cmpstr(include->name, ==, "linux/sched.h");
	g_assert_true(include->is_angled);
	include = names->includes->pdata[1];
	g_assert_cmpstr(include->name, ==, "own.h");
	g_assert_false(include->is_angled);
	g_assert_true(source_includes(names, "own.h"));
	source_names_free(names);
}

static void test_scan_tracepoint_probes(void)
{
	struct source_names *names = scan(
		"TRACEPOINT_PROBE(skb,\n kfree_skb) { return 0; }");

	g_assert_cmpuint(names->tracepoints->len, ==, 1);
	g_assert_cmpstr(names->tracepoints->pdata[0], ==, "skb/kfree_skb");
	source_names_free(names);
}

static void test_scan_maps_of_maps(void)
{
	struct source_names *names = scan(
		"BPF_ARRAY_OF_MAPS(a, \"in1\", 10);\n"
		"BPF_HASH_OF_MAPS(b, struct k, \"in2\");");

	g_assert_cmpuint(names->inner_maps->len, ==, 4);
	g_assert_cmpstr(names->inner_maps->pdata[0], ==, "a");
	g_assert_cmpstr(names->inner_maps->pdata[1], ==, "in1");
	g_assert_cmpstr(names->inner_maps->pdata[2], ==, "b");
	g_assert_cmpstr(names->inner_maps->pdata[3], ==, "in2");
	source_names_free(names);
}

static void test_macros_count_where_used(void)
{
	static const char library[] =
		"#define tcp_sk(s) ((struct tcp_sock *)(s))\n"
		"#define outer(s) tcp_sk(s)\n"
		"#define unused struct other\n"
		"static inline int f(struct third *t) { return 0; }\n";
	struct source_names *names = scan("outer(sk);");

	source_scan_library(names, library, strlen(library));
	g_assert_false(has(names->used, "#tcp_sock"));
	source_close_macros(names);
	g_assert_true(has(names->used, "#tcp_sock"));
	g_assert_true(source_uses(names, "tcp_sk"));
	g_assert_false(has(names->used, "#other"));
	g_assert_false(has(names->used, "#third"));
	source_names_free(names);
}

static void test_dialect(void)
{
	static const struct {
		const char *text;
		bool is_bcc;
	} cases[] = {
		{"int hello(void *ctx) { return 0; }", true},
		{"#include <uapi/linux/ptrace.h>\nBPF_HASH(h);", true},
		{"#include \"vmlinux.h\"\nint f(void) { return 0; }", false},
		{"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>", false},
		{"SEC(\"kprobe/f\") int f(void *c) { return 0; }", false},
		{"SEC(\"kprobe/f\") int f(void *c) {} BPF_HASH(h);", true},
		{"TRACEPOINT_PROBE(a, b) { return 0; }", true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct source_names *names = scan(cases[i].text);

		g_test_message("%s", cases[i].text);
		g_assert_cmpint(source_is_bcc(names), ==, cases[i].is_bcc);
		source_names_free(names);
	}
}

/* A directive without its rest ends with its line. */
static void test_scan_unfinished_directives(void)
{
	struct source_names *names = scan(
		"#define\nint one;\n#include\nint two;\n#\nint three;\n"
		"#define (\nint four;");

	g_assert_true(has(names->defined, "one"));
	g_assert_true(has(names->defined, "two"));
	g_assert_true(has(names->defined, "three"));
	g_assert_true(has(names->defined, "four"));
	source_names_free(names);
}

/* Nothing that is not C may end the scan badly. */
static void test_scan_rubbish(void)
{
	static const char *const texts[] = {
		"",
		"#",
		"#define",
		"#include",
		"#include <",
		"\"",
		"'",
		"/*",
		"\\",
		"\\\n",
		"}}}}))))",
		"{{{{((((",
		"TRACEPOINT_PROBE(",
		"BPF_ARRAY_OF_MAPS(",
		"BPF_ARRAY_OF_MAPS(a, \"",
		"enum",
		"#\n#",
		"\xff\xfe\x01",
		"0x",
		"struct",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		source_names_free(scan(texts[i]));
}

/* Pieces that mean something to the scan, in any order: it always ends. */
static void test_scan_random(void)
{
	static const char *const pieces[] = {
		"#",
		"define ",
		"include ",
		"<",
		"\"",
		"'",
		"/*",
		"*/",
		"//",
		"\\\n",
		"\n",
		"enum ",
		"{",
		"}",
		"(",
		")",
		"=",
		",",
		";",
		"struct ",
		"a",
		"b ",
		"1",
		"[",
		"\\",
		"TRACEPOINT_PROBE",
		"BPF_ARRAY_OF_MAPS",
	};

	for (int i = 0; i < 3000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		for (int n = g_test_rand_int_range(1, 40); n > 0; n--)
			g_string_append(text,
					pieces[g_test_rand_int_range(
						0, G_N_ELEMENTS(pieces))]);
		source_names_free(scan(text->str));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/comments", test_scan_comments_and_strings);
	g_test_add_func("/source/joined_lines", test_scan_joined_lines);
	g_test_add_func("/source/tags", test_scan_tags_apart_from_names);
	g_test_add_func("/source/file_scope", test_scan_file_scope_definitions);
	g_test_add_func("/source/includes", test_scan_includes);
	g_test_add_func("/source/tracepoint_probes",
			test_scan_tracepoint_probes);
	g_test_add_func("/source/maps_of_maps", test_scan_maps_of_maps);
	g_test_add_func("/source/macros", test_macros_count_where_used);
	g_test_add_func("/source/dialect", test_dialect);
	g_test_add_func("/source/unfinished", test_scan_unfinished_directives);
	g_test_add_func("/source/rubbish", test_scan_rubbish);
	g_test_add_func("/source/random", test_scan_random);
	return g_test_run();
}
