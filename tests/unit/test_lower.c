/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_lower.c - source in; sections, helper calls, relocations and formats
 * of the object out. Each source is compiled by clang to bitcode with
 * lower/types.h, as the compiler's front does it with the kernel's types.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gelf.h>
#include <gio/gio.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/compiler/lower.h"
#include "bpf/error.h"
#include "bpf/include/probefs/record.h"

#define SOURCE "test.c"

struct lowered {
	GBytes *object;         /* owned; NULL: it failed */
	GPtrArray *messages;    /* owned */
	GError *error;          /* owned */
	struct bpf_object *bpf; /* owned */
};

static GBytes *compile(const char *source)
{
	g_autofree char *directory = g_dir_make_tmp("lower-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, SOURCE, NULL);
	g_autofree char *bitcode = g_build_filename(directory, "a.bc", NULL);
	const char *argv[] = {PROBEFS_CLANG,
			      "-target",
			      "bpf",
			      "-mcpu=v3",
			      "-g",
			      "-O2",
			      "-Xclang",
			      "-disable-llvm-passes",
			      "-w",
			      "-emit-llvm",
			      "-c",
			      "-I",
			      PROBEFS_INCLUDE_DIR,
			      "-include",
			      PROBEFS_TEST_TYPES,
			      path,
			      "-o",
			      bitcode,
			      NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) child = NULL;
	gsize n_bytes;
	char *bytes;

	g_file_set_contents(path, source, -1, &error);
	g_assert_no_error(error);
	child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);
	g_assert_no_error(error);
	g_subprocess_wait_check(child, NULL, &error);
	g_assert_no_error(error);
	g_file_get_contents(bitcode, &bytes, &n_bytes, &error);
	g_assert_no_error(error);
	unlink(path);
	unlink(bitcode);
	rmdir(directory);
	return g_bytes_new_take(bytes, n_bytes);
}

static struct lowered lower(const char *source, bool bcc_dialect)
{
	struct lower_options options = {
		.source_name = SOURCE,
		.bcc_dialect = bcc_dialect,
	};
	g_autoptr(GBytes) bitcode = compile(source);
	struct lowered lowered = {
		.messages = g_ptr_array_new_with_free_func(
			(GDestroyNotify)lower_message_free),
	};
	gconstpointer bytes;
	gsize n_bytes;

	bytes = g_bytes_get_data(bitcode, &n_bytes);
	lowered.object = lower_bitcode(bytes, n_bytes, &options,
				       lowered.messages, &lowered.error);
	return lowered;
}

static struct lowered lower_good(const char *source, bool bcc_dialect)
{
	struct lowered lowered = lower(source, bcc_dialect);
	gconstpointer bytes;
	gsize n_bytes;

	g_assert_no_error(lowered.error);
	g_assert_nonnull(lowered.object);
	bytes = g_bytes_get_data(lowered.object, &n_bytes);
	lowered.bpf = bpf_object__open_mem(bytes, n_bytes, NULL);
	g_assert_nonnull(lowered.bpf);
	return lowered;
}

static void clear(struct lowered *lowered)
{
	bpf_object__close(lowered->bpf);
	g_clear_pointer(&lowered->object, g_bytes_unref);
	g_ptr_array_unref(lowered->messages);
	g_clear_error(&lowered->error);
}

static struct bpf_program *program(struct lowered *lowered, const char *name)
{
	struct bpf_program *found =
		bpf_object__find_program_by_name(lowered->bpf, name);

	g_assert_nonnull(found);
	return found;
}

static void assert_section(struct lowered *lowered, const char *name,
			   const char *section)
{
	g_assert_cmpstr(bpf_program__section_name(program(lowered, name)), ==,
			section);
}

static unsigned int n_calls(struct lowered *lowered, const char *name,
			    int helper)
{
	struct bpf_program *prog = program(lowered, name);
	const struct bpf_insn *insns = bpf_program__insns(prog);
	unsigned int n = 0;

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == 0 && insns[i].imm == helper)
			n++;
	return n;
}

static bool has_map(struct lowered *lowered, const char *name)
{
	return bpf_object__find_map_by_name(lowered->bpf, name) != NULL;
}

/* The content of an ELF section; NULL: there is none. */
static GBytes *section(struct lowered *lowered, const char *name)
{
	gsize n_bytes;
	gconstpointer bytes = g_bytes_get_data(lowered->object, &n_bytes);
	g_autofree char *copy = g_memdup2(bytes, n_bytes);
	GBytes *content = NULL;
	Elf_Scn *scn = NULL;
	size_t names;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory(copy, n_bytes);
	g_assert_nonnull(elf);
	elf_getshdrstrndx(elf, &names);
	while (!content && (scn = elf_nextscn(elf, scn))) {
		GElf_Shdr header;
		Elf_Data *data = elf_getdata(scn, NULL);

		gelf_getshdr(scn, &header);
		if (!strcmp(elf_strptr(elf, names, header.sh_name), name))
			content = g_bytes_new(data->d_buf, data->d_size);
	}
	elf_end(elf);
	return content;
}

/* The head of .BTF.ext, whose layout no installed header has. */
struct btf_ext_head {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, func_info_off, func_info_len, line_info_off,
		line_info_len, core_relo_off, core_relo_len;
};

/* How many CO-RE relocations of @kind for the accesses @spec @name has. */
static unsigned int n_relocations(struct lowered *lowered, const char *name,
				  const char *type_name, const char *spec,
				  enum bpf_core_relo_kind kind)
{
	const char *wanted = bpf_program__section_name(program(lowered, name));
	const struct btf *btf = bpf_object__btf(lowered->bpf);
	g_autoptr(GBytes) ext = section(lowered, ".BTF.ext");
	const struct btf_ext_head *head = g_bytes_get_data(ext, NULL);
	const char *p = (const char *)head + head->hdr_len +
			head->core_relo_off;
	const char *end = p + head->core_relo_len;
	unsigned int n = 0;

	p += sizeof(__u32); /* the size of a relocation */
	while (p < end) {
		const __u32 *info = (const void *)p;
		const struct bpf_core_relo *relocation = (const void *)&info[2];
		bool is_here = !strcmp(btf__name_by_offset(btf, info[0]),
				       wanted);

		for (__u32 i = 0; i < info[1]; i++, relocation++) {
			const struct btf_type *type =
				btf__type_by_id(btf, relocation->type_id);

			if (is_here && relocation->kind == kind &&
			    !strcmp(btf__name_by_offset(btf, type->name_off),
				    type_name) &&
			    !strcmp(btf__name_by_offset(
					    btf, relocation->access_str_off),
				    spec))
				n++;
		}
		p = (const char *)relocation;
	}
	return n;
}

static void assert_fails(const char *source, bool bcc_dialect,
			 unsigned int line, const char *text)
{
	struct lowered lowered = lower(source, bcc_dialect);
	const struct lower_message *message;

	g_assert_null(lowered.object);
	g_assert_error(lowered.error, PROBEFS_ERROR, EINVAL);
	g_assert_cmpuint(lowered.messages->len, >, 0);
	message = g_ptr_array_index(lowered.messages, 0);
	g_assert_true(message->is_error);
	g_assert_cmpuint(message->line, ==, line);
	g_assert_nonnull(message->file);
	g_assert_true(g_str_has_suffix(message->file, SOURCE));
	if (!strstr(message->text, text))
		g_test_message("got: %s", message->text);
	g_assert_nonnull(strstr(message->text, text));
	clear(&lowered);
}

/* --- Entries ----------------------------------------------------------- */

static void test_entries_bcc_sections(void)
{
	struct lowered lowered = lower_good(
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

	assert_section(&lowered, "hello", "probefs/hello");
	assert_section(&lowered, "without", "probefs/without");
	assert_section(&lowered, "nothing", "probefs/nothing");
	assert_section(&lowered, "kprobe__vfs_read", "kprobe/vfs_read");
	assert_section(&lowered, "kretprobe__vfs_read", "kretprobe/vfs_read");
	assert_section(&lowered, "tracepoint__skb__kfree_skb",
		       "tracepoint/skb/kfree_skb");
	assert_section(&lowered, "raw_tracepoint__sched_switch",
		       "raw_tracepoint/sched_switch");
	assert_section(&lowered, "sectioned", "kprobe/x");
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "outer"));
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "called"));
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "inner"));
	clear(&lowered);
}

static void test_entries_with_arguments(void)
{
	struct lowered lowered = lower_good(
		"HASH(map, u64, u64);\n"
		"int plain(struct pt_regs *ctx) { return ctx->ax; }\n"
		"int args(struct pt_regs *ctx, u64 a, u64 unused, u64 c)\n"
		"{ map_update(&map, &a, &c, 0); return 0; }\n",
		true);

	assert_section(&lowered, "args", "probefs/args");
	assert_section(&lowered, "args__syscall", "probefs/args__syscall");
	assert_section(&lowered, "args__tracing", "probefs/args__tracing");
	/* Two of the inner registers are read, not the unused one. */
	g_assert_cmpuint(n_calls(&lowered, "args", 113), ==, 0);
	g_assert_cmpuint(n_calls(&lowered, "args__syscall", 113), ==, 2);
	g_assert_cmpuint(n_calls(&lowered, "args__tracing", 113), ==, 0);
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf,
						       "plain__syscall"));
	clear(&lowered);
}

static void test_entries_libbpf_subprograms(void)
{
	struct lowered lowered =
		lower_good("static __attribute__((noinline)) int sub(int x)\n"
			   "{ return x + pid_tgid(); }\n"
			   "__attribute__((noinline)) int global(int x)\n"
			   "{ return sub(x) + sub(x + 1); }\n"
			   "SEC(\"kprobe/x\") int entry(void *ctx)\n"
			   "{ return global(1); }\n"
			   "SEC(\"xdp\") int packet(void *ctx) { return 2; }\n",
			   false);
	g_autoptr(GBytes) text = section(&lowered, ".text");

	g_assert_cmpuint(g_bytes_get_size(text), >, 0);
	assert_section(&lowered, "entry", "kprobe/x");
	/* Nothing is added to a program that decides: r0 = 2; exit. */
	g_assert_cmpuint(bpf_program__insn_cnt(program(&lowered, "packet")), ==,
			 2);
	clear(&lowered);
}

/* A function of BCC's dialect without a context is one that others call. */
static void test_entries_without_context(void)
{
	struct lowered lowered =
		lower_good("int twice(int x) { return 2 * x; }\n"
			   "int f(void *ctx) { printk(\"f\"); return 0; }\n",
			   true);

	assert_section(&lowered, "f", "probefs/f");
	g_assert_null(bpf_object__find_program_by_name(lowered.bpf, "twice"));
	clear(&lowered);
}

static void test_entries_refuse_number(void)
{
	assert_fails("int kprobe__vfs_read(int fd) { return 0; }\n", true, 1,
		     "the first parameter of a program is its context");
}

static void test_entries_refuse_number_in_section(void)
{
	assert_fails("SEC(\"kprobe/x\") int f(u64 fd) { return 0; }\n", false,
		     1, "the first parameter of a program is its context");
}

static void test_entries_refuse_recursion(void)
{
	assert_fails("static int a(int x);\n"
		     "static int b(int x) { return a(x - 1); }\n"
		     "static int a(int x) { return x ? b(x) : 0; }\n"
		     "int f(struct pt_regs *ctx) { return a(ctx->ax); }\n",
		     true, 3, "a calls itself");
}

static void test_entries_refuse_undefined(void)
{
	assert_fails("int missing(int x);\n"
		     "int f(struct pt_regs *ctx)\n"
		     "{\n"
		     "	return missing(ctx->ax);\n"
		     "}\n",
		     true, 4, "missing is called but not defined");
}

static void test_entries_refuse_large_stack(void)
{
	assert_fails("int f(struct pt_regs *ctx)\n"
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
	struct lowered lowered = lower_good(
		"int f(struct pt_regs *ctx, struct entry *e)\n"
		"{ return e->parent->name.len; }\n"
		"int direct(struct pt_regs *ctx) { return ctx->ax; }\n",
		true);

	g_assert_cmpuint(n_calls(&lowered, "f", 4), ==, 2);
	g_assert_cmpuint(n_relocations(&lowered, "f", "entry", "0:0",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(n_relocations(&lowered, "f", "entry", "0:1:0",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	/* Directly, where the verifier follows pointers. */
	g_assert_cmpuint(n_calls(&lowered, "f__tracing", 4), ==, 0);
	g_assert_cmpuint(n_relocations(&lowered, "f__tracing", "entry", "0:1:0",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "direct", 4), ==, 0);
	clear(&lowered);
}

static void test_reads_through_phi_and_loops(void)
{
	struct lowered lowered = lower_good(
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

	g_assert_cmpuint(n_calls(&lowered, "f", 4), ==, 1);
	g_assert_cmpuint(n_relocations(&lowered, "f", "sock", "0:0:4",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "up", 4), >=, 2);
	g_assert_cmpuint(n_relocations(&lowered, "up", "entry", "0:2:3",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 >=, 1);
	clear(&lowered);
}

static void test_reads_pointer_kept_in_map(void)
{
	struct lowered lowered =
		lower_good("struct value { u64 n; struct sock *sk; };\n"
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
	g_assert_cmpuint(n_calls(&lowered, "f", 4), ==, 1);
	g_assert_cmpuint(n_relocations(&lowered, "f", "sock", "0:0:2",
				       BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 1);
	clear(&lowered);
}

static void test_reads_struct_copy(void)
{
	struct lowered lowered =
		lower_good("HASH(map, u64, struct sock_common);\n"
			   "int f(struct pt_regs *ctx, struct sock *sk)\n"
			   "{\n"
			   "	struct sock_common copy = sk->__sk_common;\n"
			   "	u64 key = 1;\n"
			   "	return map_update(&map, &key, &copy, 0);\n"
			   "}\n",
			   true);

	g_assert_cmpuint(n_calls(&lowered, "f", 4), ==, 1);
	clear(&lowered);
}

static void test_reads_bit_field(void)
{
	struct lowered lowered =
		lower_good("int f(struct pt_regs *ctx, struct sock *sk)\n"
			   "{ return sk->sk_protocol; }\n",
			   true);
	static const enum bpf_core_relo_kind kinds[] = {
		BPF_CORE_FIELD_BYTE_OFFSET,
		BPF_CORE_FIELD_BYTE_SIZE,
		BPF_CORE_FIELD_LSHIFT_U64,
		BPF_CORE_FIELD_RSHIFT_U64,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_assert_cmpuint(n_relocations(&lowered, "f", "sock", "0:3",
					       kinds[i]),
				 ==, 1);
	clear(&lowered);
}

static void test_reads_half_of_argument(void)
{
	struct lowered lowered =
		lower_good("struct value { u64 counts[69]; };\n"
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
	struct bpf_program *prog = program(&lowered, "f");
	const struct bpf_insn *insns = bpf_program__insns(prog);

	/* The verifier would take the mask's bits for the index's limit. */
	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		g_assert_cmphex(insns[i].code, !=, BPF_ALU64 | BPF_AND | BPF_K);
	clear(&lowered);
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
	struct lowered lowered = lower_good(body, false);

	g_assert_cmpuint(n_calls(&lowered, "probe", 4), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "tracing", 4), ==, 0);
	g_assert_cmpuint(n_calls(&lowered, "lsm", 4), ==, 0);
	clear(&lowered);
}

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
	struct lowered lowered = lower_good(
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
	g_autoptr(GBytes) table = section(&lowered, PROBEFS_FORMATS_SECTION);

	g_assert_nonnull(table);
	assert_format(table, 0, 1, "Hello\n", NULL, 0);
	assert_format(table, 1, 6, "%s %s %-*d %pI4 %llx", bytes,
		      G_N_ELEMENTS(bytes));
	g_assert_cmpuint(n_calls(&lowered, "hello", 131), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "hello", 132), ==, 1);
	/* comm is copied; the user's string and the address are read. */
	g_assert_cmpuint(n_calls(&lowered, "f", 45), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 4), ==, 1);
	g_assert_true(has_map(&lowered, PROBEFS_RING_MAP));
	clear(&lowered);
}

static void test_printk_kernel_form(void)
{
	struct lowered lowered = lower_good(
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
	g_autoptr(GBytes) table = section(&lowered, PROBEFS_FORMATS_SECTION);

	assert_format(table, 0, 6, "a longer format in an array: %d\n", bytes,
		      1);
	g_assert_cmpuint(n_calls(&lowered, "f", 6), ==, 0);
	clear(&lowered);
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

		assert_fails(source, true, 3, cases[i].text);
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
	struct lowered lowered = lower_good(
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
		g_assert_cmpuint(n_relocations(&lowered, names[i], "event", "0",
					       BPF_CORE_TYPE_ID_LOCAL),
				 ==, 1);
		g_assert_cmpuint(n_calls(&lowered, names[i], 25), ==, 0);
		g_assert_cmpuint(n_calls(&lowered, names[i], 130), ==, 0);
		g_assert_cmpuint(n_calls(&lowered, names[i], 132), ==, 1);
	}
	/* Nothing is left in them. */
	g_assert_false(has_map(&lowered, "rb"));
	g_assert_false(has_map(&lowered, "pb"));
	clear(&lowered);
}

static void test_events_reserve(void)
{
	struct lowered lowered = lower_good(
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

	g_assert_cmpuint(n_relocations(&lowered, "f", "event", "0",
				       BPF_CORE_TYPE_ID_LOCAL),
			 ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 131), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 132), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 133), ==, 1);
	/* The header is filled: the time, the process, its name. */
	g_assert_cmpuint(n_calls(&lowered, "f", 5), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 14), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 16), ==, 1);
	g_assert_false(has_map(&lowered, "rb"));
	clear(&lowered);
}

static void test_events_of_packet_programs(void)
{
	struct lowered lowered = lower_good(
		EVENT_TYPES "SEC(\"xdp\") int f(void *ctx)\n"
			    "{\n"
			    "	struct event e = { .pid = 1 };\n"
			    "	perf_output(ctx, &pb, 0, &e, sizeof(e));\n"
			    "	return 2;\n"
			    "}\n",
		false);

	g_assert_cmpuint(n_calls(&lowered, "f", 25), ==, 1);
	g_assert_true(has_map(&lowered, "pb"));
	clear(&lowered);
}

/* Where a program sends a lot, the reservation is code that they share. */
static void test_events_many(void)
{
	struct lowered lowered = lower_good(
		"int many(void *ctx)\n"
		"{ printk(\"a\"); printk(\"b\"); printk(\"c\"); return 0; }\n"
		"int few(void *ctx)\n"
		"{ printk(\"a\"); return 0; }\n",
		true);
	g_autoptr(GBytes) text = section(&lowered, ".text");

	g_assert_cmpuint(g_bytes_get_size(text), >, 0);
	/* The process's name is asked for there, the room is made here. */
	g_assert_cmpuint(n_calls(&lowered, "many", 16), ==, 0);
	g_assert_cmpuint(n_calls(&lowered, "many", 131), ==, 3);
	g_assert_cmpuint(n_calls(&lowered, "many", 132), ==, 3);
	g_assert_cmpuint(n_calls(&lowered, "few", 132), ==, 1);
	clear(&lowered);
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
	struct lowered lowered = lower_good(
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
	struct bpf_program *prog = program(&lowered, "syscall__mount");
	g_autoptr(GBytes) text = section(&lowered, ".text");
	gsize n_bytes;
	gconstpointer parts = g_bytes_get_data(text, &n_bytes);
	unsigned int own = stack_bytes(bpf_program__insns(prog),
				       bpf_program__insn_cnt(prog));

	g_assert_cmpuint(own + stack_bytes(parts,
					   n_bytes / sizeof(struct bpf_insn)),
			 <=, 512);
	clear(&lowered);
}

/* --- Helpers ----------------------------------------------------------- */

/* Who runs is asked for once, and had by loads from there. */
static void test_helpers_become_loads(void)
{
	struct lowered lowered = lower_good(
		"struct event { u32 pid; char comm[16]; };\n"
		"int f(void *ctx)\n"
		"{\n"
		"	struct event e = { .pid = pid_tgid() >> 32 };\n"
		"	current_comm(e.comm, sizeof(e.comm));\n"
		"	printk(\"%d %s %d\", e.pid, e.comm, (int)pid_tgid());\n"
		"	return 0;\n"
		"}\n",
		true);

	g_assert_cmpuint(n_calls(&lowered, "f", 158), ==, 1);
	/* The two words of comm, for the user and for the header. */
	g_assert_cmpuint(n_relocations(&lowered, "f", "task_struct___probefs",
				       "0:2", BPF_CORE_FIELD_BYTE_OFFSET),
			 ==, 4);
	clear(&lowered);
}

/* Eight bytes of a name are more than two loads. */
static void test_helpers_cut_name(void)
{
	struct lowered lowered =
		lower_good("int part(void *ctx)\n"
			   "{\n"
			   "	char comm[8];\n"
			   "	current_comm(comm, sizeof(comm));\n"
			   "	printk(\"%s\", comm);\n"
			   "	return 0;\n"
			   "}\n",
			   true);

	/* One for the user, one for the header where no task is known. */
	g_assert_cmpuint(n_calls(&lowered, "part", 16), ==, 2);
	clear(&lowered);
}

/* What sends a lot is better off with small code. */
static void test_helpers_many(void)
{
	struct lowered lowered =
		lower_good("int many(void *ctx)\n"
			   "{\n"
			   "	printk(\"%d\", (int)pid_tgid());\n"
			   "	printk(\"%d\", (int)pid_tgid());\n"
			   "	printk(\"%d\", (int)pid_tgid());\n"
			   "	return 0;\n"
			   "}\n",
			   true);
	g_assert_cmpuint(n_calls(&lowered, "many", 14), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "many", 158), ==, 0);
	clear(&lowered);
}

/* --- The rest of the object -------------------------------------------- */

static void test_object_without_events(void)
{
	struct lowered lowered = lower_good("int f(void *ctx) { return 0; }\n",
					    true);
	g_autoptr(GBytes) table = section(&lowered, PROBEFS_FORMATS_SECTION);
	g_autoptr(GBytes) licence = section(&lowered, "license");
	g_autoptr(GBytes) control = section(&lowered, PROBEFS_CONTROL_SECTION);

	g_assert_null(table);
	g_assert_false(has_map(&lowered, PROBEFS_RING_MAP));
	g_assert_cmpstr(g_bytes_get_data(licence, NULL), ==, "GPL");
	g_assert_cmpuint(g_bytes_get_size(control), ==,
			 sizeof(struct probefs_control));
	clear(&lowered);
}

static void test_object_keeps_licence(void)
{
	struct lowered lowered =
		lower_good("char mine[] SEC(\"license\") = \"Dual BSD/GPL\";\n"
			   "int f(void *ctx) { return 0; }\n",
			   true);
	g_autoptr(GBytes) licence = section(&lowered, "license");

	g_assert_cmpstr(g_bytes_get_data(licence, NULL), ==, "Dual BSD/GPL");
	clear(&lowered);
}

/* Debug information becomes BTF with lines, and no DWARF beside it. */
static void test_object_has_no_dwarf(void)
{
	struct lowered lowered =
		lower_good("int f(void *ctx) { return ctx != 0; }\n", true);
	g_autoptr(GBytes) info = section(&lowered, ".debug_info");
	g_autoptr(GBytes) lines = section(&lowered, ".debug_line");
	g_autoptr(GBytes) btf = section(&lowered, ".BTF");
	g_autoptr(GBytes) btf_lines = section(&lowered, ".BTF.ext");

	g_assert_null(info);
	g_assert_null(lines);
	g_assert_nonnull(btf);
	g_assert_nonnull(btf_lines);
	clear(&lowered);
}

static void test_object_emit_records_type(void)
{
	struct lowered lowered =
		lower_good("struct event { u32 pid; char comm[16]; };\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	struct event e = { .pid = pid_tgid() };\n"
			   "	current_comm(e.comm, sizeof(e.comm));\n"
			   "	__probefs_emit(ctx, &e, sizeof(e),\n"
			   "		       __builtin_btf_type_id(e, 0));\n"
			   "	return 0;\n"
			   "}\n",
			   true);

	g_assert_cmpuint(n_relocations(&lowered, "f", "event", "0",
				       BPF_CORE_TYPE_ID_LOCAL),
			 ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 131), ==, 1);
	g_assert_cmpuint(n_calls(&lowered, "f", 113), ==, 0);
	clear(&lowered);
}

static void test_object_refuses_garbage(void)
{
	struct lower_options options = {.source_name = SOURCE};
	g_autoptr(GPtrArray) messages = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_null(lower_bitcode("BC\xc0\xde garbage", 12, &options,
				    messages, &error));
	g_assert_error(error, PROBEFS_ERROR, EBADMSG);
}

static bool may_load(void)
{
	return geteuid() == 0 &&
	       libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACEPOINT, NULL) > 0;
}

/* The verifier's word on it, where this user may load programs. */
static void test_object_loads(void)
{
	struct lowered lowered;

	lowered = lower_good(
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
	clear(&lowered);
}

static int print_nothing(enum libbpf_print_level level, const char *format,
			 va_list args)
{
	return 0;
}

static const struct {
	const char *path;
	void (*run)(void);
} tests[] = {
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
	{"/lower/object/without-events", test_object_without_events},
	{"/lower/object/licence", test_object_keeps_licence},
	{"/lower/object/no-dwarf", test_object_has_no_dwarf},
	{"/lower/object/emit", test_object_emit_records_type},
	{"/lower/object/garbage", test_object_refuses_garbage},
	{"/lower/object/loads", test_object_loads},
};

/* In a process of its own, see lower_bitcode. */
static void run_in_child(gconstpointer data)
{
	void (*run)(void) = *(void (*const *)(void))data;
	pid_t child;
	int status;

	if (run == test_object_loads && !may_load()) {
		g_test_skip("needs to be allowed to load BPF programs");
		return;
	}
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		run();
		_exit(0);
	}
	waitpid(child, &status, 0);
	g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	libbpf_set_print(print_nothing);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_data_func(tests[i].path, &tests[i].run,
				     run_in_child);
	return g_test_run();
}
