/* SPDX-License-Identifier: GPL-2.0-only */
/* lowered.c - see lowered.h. */
#include "lowered.h"

#include <bpf/btf.h>
#include <errno.h>
#include <gelf.h>
#include <gio/gio.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/compiler/lower.h"
#include "bpf/error.h"

#define EXIT_SKIPPED 77

static GBytes *compile(const char *source)
{
	g_autofree char *directory = g_dir_make_tmp("lower-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, LOWERED_SOURCE,
						 NULL);
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

struct lowered lowered_from(const char *source, bool bcc_dialect)
{
	struct lower_options options = {
		.source_name = LOWERED_SOURCE,
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

struct lowered lowered_good(const char *source, bool bcc_dialect)
{
	struct lowered lowered = lowered_from(source, bcc_dialect);
	gconstpointer bytes;
	gsize n_bytes;

	g_assert_no_error(lowered.error);
	g_assert_nonnull(lowered.object);
	bytes = g_bytes_get_data(lowered.object, &n_bytes);
	lowered.bpf = bpf_object__open_mem(bytes, n_bytes, NULL);
	g_assert_nonnull(lowered.bpf);
	return lowered;
}

void lowered_clear(struct lowered *lowered)
{
	bpf_object__close(lowered->bpf);
	g_clear_pointer(&lowered->object, g_bytes_unref);
	g_ptr_array_unref(lowered->messages);
	g_clear_error(&lowered->error);
}

struct bpf_program *lowered_program(struct lowered *lowered, const char *name)
{
	struct bpf_program *found =
		bpf_object__find_program_by_name(lowered->bpf, name);

	g_assert_nonnull(found);
	return found;
}

void lowered_assert_section(struct lowered *lowered, const char *name,
			    const char *section)
{
	g_assert_cmpstr(bpf_program__section_name(
				lowered_program(lowered, name)),
			==, section);
}

unsigned int lowered_n_calls(struct lowered *lowered, const char *name,
			     int helper)
{
	struct bpf_program *prog = lowered_program(lowered, name);
	const struct bpf_insn *insns = bpf_program__insns(prog);
	unsigned int n = 0;

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == 0 && insns[i].imm == helper)
			n++;
	return n;
}

bool lowered_has_map(struct lowered *lowered, const char *name)
{
	return bpf_object__find_map_by_name(lowered->bpf, name) != NULL;
}

GBytes *lowered_section(struct lowered *lowered, const char *name)
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

unsigned int lowered_n_relocations(struct lowered *lowered, const char *name,
				   const char *type_name, const char *spec,
				   enum bpf_core_relo_kind kind)
{
	const char *wanted = bpf_program__section_name(
		lowered_program(lowered, name));
	const struct btf *btf = bpf_object__btf(lowered->bpf);
	g_autoptr(GBytes) ext = lowered_section(lowered, ".BTF.ext");
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

void lowered_assert_fails(const char *source, bool bcc_dialect,
			  unsigned int line, const char *text)
{
	struct lowered lowered = lowered_from(source, bcc_dialect);
	const struct lower_message *message;

	g_assert_null(lowered.object);
	g_assert_error(lowered.error, PROBEFS_ERROR, EINVAL);
	g_assert_cmpuint(lowered.messages->len, >, 0);
	message = g_ptr_array_index(lowered.messages, 0);
	g_assert_true(message->is_error);
	g_assert_cmpuint(message->line, ==, line);
	g_assert_nonnull(message->file);
	g_assert_true(g_str_has_suffix(message->file, LOWERED_SOURCE));
	if (!strstr(message->text, text))
		g_test_message("got: %s", message->text);
	g_assert_nonnull(strstr(message->text, text));
	lowered_clear(&lowered);
}

static bool may_load(void)
{
	return geteuid() == 0 &&
	       libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACEPOINT, NULL) > 0;
}

void lowered_need_loading(void)
{
	if (!may_load())
		_exit(EXIT_SKIPPED);
}

static int print_nothing(enum libbpf_print_level level, const char *format,
			 va_list args)
{
	return 0;
}

static void run_in_child(gconstpointer data)
{
	const struct lowered_test *test = data;
	pid_t child;
	int status;

	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		test->run();
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		g_test_skip("needs to be allowed to load BPF programs");
	else
		g_assert_cmpint(status, ==, 0);
}

int lowered_run(int argc, char **argv, const struct lowered_test *tests,
		size_t n_tests)
{
	g_test_init(&argc, &argv, NULL);
	libbpf_set_print(print_nothing);
	for (size_t i = 0; i < n_tests; i++)
		g_test_add_data_func(tests[i].path, &tests[i], run_in_child);
	return g_test_run();
}
