/* SPDX-License-Identifier: GPL-2.0-only */
/* test_engine_parts.c - the engine's parsers and tables; needs no root. */
#include "bpf/probes/attach_line.h"
#include "bpf/error.h"
#include "bpf/kernel/event_struct.h"
#include "bpf/kernel/events.h"
#include "bpf/object/kernel_log.h"
#include "bpf/suggest.h"
#include "bpf/kernel/symbols.h"

#include <errno.h>
#include <string.h>

static const char kallsyms[] =
	"ffffffff81000000 T _stext\n"
	"ffffffff81000010 t vfs_read\n"
	"ffffffff81000100 T vfs_write\n"
	"ffffffff81000180 t tcp_connect.cold\n"
	"ffffffff81000200 T __x64_sys_clone\n"
	"ffffffff81000240 T __x64_sys_clone3\n"
	"ffffffff81000280 T __pfx_vfs_open\n"
	"ffffffff81000290 T vfs_open\n"
	"ffffffff81000300 D jiffies\n"
	"ffffffffc0000000 t nf_hook\t[nf_tables]\n"
	"ffffffffc0001000 t bpf_prog_1234_hello\t[bpf]\n";

static void test_symbols_address_and_name(void)
{
	struct symbols *symbols = symbols_new_from_text(kallsyms, NULL);
	uint64_t offset = 0;

	g_assert_cmphex(symbols_address(symbols, "vfs_write"), ==,
			0xffffffff81000100);
	g_assert_cmphex(symbols_address(symbols, "jiffies"), ==, 0);
	g_assert_cmpstr(symbols_name(symbols, 0xffffffff81000114, &offset), ==,
			"vfs_write");
	g_assert_cmphex(offset, ==, 0x14);
	g_assert_null(symbols_name(symbols, 0x1000, &offset));
	g_assert_null(symbols_name(symbols, 0xffffffffd0000000, &offset));
	symbols_free(symbols);
}

static void test_symbols_traceable(void)
{
	struct symbols *symbols = symbols_new_from_text(kallsyms, NULL);

	g_assert_true(symbols_is_traceable(symbols, "vfs_read"));
	g_assert_true(symbols_is_traceable(symbols, "nf_hook"));
	g_assert_false(symbols_is_traceable(symbols, "tcp_connect.cold"));
	g_assert_false(symbols_is_traceable(symbols, "__pfx_vfs_open"));
	g_assert_false(symbols_is_traceable(symbols, "bpf_prog_1234_hello"));
	g_assert_false(symbols_is_traceable(symbols, "vfs"));
	symbols_free(symbols);
}

static void test_symbols_filter_functions(void)
{
	struct symbols *symbols = symbols_new_from_text(
		kallsyms, "vfs_read\nnf_hook [nf_tables]\nnot_in_kallsyms\n");
	const GPtrArray *names = symbols_traceable(symbols);

	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(names->pdata[0], ==, "nf_hook");
	g_assert_cmpstr(names->pdata[1], ==, "vfs_read");
	g_assert_false(symbols_is_traceable(symbols, "vfs_write"));
	symbols_free(symbols);
}

static void test_symbols_filter_aliases(void)
{
	struct symbols *symbols =
		symbols_new_from_text("ffffffff81000100 T __do_sys_sync\n"
				      "ffffffff81000100 T __x64_sys_sync\n"
				      "ffffffff81000200 T vfs_write\n",
				      "__do_sys_sync\n");

	g_assert_true(symbols_is_traceable(symbols, "__x64_sys_sync"));
	g_assert_false(symbols_is_traceable(symbols, "vfs_write"));
	g_assert_cmpstr(symbols_syscall(symbols, "sync"), ==, "__x64_sys_sync");
	symbols_free(symbols);
}

static void test_symbols_syscalls(void)
{
	struct symbols *symbols = symbols_new_from_text(kallsyms, NULL);
	const GPtrArray *names = symbols_syscalls(symbols);

	g_assert_cmpstr(symbols_syscall(symbols, "clone"), ==,
			"__x64_sys_clone");
	g_assert_null(symbols_syscall(symbols, "clon"));
	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(names->pdata[1], ==, "sys_clone3");
	symbols_free(symbols);
}

static void test_symbols_match(void)
{
	struct symbols *symbols = symbols_new_from_text(kallsyms, NULL);
	g_autoptr(GPtrArray) names = symbols_match(symbols, "vfs_*");

	g_assert_cmpuint(names->len, ==, 3);
	g_assert_cmpstr(names->pdata[0], ==, "vfs_open");
	symbols_free(symbols);
}

static void test_symbols_of_the_kernel(void)
{
	struct symbols *symbols = symbols_new(-1);

	g_assert_cmpuint(symbols_traceable(symbols)->len, >, 10000);
	g_assert_true(symbols_is_traceable(symbols, "vfs_read"));
	g_assert_nonnull(symbols_syscall(symbols, "openat"));
	symbols_free(symbols);
}

static bool nearest_is(const char *wanted, const char *expected)
{
	static const char *const names[] = {"vfs_read", "vfs_readv",
					    "vfs_write", "do_exit"};
	g_autoptr(GPtrArray) array = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_ptr_array_add(array, g_strdup(names[i]));
	return !g_strcmp0(suggest_nearest(wanted, array), expected);
}

static void test_suggest(void)
{
	g_assert_true(nearest_is("vfs_raed", "vfs_read"));
	g_assert_true(nearest_is("vfs_reads", "vfs_read"));
	g_assert_true(nearest_is("fs_writ", "vfs_write"));
	g_assert_true(nearest_is("doexit", "do_exit"));
	g_assert_true(nearest_is("tcp_v4_connect", NULL));
	g_assert_true(nearest_is("", NULL));
}

static void test_suggest_among_60000(void)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; i < 60000; i++)
		g_ptr_array_add(names,
				g_strdup_printf("some_function_%d_of", i));
	g_assert_cmpstr(suggest_nearest("some_fucntion_31415_of", names), ==,
			"some_function_31415_of");
}

static void test_events(void)
{
	struct events *events = events_new_from_text(
		"skb:kfree_skb\nskb:consume_skb\nsyscalls:sys_enter_openat\n"
		"raw_syscalls:sys_enter\nkprobes:mine\nprobefs_7:e1\n");
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(events_subsystems(events)->len, ==, 3);
	g_assert_true(events_has(events, "skb", "kfree_skb"));
	g_assert_false(events_has(events, "kprobes", "mine"));
	g_assert_cmpuint(events_raw(events)->len, ==, 3);
	events_set_missing(events, "skb", "kfree_sbk", &error);
	g_assert_error(error, PROBEFS_ERROR, ENOENT);
	g_assert_cmpstr(error->message, ==,
			"no tracepoint kfree_sbk in subsystem skb; did you "
			"mean kfree_skb?");
	events_free(events);
}

/* An event at the wrong place. */
static void test_events_suggest_place(void)
{
	static const struct {
		const char *subsystem, *event, *message;
	} cases[] = {
		{"kfree_skb", "",
		 "no tracepoint subsystem kfree_skb; did you mean "
		 "skb/kfree_skb?"},
		{"net", "kfree_skb",
		 "no tracepoint subsystem net; did you mean skb/kfree_skb?"},
		{"sched", "kfree_skb",
		 "no tracepoint kfree_skb in subsystem sched; did you mean "
		 "skb/kfree_skb?"},
		{"syscalls", "openat",
		 "no tracepoint openat in subsystem syscalls; did you mean "
		 "syscalls/sys_enter_openat?"},
		{"openat", "",
		 "no tracepoint subsystem openat; did you mean "
		 "syscalls/sys_enter_openat?"},
		{"shced", "",
		 "no tracepoint subsystem shced; did you mean sched?"},
		{"nothing", "alike", "no tracepoint subsystem nothing"},
	};
	struct events *events = events_new_from_text(
		"skb:kfree_skb\nsched:sched_switch\n"
		"syscalls:sys_enter_openat\n");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		events_set_missing(events, cases[i].subsystem, cases[i].event,
				   &error);
		g_assert_error(error, PROBEFS_ERROR, ENOENT);
		g_assert_cmpstr(error->message, ==, cases[i].message);
	}
	events_free(events);
}

/* --- The line parser --------------------------------------------------- */

static bool take_number(struct attach_options *options, const char *value,
			GError **error)
{
	options->max_active = (unsigned)g_ascii_strtoull(value, NULL, 10);
	if (options->max_active)
		return true;
	probefs_set_error(error, EINVAL, "maxactive=%s", value);
	return false;
}

static const struct kind plain = {.shown = {"kprobes", ""}};
static const struct kind_option max_active = {"maxactive", take_number};
static const struct kind optioned = {
	.shown = {"kretprobes", ""},
	.option = &max_active,
};

static struct attach_line *parse(const struct kind *kind, const char *text,
				 int err)
{
	g_autoptr(GError) error = NULL;
	struct attach_line *line = attach_line_parse(kind, text, strlen(text),
						     &error);

	if (err)
		g_assert_error(error, PROBEFS_ERROR, err);
	else
		g_assert_no_error(error);
	return line;
}

static void test_line_good(void)
{
	struct attach_line *line = parse(&plain, "hello", 0);

	g_assert_cmpstr(line->function, ==, "hello");
	g_assert_null(line->program);
	g_assert_false(line->is_removal);
	attach_line_free(line);
	line = parse(&plain, " !net:on_drop\t", 0);
	g_assert_cmpstr(line->program, ==, "net");
	g_assert_cmpstr(line->function, ==, "on_drop");
	g_assert_true(line->is_removal);
	attach_line_free(line);
	line = parse(&optioned, "on_ret   maxactive=64", 0);
	g_assert_cmpuint(line->options.max_active, ==, 64);
	g_assert_cmpstr(line->options_text, ==, " maxactive=64");
	attach_line_free(line);
	g_assert_null(parse(&plain, "", 0));
	g_assert_null(parse(&plain, "  ", 0));
	g_assert_null(parse(&plain, "# a comment", 0));
}

static void test_line_bad(void)
{
	g_autofree char *long_line = g_strnfill(ATTACH_LINE_BYTES_MAX + 1, 'x');

	g_assert_null(parse(&plain, long_line, E2BIG));
	g_assert_null(parse(&plain, "hel\001lo", EINVAL));
	g_assert_null(parse(&plain, "h\xc3\xa9llo", EINVAL));
	g_assert_null(parse(&plain, "!", EINVAL));
	g_assert_null(parse(&plain, ":hello", EINVAL));
	g_assert_null(parse(&plain, "hello:", EINVAL));
	g_assert_null(parse(&plain, "a:b:c", EINVAL));
	g_assert_null(parse(&plain, "../x", EINVAL));
	g_assert_null(parse(&plain, "hello maxactive=4", EINVAL));
	g_assert_null(parse(&plain, "hello goodbye", EINVAL));
	g_assert_null(parse(&optioned, "hello colour=red", EINVAL));
	g_assert_null(parse(&optioned, "hello max=4", EINVAL));
	g_assert_null(parse(&optioned, "hello maxactive=abc", EINVAL));
}

static void test_line_nul_byte(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(attach_line_parse(&plain, "hel\0lo", 6, &error));
	g_assert_error(error, PROBEFS_ERROR, EINVAL);
	g_assert_nonnull(strstr(error->message, "byte 4"));
}

/* --- Formats of tracepoints -------------------------------------------- */

static void test_event_struct(void)
{
	g_autofree char *text = event_struct(
		"syscalls", "sys_enter_openat",
		"name: sys_enter_openat\nID: 7\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;"
		"\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;"
		"\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;"
		"\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
		"\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
		"\tfield:const char * filename;\toffset:24;\tsize:8;"
		"\tsigned:0;\n"
		"\tfield:umode_t mode;\toffset:32;\tsize:8;\tsigned:0;\n\n"
		"print fmt: \"dfd: 0x%08lx\", REC->dfd\n");

	g_assert_cmpstr(text, ==,
			"struct syscalls_sys_enter_openat {\n"
			"\tunsigned short common_type;\n"
			"\tunsigned char common_flags;\n"
			"\tunsigned char common_preempt_count;\n"
			"\tint common_pid;\n"
			"\tint __syscall_nr;\n"
			"\t__u64 dfd; /* int dfd */\n"
			"\tconst char * filename;\n"
			"\t__u64 mode; /* umode_t mode */\n"
			"};\n");
}

static void test_event_struct_arrays_and_locations(void)
{
	g_autofree char *text = event_struct(
		"sched", "sched_process_exec",
		"\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		"\tfield:__data_loc char[] filename;\toffset:24;\tsize:4;"
		"\tsigned:0;\n"
		"\tfield:pid_t pid;\toffset:28;\tsize:4;\tsigned:1;\n"
		"\tfield:enum skb_drop_reason reason;\toffset:36;\tsize:4;"
		"\tsigned:0;\n");

	g_assert_cmpstr(text, ==,
			"struct sched_sched_process_exec {\n"
			"\tchar pad_at_0[8];\n"
			"\tchar comm[16];\n"
			"\tint data_loc_filename; /* __data_loc char[] "
			"filename: offset in the low 16 bits, length above "
			"*/\n"
			"\tpid_t pid;\n"
			"\tchar pad_at_32[4];\n"
			"\tenum skb_drop_reason reason;\n"
			"};\n");
}

/* --- The verifier's log ------------------------------------------------ */

static const char verifier_log[] =
	"func#0 @0\n"
	"0: R1=ctx(off=0,imm=0) R10=fp0\n"
	"; n[100]\n"
	"11: (79) r3 = *(u64 *)(r0 +800)\n"
	"invalid access to map value, value_size=8 off=800 size=8\n"
	"R0 min value is outside of the allowed memory range\n"
	"processed 12 insns (limit 1000000) max_states_per_insn 0\n";

static void test_kernel_log(void)
{
	g_autofree char *reason = kernel_log_reason(verifier_log);

	g_assert_cmpstr(reason, ==,
			"invalid access to map value, value_size=8 off=800 "
			"size=8");
	g_assert_cmpint(kernel_log_instruction(verifier_log), ==, 11);
	g_assert_cmpstr(kernel_log_tail(verifier_log, 1), ==,
			"processed 12 insns (limit 1000000) "
			"max_states_per_insn 0\n");
	g_assert_cmpstr(kernel_log_tail("one line", 5), ==, "one line");
	g_assert_null(kernel_log_reason(""));
	g_assert_cmpint(kernel_log_refused_helper(
				"4: (85) call bpf_get_attach_cookie#174\n"
				"unknown func bpf_get_attach_cookie#174\n"),
			==, 174);
	g_assert_cmpint(kernel_log_refused_helper(
				"0: (85) call bpf_ktime_get_ns#5\n"
				"4: (85) call bpf_get_current_task_btf#158\n"
				"cannot call GPL-restricted function from "
				"non-GPL compatible program\n"),
			==, 158);
	g_assert_cmpint(kernel_log_refused_helper(verifier_log), ==, -1);
}

static void assert_errno(int code, int expected)
{
	g_autoptr(GError) error = NULL;

	probefs_set_error(&error, code, "of the kernel");
	g_assert_cmpint(probefs_error_errno(error), ==, expected);
}

/* FUSE takes no answer with the kernel's own numbers. */
static void test_error_numbers(void)
{
	assert_errno(ENOENT, ENOENT);
	assert_errno(524, EOPNOTSUPP); /* ENOTSUPP */
	assert_errno(512, EIO);        /* ERESTARTSYS */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error/numbers", test_error_numbers);
	g_test_add_func("/symbols/address-and-name",
			test_symbols_address_and_name);
	g_test_add_func("/symbols/traceable", test_symbols_traceable);
	g_test_add_func("/symbols/filter-functions",
			test_symbols_filter_functions);
	g_test_add_func("/symbols/filter-aliases", test_symbols_filter_aliases);
	g_test_add_func("/symbols/syscalls", test_symbols_syscalls);
	g_test_add_func("/symbols/match", test_symbols_match);
	g_test_add_func("/symbols/kernel", test_symbols_of_the_kernel);
	g_test_add_func("/suggest/nearest", test_suggest);
	g_test_add_func("/suggest/among_60000", test_suggest_among_60000);
	g_test_add_func("/events/tables", test_events);
	g_test_add_func("/events/places", test_events_suggest_place);
	g_test_add_func("/line/good", test_line_good);
	g_test_add_func("/line/bad", test_line_bad);
	g_test_add_func("/line/nul-byte", test_line_nul_byte);
	g_test_add_func("/event-struct/syscall", test_event_struct);
	g_test_add_func("/event-struct/arrays",
			test_event_struct_arrays_and_locations);
	g_test_add_func("/kernel-log/reason", test_kernel_log);
	return g_test_run();
}
