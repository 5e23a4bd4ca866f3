/* SPDX-License-Identifier: GPL-2.0-only */
/* test_tracepoint_struct.c - tracefs's formats as C structs. */
#include <string.h>

#include "bpf/compiler/tracepoint_struct.h"

/* As tracefs writes them, shortened. */
static const char exec_format[] =
	"name: sched_process_exec\nID: 257\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
	"\nprint fmt: \"filename=%s\", __get_str(filename)\n";

static const char open_format[] =
	"\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:umode_t mode;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long args[6];\toffset:32;\tsize:48;\tsigned:0;\n"
	"\tfield:enum skb_drop_reason reason;\toffset:80;\tsize:4;\t"
	"signed:0;\n"
	"\tfield:struct in6_addr where;\toffset:84;\tsize:16;\tsigned:0;\n";

static void test_data_loc_and_arrays(void)
{
	g_autofree char *text = tracepoint_struct("sched", "sched_process_exec",
						  exec_format, NULL);

	g_assert_cmpstr(text, ==,
			"struct tracepoint__sched__sched_process_exec {\n"
			"\t__u64 __do_not_use__;\n"
			"\tint data_loc_filename;\n"
			"\t__s32 pid;\n"
			"\tchar comm[16];\n"
			"};\n");
}

static void test_sizes_rule_over_types(void)
{
	g_autofree char *text = tracepoint_struct("syscalls", "sys_enter_open",
						  open_format, NULL);

	g_assert_cmpstr(text, ==,
			"struct tracepoint__syscalls__sys_enter_open {\n"
			"\t__u64 __do_not_use__;\n"
			"\t__s32 __syscall_nr;\n"
			"\tchar __pad_12[4];\n"
			"\tconst char *filename;\n"
			"\t__u64 mode;\n"
			"\t__u64 args[6];\n"
			"\tenum skb_drop_reason reason;\n"
			"\t__u8 where[16];\n"
			"};\n");
}

static void test_not_a_format(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(tracepoint_struct("a", "b", "nothing", &error));
	g_assert_cmpstr(error->message, ==,
			"tracepoint a:b: its format has no fields");
}

static void test_damaged_lines(void)
{
	static const char *const formats[] = {
		"field:",
		"field:;",
		"field: ;\toffset:8;\tsize:4;",
		"field:int",
		"field:x;\toffset:8;\tsize:4;",
		"field:int x;\toffset:;\tsize:;",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_autofree char *text = tracepoint_struct("a", "b", formats[i],
							  NULL);

		g_assert_nonnull(text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tracepoint_struct/data_loc",
			test_data_loc_and_arrays);
	g_test_add_func("/tracepoint_struct/sizes", test_sizes_rule_over_types);
	g_test_add_func("/tracepoint_struct/not_a_format", test_not_a_format);
	g_test_add_func("/tracepoint_struct/damaged", test_damaged_lines);
	return g_test_run();
}
