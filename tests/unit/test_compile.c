/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_compile.c - the compiler program as a whole: a job's directory in,
 * object and diagnostics out (job.h), with the types of the running kernel.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/compiler/job.h"

struct result {
	int status;
	char *diagnostics;      /* owned */
	struct bpf_object *bpf; /* owned; NULL: no object */
	char *directory;        /* owned */
};

static void put(const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *get(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static void remove_directory(const char *directory)
{
	g_autofree char *command = g_strdup_printf("rm -r '%s'", directory);

	g_assert_true(
		g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

static void open_object(struct result *result)
{
	g_autofree char *path = g_build_filename(result->directory, "t.o",
						 NULL);

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	result->bpf = bpf_object__open_file(path, NULL);
	g_assert_nonnull(result->bpf);
}

/* The job in @directory, which has all but the file "job" and the source. */
static struct result run_in(char *directory, const char *source,
			    const char *more)
{
	struct result result = {.directory = directory};
	g_autofree char *job = g_strdup_printf("source t.c\n%s", more);
	const char *argv[] = {PROBEFS_COMPILER, "--include-dir",
			      PROBEFS_INCLUDE_DIR, directory, NULL};
	int status;

	put(directory, "t.c", source);
	put(directory, "job", job);
	g_assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, 0,
				   NULL, NULL, NULL, NULL, &status, NULL));
	g_assert_true(WIFEXITED(status));
	result.status = WEXITSTATUS(status);
	result.diagnostics = get(directory, JOB_DIAGNOSTICS_FILE);
	g_test_message("status %d\n%s", result.status, result.diagnostics);
	open_object(&result);
	return result;
}

static struct result run(const char *source)
{
	return run_in(g_dir_make_tmp("compile-XXXXXX", NULL), source, "");
}

static void result_clear(struct result *result)
{
	bpf_object__close(result->bpf);
	remove_directory(result->directory);
	g_free(result->directory);
	g_free(result->diagnostics);
}

static void expect_section(const struct result *result, const char *function,
			   const char *section)
{
	struct bpf_program *program;

	g_assert_cmpint(result->status, ==, JOB_OK);
	program = bpf_object__find_program_by_name(result->bpf, function);
	g_assert_nonnull(program);
	g_assert_cmpstr(bpf_program__section_name(program), ==, section);
}

static void expect_map(const struct result *result, const char *name,
		       enum bpf_map_type type, unsigned key_bytes,
		       unsigned value_bytes, unsigned n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(result->bpf, name);

	g_assert_nonnull(map);
	g_assert_cmpint(bpf_map__type(map), ==, type);
	g_assert_cmpuint(bpf_map__key_size(map), ==, key_bytes);
	g_assert_cmpuint(bpf_map__value_size(map), ==, value_bytes);
	g_assert_cmpuint(bpf_map__max_entries(map), ==, n);
}

static void test_hello_bcc(void)
{
	struct result result = run(
		"int hello(void *ctx) { bpf_trace_printk(\"Hello\\n\"); "
		"return 0; }");

	expect_section(&result, "hello", "probefs/hello");
	g_assert_cmpstr(result.diagnostics, ==, "");
	result_clear(&result);
}

static void test_hello_libbpf(void)
{
	struct result result = run(
		"#include \"vmlinux.h\"\n"
		"#include <bpf/bpf_helpers.h>\n"
		"#include <bpf/bpf_tracing.h>\n"
		"#include <bpf/bpf_core_read.h>\n"
		"char LICENSE[] SEC(\"license\") = \"GPL\";\n"
		"SEC(\"kprobe/vfs_read\")\n"
		"int BPF_KPROBE(on_read, struct file *file)\n"
		"{\n"
		"	bpf_printk(\"%lu\", BPF_CORE_READ(file, f_inode, "
		"i_ino));\n"
		"	return 0;\n"
		"}\n");

	expect_section(&result, "on_read", "kprobe/vfs_read");
	result_clear(&result);
}

static void test_self_naming_bcc(void)
{
	char *directory = g_dir_make_tmp("compile-XXXXXX", NULL);
	struct result result;

	put(directory, "tracepoints/skb/kfree_skb",
	    "\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n"
	    "\tfield:unsigned short protocol;\toffset:24;\tsize:2;\t"
	    "signed:0;\n");
	result = run_in(directory,
			"TRACEPOINT_PROBE(skb, kfree_skb)\n"
			"{\n"
			"	bpf_trace_printk(\"%d\\n\", args->protocol);\n"
			"	return 0;\n"
			"}\n"
			"int kprobe__vfs_read(struct pt_regs *ctx)\n"
			"{\n"
			"	return PT_REGS_PARM3(ctx) > 3;\n"
			"}\n"
			"RAW_TRACEPOINT_PROBE(sched_switch) { return 0; }\n",
			"");
	expect_section(&result, "tracepoint__skb__kfree_skb",
		       "tracepoint/skb/kfree_skb");
	expect_section(&result, "kprobe__vfs_read", "kprobe/vfs_read");
	expect_section(&result, "raw_tracepoint__sched_switch",
		       "raw_tracepoint/sched_switch");
	result_clear(&result);
}

static void test_missing_tracepoint(void)
{
	struct result result = run("TRACEPOINT_PROBE(no, such) { return 0; }");

	g_assert_cmpint(result.status, ==, JOB_SOURCE_ERROR);
	g_assert_cmpstr(result.diagnostics, ==,
			"t.c:1: error: TRACEPOINT_PROBE(no, such): this kernel "
			"has no tracepoint no/such\n");
	result_clear(&result);
}

/* Every method once, so that each of them compiles and folds away. */
static const char all_maps[] =
	"struct key { u32 a; char b[12]; };\n"
	"struct data { u64 n; char comm[16]; };\n"
	"BPF_HASH(h1);\n"
	"BPF_HASH(h2, struct key);\n"
	"BPF_HASH(h3, u32, struct data);\n"
	"BPF_HASH(h4, u32, u64, 7);\n"
	"BPF_ARRAY(a1);\n"
	"BPF_ARRAY(a2, struct data, 3);\n"
	"BPF_PERCPU_HASH(ph, u32);\n"
	"BPF_PERCPU_ARRAY(pa, u64, 1);\n"
	"BPF_LRU_HASH(lru, u32, u32, 9);\n"
	"BPF_LPM_TRIE(trie, struct key);\n"
	"BPF_HISTOGRAM(hist);\n"
	"BPF_HISTOGRAM(hist2, struct key, 99);\n"
	"BPF_STACK_TRACE(stacks, 128);\n"
	"BPF_QUEUE(queue, u64, 5);\n"
	"BPF_STACK(stack, u64, 6);\n"
	"BPF_TABLE(\"percpu_array\", u32, u64, table, 11);\n"
	"BPF_PERF_OUTPUT(events);\n"
	"BPF_RINGBUF_OUTPUT(ring, 8);\n"
	"BPF_PROG_ARRAY(programs, 4);\n"
	"BPF_PERF_ARRAY(counters, 4);\n"
	"BPF_CGROUP_ARRAY(cgroups, 2);\n"
	"BPF_ARRAY(inner, u32, 10);\n"
	"BPF_ARRAY_OF_MAPS(outer, \"inner\", 3);\n"
	"int all(struct pt_regs *ctx)\n"
	"{\n"
	"	u64 k = 1, v = 2, *p;\n"
	"	u32 k4 = 3;\n"
	"	int i = 0;\n"
	"	struct key key = {};\n"
	"	struct data data = {}, *d;\n"
	"	p = h1.lookup(&k);\n"
	"	if (p) (*p)++;\n"
	"	h1.update(&k, &v); h1.insert(&k, &v); h1.delete(&k);\n"
	"	h1.increment(k); h1.increment(k, 5);\n"
	"	h1.atomic_increment(k); h1.atomic_increment(k, -1);\n"
	"	h2.increment(key);\n"
	"	d = h3.lookup_or_try_init(&k4, &data);\n"
	"	if (d) d->n++;\n"
	"	d = h3.lookup_or_init(&k4, &data); d->n++;\n"
	"	h4.increment(k4); a1.increment(i); a2.lookup(&i);\n"
	"	ph.increment(k4); pa.increment(0); lru.increment(k4);\n"
	"	trie.lookup(&key);\n"
	"	hist.increment(bpf_log2l(v)); hist2.increment(key);\n"
	"	i = stacks.get_stackid(ctx, BPF_F_USER_STACK);\n"
	"	queue.push(&v, 0); queue.pop(&v); queue.peek(&v);\n"
	"	stack.push(&v, 0); table.increment(k4);\n"
	"	bpf_get_current_comm(&data.comm, sizeof(data.comm));\n"
	"	events.perf_submit(ctx, &data, sizeof(data));\n"
	"	ring.ringbuf_output(&data, sizeof(data), 0);\n"
	"	d = ring.ringbuf_reserve(sizeof(*d));\n"
	"	if (d) { d->n = 1; ring.ringbuf_submit(d, 0); }\n"
	"	v += counters.perf_read(0);\n"
	"	v += cgroups.check_current_task(0);\n"
	"	void *in = outer.lookup(&i);\n"
	"	if (in) v++;\n"
	"	programs.call(ctx, 1);\n"
	"	return v;\n"
	"}\n";

static void test_maps_bcc(void)
{
	struct result result = run(all_maps);

	expect_section(&result, "all", "probefs/all");
	expect_map(&result, "h1", BPF_MAP_TYPE_HASH, 8, 8, 10240);
	expect_map(&result, "h2", BPF_MAP_TYPE_HASH, 16, 8, 10240);
	expect_map(&result, "h3", BPF_MAP_TYPE_HASH, 4, 24, 10240);
	expect_map(&result, "h4", BPF_MAP_TYPE_HASH, 4, 8, 7);
	expect_map(&result, "a1", BPF_MAP_TYPE_ARRAY, 4, 8, 10240);
	expect_map(&result, "a2", BPF_MAP_TYPE_ARRAY, 4, 24, 3);
	expect_map(&result, "ph", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 10240);
	expect_map(&result, "pa", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1);
	expect_map(&result, "lru", BPF_MAP_TYPE_LRU_HASH, 4, 4, 9);
	expect_map(&result, "trie", BPF_MAP_TYPE_LPM_TRIE, 16, 8, 10240);
	expect_map(&result, "hist", BPF_MAP_TYPE_ARRAY, 4, 8, 64);
	expect_map(&result, "hist2", BPF_MAP_TYPE_HASH, 16, 8, 99);
	expect_map(&result, "stacks", BPF_MAP_TYPE_STACK_TRACE, 4, 1016, 128);
	expect_map(&result, "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 5);
	expect_map(&result, "stack", BPF_MAP_TYPE_STACK, 0, 8, 6);
	expect_map(&result, "table", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 11);
	expect_map(&result, "programs", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4);
	expect_map(&result, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 3);
	g_assert_nonnull(bpf_map__inner_map(
		bpf_object__find_map_by_name(result.bpf, "outer")));
	result_clear(&result);
}

static void test_both_forms_of_printk(void)
{
	struct result result = run(
		"int f(void *ctx)\n"
		"{\n"
		"	char fmt[] = \"number %d\\n\";\n"
		"	const char other[] = \"two %d %d\\n\";\n"
		"	bpf_trace_printk(fmt, sizeof(fmt), 4);\n"
		"	bpf_trace_printk(other, sizeof(other), 4, 5);\n"
		"	bpf_trace_printk(\"a \\\"literal\\\" %d\\n\", 4);\n"
		"	return 0;\n"
		"}\n");

	g_assert_cmpint(result.status, ==, JOB_OK);
	g_assert_cmpstr(result.diagnostics, ==, "");
	result_clear(&result);
}

static void test_own_header(void)
{
	char *directory = g_dir_make_tmp("compile-XXXXXX", NULL);
	struct result result;

	put(directory, "common.h", "#define LIMIT 5\nstruct mine { u32 x; };");
	result = run_in(directory,
			"#include \"common.h\"\n"
			"int f(struct pt_regs *ctx, struct sock *sk)\n"
			"{ struct mine m = { LIMIT }; return m.x + "
			"sk->__sk_common.skc_dport; }",
			"cflag -DEXTRA=1\n");
	expect_section(&result, "f", "probefs/f");
	result_clear(&result);
}

static void test_error_in_own_header(void)
{
	char *directory = g_dir_make_tmp("compile-XXXXXX", NULL);
	struct result result;

	put(directory, "common.h", "\nint x = ;\n");
	result = run_in(directory,
			"#include \"common.h\"\nint f(void *c) { return 0; }",
			"");
	g_assert_cmpint(result.status, ==, JOB_SOURCE_ERROR);
	g_assert_true(g_str_has_prefix(result.diagnostics,
				       "common.h:2:9: error: expected "
				       "expression\n"));
	g_assert_null(strstr(result.diagnostics, directory));
	result_clear(&result);
}

static void test_syntax_error(void)
{
	struct result result = run("int hello(void *ctx)\n{\n\treturn 0\n}\n");

	g_assert_cmpint(result.status, ==, JOB_SOURCE_ERROR);
	g_assert_null(result.bpf);
	g_assert_true(g_str_has_prefix(
		result.diagnostics,
		"t.c:3:10: error: expected ';' after return statement\n"));
	result_clear(&result);
}

static void expect_failure(const char *source, const char *sentence)
{
	struct result result = run(source);

	g_assert_cmpint(result.status, ==, JOB_SOURCE_ERROR);
	g_assert_nonnull(strstr(result.diagnostics, sentence));
	result_clear(&result);
}

static void test_sentences(void)
{
	expect_failure("#include <stdio.h>\n",
		       "t.c:1:10: error: there is no header stdio.h");
	expect_failure("int f(void *c) { return NO_SUCH_MACRO; }",
		       "t.c:1:25: error: NO_SUCH_MACRO is not known");
	expect_failure("#include \"t.c\"\n",
		       "error: #include nested too deeply");
}

static void test_refused_flag(void)
{
	char *directory = g_dir_make_tmp("compile-XXXXXX", NULL);
	struct result result = run_in(directory, "int f(void *c) { return 0; }",
				      "cflag -fplugin=/tmp/x.so\n");

	g_assert_cmpint(result.status, ==, JOB_SOURCE_ERROR);
	g_assert_nonnull(strstr(result.diagnostics,
				"flag -fplugin=/tmp/x.so is not taken"));
	result_clear(&result);
}

static void test_own_types_of_kernel_names(void)
{
	struct result result = run(
		"struct sock { int mine; };\n"
		"typedef unsigned int u32;\n"
		"enum { TCP_ESTABLISHED = 77 };\n"
		"int f(struct pt_regs *ctx, struct socket *s)\n"
		"{ struct sock own = { TCP_ESTABLISHED }; return own.mine + "
		"s->type; }\n");

	g_assert_cmpint(result.status, ==, JOB_OK);
	result_clear(&result);
}

static void test_unknown_kernel_headers(void)
{
	struct result result = run("#include <linux/no_such_header.h>\n"
				   "#include \"uapi/linux/nor_this.h\"\n"
				   "int f(void *c) { return 0; }");

	expect_section(&result, "f", "probefs/f");
	g_assert_cmpstr(result.diagnostics, ==, "");
	result_clear(&result);
}

static void test_kept_files(void)
{
	char *directory = g_dir_make_tmp("compile-XXXXXX", NULL);
	struct result result = run_in(directory, "int f(void *c) { return 0; }",
				      "keep 1\n");
	g_autofree char *preprocessed = get(directory, "t.i");
	g_autofree char *ir = get(directory, "t.ll");
	g_autofree char *assembler = get(directory, "t.s");

	g_assert_cmpint(result.status, ==, JOB_OK);
	g_assert_nonnull(strstr(preprocessed, "int f(void *c)"));
	g_assert_nonnull(strstr(ir, "define"));
	g_assert_nonnull(strstr(assembler, "exit"));
	result_clear(&result);
}

/*
 * Jobs of one server: the second has other names than the first, and the last
 * ends in the middle.
 */
static void test_server(void)
{
	g_autofree char *good = g_dir_make_tmp("compile-XXXXXX", NULL);
	g_autofree char *bad = g_dir_make_tmp("compile-XXXXXX", NULL);
	g_autofree char *cut = g_dir_make_tmp("compile-XXXXXX", NULL);
	g_autofree char *expected = g_strdup_printf("%s 0\n%s 1\n%s 0\n%s 1\n",
						    good, bad, good, cut);
	g_autoptr(GSubprocess) server = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
		NULL, PROBEFS_COMPILER, "--include-dir", PROBEFS_INCLUDE_DIR,
		"--serve", NULL);
	GOutputStream *in = g_subprocess_get_stdin_pipe(server);
	g_autoptr(GDataInputStream) out = g_data_input_stream_new(
		g_subprocess_get_stdout_pipe(server));
	g_autoptr(GString) got = g_string_new(NULL);
	const char *const order[] = {good, bad, good, cut};
	g_autofree char *said = NULL, *said_of_cut = NULL;

	put(good, "job", "source t.c\n");
	put(good, "t.c", "int f(struct pt_regs *c) { return c->di; }");
	put(bad, "job", "source t.c\n");
	put(bad, "t.c", "rubbish");
	put(cut, "job", "source t.c\n");
	put(cut, "t.c", "int f(\n");
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		g_autofree char *line = NULL;

		/* Time for a spare process, which is another way through. */
		g_usleep(i % 2 ? G_USEC_PER_SEC : 0);

		g_assert_true(g_output_stream_printf(in, NULL, NULL, NULL,
						     "%s\n", order[i]));
		line = g_data_input_stream_read_line(out, NULL, NULL, NULL);
		g_string_append_printf(got, "%s\n", line);
	}
	g_assert_cmpstr(got->str, ==, expected);
	said = get(bad, JOB_DIAGNOSTICS_FILE);
	g_assert_true(g_str_has_prefix(said, "t.c:1:1: error: "));
	said_of_cut = get(cut, JOB_DIAGNOSTICS_FILE);
	g_assert_true(g_str_has_prefix(said_of_cut, "t.c:1:7: error: "));
	g_assert_true(g_output_stream_close(in, NULL, NULL));
	g_assert_true(g_subprocess_wait_check(server, NULL, NULL));
	remove_directory(good);
	remove_directory(bad);
	remove_directory(cut);
}

/* The byte offset of a member that is not nested. */
static uint32_t member_offset(const struct btf *btf, const char *structure,
			      const char *member)
{
	int id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = btf__type_by_id(btf, id);

	g_assert_cmpint(id, >, 0);
	for (uint16_t i = 0; i < btf_vlen(type); i++)
		if (!g_strcmp0(btf__name_by_offset(
				       btf, btf_members(type)[i].name_off),
			       member))
			return btf_member_bit_offset(type, i) / 8;
	g_assert_not_reached();
}

static void test_target_types(void)
{
	struct result result = run(
		"int f(struct pt_regs *ctx, struct sock *sk) {\n"
		"  bpf_trace_printk(\"%d\\n\", sk->__sk_common.skc_family);\n"
		"  return 0;\n"
		"}\n");
	g_autofree char *path = g_build_filename(result.directory,
						 "t" JOB_TYPES_SUFFIX, NULL);
	struct btf *own = btf__parse(path, NULL);
	struct btf *kernel = btf__load_vmlinux_btf();

	g_assert_nonnull(own);
	g_assert_cmpint(btf__type_cnt(own), <, btf__type_cnt(kernel) / 10);
	g_assert_cmpint(member_offset(own, "sock", "sk_rcvbuf"), ==,
			member_offset(kernel, "sock", "sk_rcvbuf"));
	g_assert_cmpint(member_offset(own, "sock_common", "skc_family"), ==,
			member_offset(kernel, "sock_common", "skc_family"));
	btf__free(own);
	btf__free(kernel);
	result_clear(&result);
}

/* A member that no text names is found in the second round. */
static void test_member_pasted_together(void)
{
	struct result result = run(
		"#define MEMBER(a, b) a##b\n"
		"int f(struct pt_regs *ctx, struct task_struct *task) {\n"
		"  return task->MEMBER(tg, id) + sizeof(*task);\n"
		"}\n");

	g_assert_cmpint(result.status, ==, JOB_OK);
	g_assert_nonnull(result.bpf);
	result_clear(&result);
}

/* What is left out of it is not missed: its size is the kernel's. */
static void test_size_of_trimmed_type(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int id = btf__find_by_name_kind(kernel, "task_struct", BTF_KIND_STRUCT);
	g_autofree char *source = g_strdup_printf(
		"_Static_assert(sizeof(struct task_struct) == %u, \"\");\n"
		"_Static_assert(__builtin_offsetof(struct task_struct, comm)"
		" == %u, \"\");\n"
		"int f(void *ctx) { return 0; }\n",
		btf__type_by_id(kernel, id)->size,
		member_offset(kernel, "task_struct", "comm"));
	struct result result = run(source);

	g_assert_cmpstr(result.diagnostics, ==, "");
	g_assert_cmpint(result.status, ==, JOB_OK);
	btf__free(kernel);
	result_clear(&result);
}

/* What a module may have, only the whole can say. */
static void test_target_types_unknown(void)
{
	struct result result = run(
		"#include \"vmlinux.h\"\n"
		"#include <bpf/bpf_helpers.h>\n"
		"#include <bpf/bpf_core_read.h>\n"
		"struct of_no_kernel { int x; };\n"
		"SEC(\"kprobe/vfs_read\") int f(void *ctx) {\n"
		"  return bpf_core_type_exists(struct of_no_kernel);\n"
		"}\n");
	g_autofree char *path = g_build_filename(result.directory,
						 "t" JOB_TYPES_SUFFIX, NULL);

	g_assert_cmpint(result.status, ==, JOB_OK);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	result_clear(&result);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0) {
		g_printerr("this kernel has no BTF\n");
		return 77;
	}
	g_test_add_func("/compile/hello_bcc", test_hello_bcc);
	g_test_add_func("/compile/hello_libbpf", test_hello_libbpf);
	g_test_add_func("/compile/self_naming", test_self_naming_bcc);
	g_test_add_func("/compile/missing_tracepoint", test_missing_tracepoint);
	g_test_add_func("/compile/maps", test_maps_bcc);
	g_test_add_func("/compile/printk", test_both_forms_of_printk);
	g_test_add_func("/compile/own_header", test_own_header);
	g_test_add_func("/compile/error_in_own_header",
			test_error_in_own_header);
	g_test_add_func("/compile/syntax_error", test_syntax_error);
	g_test_add_func("/compile/target_types", test_target_types);
	g_test_add_func("/compile/pasted_member", test_member_pasted_together);
	g_test_add_func("/compile/trimmed_size", test_size_of_trimmed_type);
	g_test_add_func("/compile/target_types_unknown",
			test_target_types_unknown);
	g_test_add_func("/compile/sentences", test_sentences);
	g_test_add_func("/compile/refused_flag", test_refused_flag);
	g_test_add_func("/compile/own_types", test_own_types_of_kernel_names);
	g_test_add_func("/compile/unknown_headers",
			test_unknown_kernel_headers);
	g_test_add_func("/compile/kept_files", test_kept_files);
	g_test_add_func("/compile/server", test_server);
	return g_test_run();
}
