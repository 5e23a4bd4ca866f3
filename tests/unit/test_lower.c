/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_lower.c - source in; sections, helper calls and relocations of the
 * object out: what becomes a program, and what a read by helper.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "bpf/compiler/lower.h"
#include "bpf/error.h"
#include "bpf/include/probefs/record.h"
#include "lowered.h"

/* --- Entries ----------------------------------------------------------- */

static void test_entries_bcc_sections(void)
{
	struct lowered lowered = lowered_good(
		"static int inner(int x) { return x + 1; }\n"
		"__attribute__((noinline)) int outer(int x)\n"
		"{ return inner(x); }\n"
		"__attribute__((noinline)) int called(void) { return 2; }\n"
		"int hello(void *ctx) { return outer(called()); }\n"
		"int without() { return 1; }\n"
		"int nothing(void) { return 1; }\n"
		"int kprobe__vfs_read(void *ctx) { return 0; }\n"
		"int kretprobe__vfs_read(void *ctx) { return 0; }\n"
		"int tracepoint__skb__kfree_skb(void *ctx) { return 0; }\n"
		"int raw_tracepoint__sched_switch(void *ctx) { return 0; }\n"
		"SEC(\"kprobe/x\") int sectioned(void *ctx) { return 0; }\n",
		true);

	lowered_assert_section(&lowered, "hello", "probefs/hello");
	lowered_assert_section(&lowered, "without", "probefs/without");
	lowered_assert_section(&lowered, "nothing", "probefs/nothing");
	lowered_assert_section(&lowered, "kprobe__vfs_read", "kprobe/vfs_read");
	lowered_assert_section(&lowered, "kretprobe__vfs_read",
			       "kretprobe/vfs_read");
	lowered_assert_section(&lowered, "tracepoint__skb__kfree_skb",
			       "tracepoint/skb/kfree_skb");
	lowered_assert_section(&lowered, "raw_tracepoint__sched_switch",
			       "raw_tracepoint/sched_switch");
	lowered_assert_section(&lowered, "sectioned", "kprobe/x");
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "outer"));
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "called"));
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "inner"));
	lowered_clear(&lowered);
}

static void test_entries_with_arguments(void)
{
	struct lowered lowered = lowered_good(
		"HASH(map, u64, u64);\n"
		"int plain(struct pt_regs *ctx) { return ctx->ax; }\n"
		"int args(struct pt_regs *ctx, u64 a, u64 unused, u64 c)\n"
		"{ map_update(&map, &a, &c, 0); return 0; }\n",
		true);

	lowered_assert_section(&lowered, "args", "probefs/args");
	lowered_assert_section(&lowered, "args__syscall",
			       "probefs/args__syscall");
	lowered_assert_section(&lowered, "args__tracing",
			       "probefs/args__tracing");
	/* Two of the inner registers are read, not the unused one. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "args", 113), ==, 0);
	g_assert_cmpuint(lowered_n_calls(&lowered, "args__syscall", 113), ==,
			 2);
	g_assert_cmpuint(lowered_n_calls(&lowered, "args__tracing", 113), ==,
			 0);
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf,
						       "plain__syscall"));
	lowered_clear(&lowered);
}

static void test_entries_libbpf_subprograms(void)
{
	struct lowered lowered = lowered_good(
		"static __attribute__((noinline)) int sub(int x)\n"
		"{ return x + pid_tgid(); }\n"
		"__attribute__((noinline)) int global(int x)\n"
		"{ return sub(x) + sub(x + 1); }\n"
		"SEC(\"kprobe/x\") int entry(void *ctx)\n"
		"{ return global(1); }\n"
		"SEC(\"xdp\") int packet(void *ctx) { return 2; }\n",
		false);
	g_autoptr(GBytes) text = lowered_section(&lowered, ".text");

	g_assert_cmpuint(g_bytes_get_size(text), >, 0);
	lowered_assert_section(&lowered, "entry", "kprobe/x");
	/* Nothing is added to a program that decides: r0 = 2; exit. */
	g_assert_cmpuint(bpf_program__insn_cnt(
				 lowered_program(&lowered, "packet")),
			 ==, 2);
	lowered_clear(&lowered);
}

/* A function of BCC's dialect without a context is one that others call. */
static void test_entries_without_context(void)
{
	struct lowered lowered =
		lowered_good("int twice(int x) { return 2 * x; }\n"
			     "int f(void *ctx) { printk(\"f\"); return 0; }\n",
			     true);

	lowered_assert_section(&lowered, "f", "probefs/f");
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "twice"));
	lowered_clear(&lowered);
}

static void test_entries_refuse_number(void)
{
	lowered_assert_fails("int kprobe__vfs_read(int fd) { return 0; }\n",
			     true, 1,
			     "the first parameter of a program is its context");
}

static void test_entries_refuse_number_in_section(void)
{
	lowered_assert_fails("SEC(\"kprobe/x\") int f(u64 fd) { return 0; }\n",
			     false, 1,
			     "the first parameter of a program is its context");
}

static void test_entries_refuse_recursion(void)
{
	lowered_assert_fails(
		"static int a(int x);\n"
		"static int b(int x) { return a(x - 1); }\n"
		"static int a(int x) { return x ? b(x) : 0; }\n"
		"int f(struct pt_regs *ctx) { return a(ctx->ax); }\n",
		true, 3, "a calls itself");
}

static void test_entries_refuse_undefined(void)
{
	lowered_assert_fails("int missing(int x);\n"
			     "int f(struct pt_regs *ctx)\n"
			     "{\n"
			     "	return missing(ctx->ax);\n"
			     "}\n",
			     true, 4, "missing is called but not defined");
}

static void test_entries_refuse_large_stack(void)
{
	lowered_assert_fails("int f(struct pt_regs *ctx)\n"
			     "{\n"
			     "	volatile char b[600];\n"
			     "	b[ctx->di] = 1;\n"
			     "	return b[ctx->si];\n"
			     "}\n",
			     true, 1, "f needs more than the 512 bytes");
}

/* --- Reads ------------------------------------------------------------- */

static void test_reads_chain(void)
{
	struct lowered lowered = lowered_good(
		"int f(struct pt_regs *ctx, struct entry *e)\n"
		"{ return e->parent->name.len; }\n"
		"int direct(struct pt_regs *ctx) { return ctx->ax; }\n",
		true);

	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 4), ==, 2);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "entry", "0:0",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "entry", "0:1:0",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	/* Directly, where the verifier follows pointers. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "f__tracing", 4), ==, 0);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f__tracing", "entry",
					       "0:1:0",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "direct", 4), ==, 0);
	lowered_clear(&lowered);
}

static void test_reads_through_phi_and_loops(void)
{
	struct lowered lowered = lowered_good(
		"int f(struct pt_regs *ctx, struct sock *a, struct sock *b)\n"
		"{\n"
		"	struct sock *s = ctx->ax ? a : b;\n"
		"	return s ? s->__sk_common.skc_family : 0;\n"
		"}\n"
		"int up(void *ctx)\n"
		"{\n"
		"	struct entry *e = (void *)current_task();\n"
		"	for (int i = 0; i < 4 && e; i++)\n"
		"		e = e->parent;\n"
		"	return e ? e->table[3] : 0;\n"
		"}\n",
		true);

	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 4), ==, 1);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "sock", "0:0:4",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "up", 4), >=, 2);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "up", "entry", "0:2:3",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 >=, 1);
	lowered_clear(&lowered);
}

static void test_reads_pointer_kept_in_map(void)
{
	struct lowered lowered =
		lowered_good("struct value { u64 n; struct sock *sk; };\n"
			     "HASH(map, u64, struct value);\n"
			     "int f(void *ctx)\n"
			     "{\n"
			     "	u64 key = pid_tgid();\n"
			     "	struct value *v = map_lookup(&map, &key);\n"
			     "	if (!v)\n"
			     "		return 0;\n"
			     "	v->n++;\n"
			     "	return v->sk->__sk_common.skc_dport;\n"
			     "}\n",
			     true);

	/* The map's value is ours; only the sock is read. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 4), ==, 1);
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "sock", "0:0:2",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	lowered_clear(&lowered);
}

static void test_reads_struct_copy(void)
{
	struct lowered lowered =
		lowered_good("HASH(map, u64, struct sock_common);\n"
			     "int f(struct pt_regs *ctx, struct sock *sk)\n"
			     "{\n"
			     "	struct sock_common copy = sk->__sk_common;\n"
			     "	u64 key = 1;\n"
			     "	return map_update(&map, &key, &copy, 0);\n"
			     "}\n",
			     true);

	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 4), ==, 1);
	lowered_clear(&lowered);
}

static void test_reads_bit_field(void)
{
	struct lowered lowered =
		lowered_good("int f(struct pt_regs *ctx, struct sock *sk)\n"
			     "{ return sk->sk_protocol; }\n",
			     true);
	static const enum bpf_core_relo_kind kinds[] = {
		BPF_CORE_FIELD_BYTE_OFFSET,
		BPF_CORE_FIELD_BYTE_SIZE,
		BPF_CORE_FIELD_LSHIFT_U64,
		BPF_CORE_FIELD_RSHIFT_U64,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "sock",
						       "0:3", kinds[i]),
				 ==, 1);
	lowered_clear(&lowered);
}

static void test_reads_half_of_argument(void)
{
	struct lowered lowered =
		lowered_good("struct value { u64 counts[69]; };\n"
			     "HASH(map, u32, struct value);\n"
			     "SEC(\"raw_tracepoint/kvm_exit\")\n"
			     "int f(u64 *ctx)\n"
			     "{\n"
			     "	u32 reason = ctx[0], key = 0;\n"
			     "	struct value *v;\n"
			     "	if (reason >= 69)\n"
			     "		return 0;\n"
			     "	v = map_lookup(&map, &key);\n"
			     "	if (v)\n"
			     "		v->counts[reason]++;\n"
			     "	return 0;\n"
			     "}\n",
			     true);
	struct bpf_program *prog = lowered_program(&lowered, "f");
	const struct bpf_insn *insns = bpf_program__insns(prog);

	/* The verifier would take the mask's bits for the index's limit. */
	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		g_assert_cmphex(insns[i].code, !=, BPF_ALU64 | BPF_AND | BPF_K);
	lowered_clear(&lowered);
}

static void test_reads_libbpf_dialect(void)
{
	static const char body[] =
		"SEC(\"kprobe/x\") int probe(struct pt_regs *ctx)\n"
		"{ return ((struct sock *)ctx->di)->__sk_common.skc_num; }\n"
		"SEC(\"fentry/x\") int tracing(u64 *ctx)\n"
		"{ return ((struct sock *)ctx[0])->__sk_common.skc_num; }\n"
		"SEC(\"lsm/x\") int lsm(u64 *ctx)\n"
		"{ return ((struct sock *)ctx[0])->__sk_common.skc_num; }\n";
	struct lowered lowered = lowered_good(body, false);

	g_assert_cmpuint(lowered_n_calls(&lowered, "probe", 4), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "tracing", 4), ==, 0);
	g_assert_cmpuint(lowered_n_calls(&lowered, "lsm", 4), ==, 0);
	lowered_clear(&lowered);
}

/* --- The rest of the object -------------------------------------------- */

static void test_object_without_events(void)
{
	struct lowered lowered =
		lowered_good("int f(void *ctx) { return 0; }\n", true);
	g_autoptr(GBytes)
		table = lowered_section(&lowered, PROBEFS_FORMATS_SECTION);
	g_autoptr(GBytes) licence = lowered_section(&lowered, "license");
	g_autoptr(GBytes)
		control = lowered_section(&lowered, PROBEFS_CONTROL_SECTION);

	g_assert_null(table);
	g_assert_false(lowered_has_map(&lowered, PROBEFS_RING_MAP));
	g_assert_cmpstr(g_bytes_get_data(licence, NULL), ==, "GPL");
	g_assert_cmpuint(g_bytes_get_size(control), ==,
			 sizeof(struct probefs_control));
	lowered_clear(&lowered);
}

static void test_object_keeps_licence(void)
{
	struct lowered lowered = lowered_good(
		"char mine[] SEC(\"license\") = \"Dual BSD/GPL\";\n"
		"int f(void *ctx) { return 0; }\n",
		true);
	g_autoptr(GBytes) licence = lowered_section(&lowered, "license");

	g_assert_cmpstr(g_bytes_get_data(licence, NULL), ==, "Dual BSD/GPL");
	lowered_clear(&lowered);
}

/* Debug information becomes BTF with lines, and no DWARF beside it. */
static void test_object_has_no_dwarf(void)
{
	struct lowered lowered =
		lowered_good("int f(void *ctx) { return ctx != 0; }\n", true);
	g_autoptr(GBytes) info = lowered_section(&lowered, ".debug_info");
	g_autoptr(GBytes) lines = lowered_section(&lowered, ".debug_line");
	g_autoptr(GBytes) btf = lowered_section(&lowered, ".BTF");
	g_autoptr(GBytes) btf_lines = lowered_section(&lowered, ".BTF.ext");

	g_assert_null(info);
	g_assert_null(lines);
	g_assert_nonnull(btf);
	g_assert_nonnull(btf_lines);
	lowered_clear(&lowered);
}

static void test_object_emit_records_type(void)
{
	struct lowered lowered =
		lowered_good("struct event { u32 pid; char comm[16]; };\n"
			     "int f(void *ctx)\n"
			     "{\n"
			     "	struct event e = { .pid = pid_tgid() };\n"
			     "	current_comm(e.comm, sizeof(e.comm));\n"
			     "	__probefs_emit(ctx, &e, sizeof(e),\n"
			     "		       __builtin_btf_type_id(e, 0));\n"
			     "	return 0;\n"
			     "}\n",
			     true);

	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "event", "0",
					       BPF_CORE_TYPE_ID_LOCAL),
			 ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 131), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 113), ==, 0);
	lowered_clear(&lowered);
}

static void test_object_refuses_garbage(void)
{
	struct lower_options options = {.source_name = LOWERED_SOURCE};
	g_autoptr(GPtrArray) messages = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_null(lower_bitcode("BC\xc0\xde garbage", 12, &options,
				    messages, &error));
	g_assert_error(error, PROBEFS_ERROR, EBADMSG);
}

/* The verifier's word on it, where this user may load programs. */
static void test_object_loads(void)
{
	struct lowered lowered;

	lowered_need_loading();
	lowered = lowered_good(
		"struct event { u32 pid; char comm[16]; };\n"
		"struct args { u64 common; long nr; u64 args[6]; };\n"
		"int tracepoint__syscalls__sys_enter_openat(struct args *ctx)\n"
		"{\n"
		"	char comm[16];\n"
		"	struct event e = { .pid = pid_tgid() };\n"
		"	current_comm(comm, sizeof(comm));\n"
		"	current_comm(e.comm, sizeof(e.comm));\n"
		"	printk(\"%s %d %s\", comm, (int)ctx->nr, \"x\");\n"
		"	__probefs_emit(ctx, &e, sizeof(e),\n"
		"		       __builtin_btf_type_id(e, 0));\n"
		"	return 0;\n"
		"}\n",
		true);
	g_assert_cmpint(bpf_object__load(lowered.bpf), ==, 0);
	lowered_clear(&lowered);
}

static const struct lowered_test tests[] = {
	{"/lower/rehearsal", lower_rehearse}, /* its warning would be fatal */
	{"/lower/entries/bcc-sections", test_entries_bcc_sections},
	{"/lower/entries/arguments", test_entries_with_arguments},
	{"/lower/entries/libbpf-subprograms", test_entries_libbpf_subprograms},
	{"/lower/entries/without-context", test_entries_without_context},
	{"/lower/entries/number", test_entries_refuse_number},
	{"/lower/entries/number-in-section",
	 test_entries_refuse_number_in_section},
	{"/lower/entries/recursion", test_entries_refuse_recursion},
	{"/lower/entries/undefined", test_entries_refuse_undefined},
	{"/lower/entries/large-stack", test_entries_refuse_large_stack},
	{"/lower/reads/chain", test_reads_chain},
	{"/lower/reads/phi", test_reads_through_phi_and_loops},
	{"/lower/reads/map", test_reads_pointer_kept_in_map},
	{"/lower/reads/struct-copy", test_reads_struct_copy},
	{"/lower/reads/half-of-argument", test_reads_half_of_argument},
	{"/lower/reads/bit-field", test_reads_bit_field},
	{"/lower/reads/libbpf", test_reads_libbpf_dialect},
	{"/lower/object/without-events", test_object_without_events},
	{"/lower/object/licence", test_object_keeps_licence},
	{"/lower/object/no-dwarf", test_object_has_no_dwarf},
	{"/lower/object/emit", test_object_emit_records_type},
	{"/lower/object/garbage", test_object_refuses_garbage},
	{"/lower/object/loads", test_object_loads},
};

int main(int argc, char **argv)
{
	return lowered_run(argc, argv, tests, G_N_ELEMENTS(tests));
}
