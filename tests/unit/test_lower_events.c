/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_lower_events.c - source in; formats, records and helper calls of the
 * object out: what a program sends, and how.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <string.h>

#include "bpf/include/probefs/record.h"
#include "lowered.h"

/* --- printk ------------------------------------------------------------ */

static const struct probefs_format *format_at(GBytes *table, unsigned int i)
{
	const char *p = g_bytes_get_data(table, NULL);
	const char *end = p + g_bytes_get_size(table);

	while (i--)
		p += ((const struct probefs_format *)p)->entry_bytes;
	g_assert_true(p < end);
	return (const void *)p;
}

static void assert_format(GBytes *table, unsigned int i, unsigned int line,
			  const char *text, const __u16 *bytes, unsigned int n)
{
	const struct probefs_format *format = format_at(table, i);
	const __u16 *arg_bytes = (const void *)&format[1];

	g_assert_cmpuint(format->n_args, ==, n);
	g_assert_cmpuint(format->line, ==, line);
	g_assert_cmpuint(format->text_bytes, ==, strlen(text) + 1);
	g_assert_cmpuint(format->entry_bytes % 4, ==, 0);
	for (unsigned int j = 0; j < n; j++)
		g_assert_cmpuint(arg_bytes[j], ==, bytes[j]);
	g_assert_cmpstr((const char *)&arg_bytes[n], ==, text);
}

static void test_printk_formats(void)
{
	struct lowered lowered = lowered_good(
		"int hello(void *ctx) { printk(\"Hello\\n\"); return 0; }\n"
		"int f(struct pt_regs *ctx, struct sock *sk, char *user)\n"
		"{\n"
		"	char comm[16];\n"
		"	current_comm(comm, sizeof(comm));\n"
		"	printk(\"%s %s %-*d %pI4 %llx\", comm, user, 4, 7,\n"
		"	       &sk->__sk_common.skc_daddr, ctx->ip);\n"
		"	return 0;\n"
		"}\n",
		true);
	static const __u16 bytes[] = {16, PROBEFS_STRING_BYTES, 8, 8, 4, 8};
	g_autoptr(GBytes)
		table = lowered_section(&lowered, PROBEFS_FORMATS_SECTION);

	g_assert_nonnull(table);
	assert_format(table, 0, 1, "Hello\n", NULL, 0);
	assert_format(table, 1, 6, "%s %s %-*d %pI4 %llx", bytes,
		      G_N_ELEMENTS(bytes));
	g_assert_cmpuint(lowered_n_calls(&lowered, "hello", 131), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "hello", 132), ==, 1);
	/* comm is copied; the user's string and the address are read. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 45), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 4), ==, 1);
	g_assert_true(lowered_has_map(&lowered, PROBEFS_RING_MAP));
	lowered_clear(&lowered);
}

static void test_printk_kernel_form(void)
{
	struct lowered lowered = lowered_good(
		"static long (*trace_printk)(const char *, u32, ...) =\n"
		"	(void *)6;\n"
		"SEC(\"kprobe/x\") int f(struct pt_regs *ctx)\n"
		"{\n"
		"	char fmt[] = \"a longer format in an array: %d\\n\";\n"
		"	trace_printk(fmt, sizeof(fmt), (int)ctx->ax);\n"
		"	return 0;\n"
		"}\n",
		false);
	static const __u16 bytes[] = {8};
	g_autoptr(GBytes)
		table = lowered_section(&lowered, PROBEFS_FORMATS_SECTION);

	assert_format(table, 0, 6, "a longer format in an array: %d\n", bytes,
		      1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 6), ==, 0);
	lowered_clear(&lowered);
}

static void test_printk_refuses_bad_arguments(void)
{
	static const struct {
		const char *call, *text;
	} cases[] = {
		{"printk(\"%d %s\", 3);", "asks for 2 arguments"},
		{"printk(\"%d\", 3, 4);", "asks for 1 argument,"},
		{"printk(\"%s\", 3);", "for %s, must be a pointer"},
		{"printk(\"%pI4\", 3);", "for %pI4, must be a pointer"},
		{"printk(\"%d\", ctx);", "for %d, must be a number"},
		{"printk(\"%q\", 3);", "\"%q\" is no conversion"},
		{"printk(\"%n\", ctx);", "\"%n\" is no conversion"},
		{"printk(\"50%\");", "is no conversion"},
		{"printk((char *)ctx);", "must be a string literal"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *source = g_strdup_printf(
			"int f(void *ctx)\n{\n\t%s\n\treturn 0;\n}\n",
			cases[i].call);

		lowered_assert_fails(source, true, 3, cases[i].text);
	}
}

/* --- Events of the program's own --------------------------------------- */

#define EVENT_TYPES                                                            \
	"struct event { u32 pid; char comm[16]; };\n"                          \
	"struct { int (*type)[27]; int (*max_entries)[4096]; } rb\n"           \
	"	SEC(\".maps\");\n"                                                   \
	"struct { int (*type)[4]; int (*key_size)[4]; int (*value_size)[4];\n" \
	"} pb SEC(\".maps\");\n"                                               \
	"static long (*perf_output)(void *, void *, u64, void *, u64) =\n"     \
	"	(void *)25;\n"                                                       \
	"static long (*rb_output)(void *, void *, u64, u64) = (void *)130;\n"  \
	"static void *(*rb_reserve)(void *, u64, u64) = (void *)131;\n"        \
	"static void (*rb_submit)(void *, u64) = (void *)132;\n"               \
	"static void (*rb_discard)(void *, u64) = (void *)133;\n"

static void test_events_output(void)
{
	struct lowered lowered = lowered_good(
		EVENT_TYPES
		"SEC(\"kprobe/x\") int perf(void *ctx)\n"
		"{\n"
		"	struct event e = { .pid = pid_tgid() };\n"
		"	return perf_output(ctx, &pb, 0, &e, sizeof(e));\n"
		"}\n"
		"static inline __attribute__((always_inline))\n"
		"void send(struct event *e)\n"
		"{ rb_output(&rb, e, sizeof(*e), 0); }\n"
		"SEC(\"kprobe/y\") int ring(void *ctx)\n"
		"{\n"
		"	struct event e = { .pid = pid_tgid() };\n"
		"	send(&e);\n"
		"	return 0;\n"
		"}\n",
		false);
	static const char *const names[] = {"perf", "ring"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_cmpuint(lowered_n_relocations(&lowered, names[i],
						       "event", "0",
						       BPF_CORE_TYPE_ID_LOCAL),
				 ==, 1);
		g_assert_cmpuint(lowered_n_calls(&lowered, names[i], 25), ==,
				 0);
		g_assert_cmpuint(lowered_n_calls(&lowered, names[i], 130), ==,
				 0);
		g_assert_cmpuint(lowered_n_calls(&lowered, names[i], 132), ==,
				 1);
	}
	/* Nothing is left in them. */
	g_assert_false(lowered_has_map(&lowered, "rb"));
	g_assert_false(lowered_has_map(&lowered, "pb"));
	lowered_clear(&lowered);
}

static void test_events_reserve(void)
{
	struct lowered lowered = lowered_good(
		EVENT_TYPES
		"SEC(\"kprobe/x\") int f(struct pt_regs *ctx)\n"
		"{\n"
		"	struct event *e = rb_reserve(&rb, sizeof(*e), 0);\n"
		"	if (!e)\n"
		"		return 0;\n"
		"	e->pid = ctx->ax;\n"
		"	if (e->pid == 3)\n"
		"		rb_discard(e, 0);\n"
		"	else\n"
		"		rb_submit(e, 0);\n"
		"	return 0;\n"
		"}\n",
		false);

	g_assert_cmpuint(lowered_n_relocations(&lowered, "f", "event", "0",
					       BPF_CORE_TYPE_ID_LOCAL),
			 ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 131), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 132), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 133), ==, 1);
	/* The header is filled: the time, the process, its name. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 5), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 14), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 16), ==, 1);
	g_assert_false(lowered_has_map(&lowered, "rb"));
	lowered_clear(&lowered);
}

static void test_events_of_packet_programs(void)
{
	struct lowered lowered = lowered_good(
		EVENT_TYPES "SEC(\"xdp\") int f(void *ctx)\n"
			    "{\n"
			    "	struct event e = { .pid = 1 };\n"
			    "	perf_output(ctx, &pb, 0, &e, sizeof(e));\n"
			    "	return 2;\n"
			    "}\n",
		false);

	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 25), ==, 1);
	g_assert_true(lowered_has_map(&lowered, "pb"));
	lowered_clear(&lowered);
}

/* Where a program sends a lot, the reservation is code that they share. */
static void test_events_many(void)
{
	struct lowered lowered = lowered_good(
		"int many(void *ctx)\n"
		"{ printk(\"a\"); printk(\"b\"); printk(\"c\"); return 0; }\n"
		"int few(void *ctx)\n"
		"{ printk(\"a\"); return 0; }\n",
		true);
	g_autoptr(GBytes) text = lowered_section(&lowered, ".text");

	g_assert_cmpuint(g_bytes_get_size(text), >, 0);
	/* The process's name is asked for there, the room is made here. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "many", 16), ==, 0);
	g_assert_cmpuint(lowered_n_calls(&lowered, "many", 131), ==, 3);
	g_assert_cmpuint(lowered_n_calls(&lowered, "many", 132), ==, 3);
	g_assert_cmpuint(lowered_n_calls(&lowered, "few", 132), ==, 1);
	lowered_clear(&lowered);
}

/* How much of its stack code uses, as the verifier counts it. */
static unsigned int stack_bytes(const struct bpf_insn *insns, size_t n)
{
	bool is_frame[MAX_BPF_REG] = {};
	int lowest = 0;

	for (size_t i = 0; i < n; i++) {
		const struct bpf_insn *insn = &insns[i];
		unsigned int class = BPF_CLASS(insn->code);
		bool is_store = class == BPF_ST || class == BPF_STX;

		if (is_frame[insn->dst_reg] &&
		    insn->code == (BPF_ALU64 | BPF_ADD | BPF_K))
			lowest = MIN(lowest, insn->imm);
		if ((is_store && insn->dst_reg == BPF_REG_10) ||
		    (class == BPF_LDX && insn->src_reg == BPF_REG_10))
			lowest = MIN(lowest, insn->off);
		is_frame[insn->dst_reg] = insn->code == (BPF_ALU64 | BPF_MOV |
							 BPF_X) &&
					  insn->src_reg == BPF_REG_10;
	}
	return (MAX(-lowest, 1) + 31) & ~31;
}

/*
 * mountsnoop of BCC: what is shared must not need the stack that a large event
 * and a system call's arguments leave.
 */
static void test_events_large(void)
{
	struct lowered lowered = lowered_good(
		EVENT_TYPES
		"struct large { u32 type; int pid, tgid; union {\n"
		"	struct { u32 length; char comm[16]; u64 flags; };\n"
		"	char text[412]; }; };\n"
		"static long (*read_user)(void *, u32, const void *) =\n"
		"	(void *)112;\n"
		"#define SEND(n, from) \\\n"
		"	e.type = n; \\\n"
		"	__builtin_memset(e.text, 0, sizeof(e.text)); \\\n"
		"	read_user(e.text, sizeof(e.text), from); \\\n"
		"	perf_output(ctx, &pb, 0, &e, sizeof(e))\n"
		"int syscall__mount(struct pt_regs *ctx, char *source,\n"
		"		    char *target, char *type, u64 flags, char "
		"*data)\n"
		"{\n"
		"	struct large e = { .pid = pid_tgid() };\n"
		"	struct entry *task = (void *)current_task();\n"
		"	current_comm(e.comm, 16);\n"
		"	e.flags = flags;\n"
		"	e.length = task->parent->name.len;\n"
		"	perf_output(ctx, &pb, 0, &e, sizeof(e));\n"
		"	SEND(1, source); SEND(2, target);\n"
		"	SEND(3, type); SEND(4, data);\n"
		"	return 0;\n"
		"}\n",
		true);
	struct bpf_program *prog = lowered_program(&lowered, "syscall__mount");
	g_autoptr(GBytes) text = lowered_section(&lowered, ".text");
	gsize n_bytes;
	gconstpointer parts = g_bytes_get_data(text, &n_bytes);
	unsigned int own = stack_bytes(bpf_program__insns(prog),
				       bpf_program__insn_cnt(prog));

	g_assert_cmpuint(own + stack_bytes(parts,
					   n_bytes / sizeof(struct bpf_insn)),
			 <=, 512);
	lowered_clear(&lowered);
}

/* --- Helpers ----------------------------------------------------------- */

/* Who runs is asked for once, and had by loads from there. */
static void test_helpers_become_loads(void)
{
	struct lowered lowered = lowered_good(
		"struct event { u32 pid; char comm[16]; };\n"
		"int f(void *ctx)\n"
		"{\n"
		"	struct event e = { .pid = pid_tgid() >> 32 };\n"
		"	current_comm(e.comm, sizeof(e.comm));\n"
		"	printk(\"%d %s %d\", e.pid, e.comm, (int)pid_tgid());\n"
		"	return 0;\n"
		"}\n",
		true);

	g_assert_cmpuint(lowered_n_calls(&lowered, "f", 158), ==, 1);
	/* The two words of comm, for the user and for the header. */
	g_assert_cmpuint(lowered_n_relocations(&lowered, "f",
					       "task_struct___probefs", "0:2",
					       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 4);
	lowered_clear(&lowered);
}

/* Eight bytes of a name are more than two loads. */
static void test_helpers_cut_name(void)
{
	struct lowered lowered =
		lowered_good("int part(void *ctx)\n"
			     "{\n"
			     "	char comm[8];\n"
			     "	current_comm(comm, sizeof(comm));\n"
			     "	printk(\"%s\", comm);\n"
			     "	return 0;\n"
			     "}\n",
			     true);

	/* One for the user, one for the header where no task is known. */
	g_assert_cmpuint(lowered_n_calls(&lowered, "part", 16), ==, 2);
	lowered_clear(&lowered);
}

/* What sends a lot is better off with small code. */
static void test_helpers_many(void)
{
	struct lowered lowered =
		lowered_good("int many(void *ctx)\n"
			     "{\n"
			     "	printk(\"%d\", (int)pid_tgid());\n"
			     "	printk(\"%d\", (int)pid_tgid());\n"
			     "	printk(\"%d\", (int)pid_tgid());\n"
			     "	return 0;\n"
			     "}\n",
			     true);
	g_assert_cmpuint(lowered_n_calls(&lowered, "many", 14), ==, 1);
	g_assert_cmpuint(lowered_n_calls(&lowered, "many", 158), ==, 0);
	lowered_clear(&lowered);
}

static const struct lowered_test tests[] = {
	{"/lower/printk/formats", test_printk_formats},
	{"/lower/printk/kernel-form", test_printk_kernel_form},
	{"/lower/printk/bad-arguments", test_printk_refuses_bad_arguments},
	{"/lower/events/output", test_events_output},
	{"/lower/events/reserve", test_events_reserve},
	{"/lower/events/packets", test_events_of_packet_programs},
	{"/lower/events/many", test_events_many},
	{"/lower/events/large", test_events_large},
	{"/lower/helpers/loads", test_helpers_become_loads},
	{"/lower/helpers/cut-name", test_helpers_cut_name},
	{"/lower/helpers/many", test_helpers_many},
};

int main(int argc, char **argv)
{
	return lowered_run(argc, argv, tests, G_N_ELEMENTS(tests));
}
