/* SPDX-License-Identifier: GPL-2.0-only */
/* Files, functions and arguments of user probes, without a kernel's help. */
#include "bpf/error.h"
#include "bpf/probes/kinds.h"
#include "bpf/probes/library.h"
#include "bpf/probes/usdt_spec.h"
#include "bpf/probes/user_elf.h"
#include "bpf/probes/user_probe.h"

#include <asm/ptrace.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- Arguments --------------------------------------------------------- */

static void test_arguments_none(void)
{
	struct usdt_spec spec;

	usdt_spec_parse(&spec, "");
	g_assert_cmpint(spec.n_arguments, ==, 0);
	usdt_spec_parse(&spec, "  ");
	g_assert_cmpint(spec.n_arguments, ==, 0);
}

static void test_arguments_too_many(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct usdt_spec spec;

	for (int i = 0; i < USDT_N_ARGUMENTS_MAX + 3; i++)
		g_string_append(text, " nonsense");
	usdt_spec_parse(&spec, text->str);
	g_assert_cmpint(spec.n_arguments, ==, USDT_N_ARGUMENTS_MAX);
	for (int i = 0; i < USDT_N_ARGUMENTS_MAX; i++)
		g_assert_cmpint(spec.arguments[i].type, ==, USDT_UNREADABLE);
}

#if defined(__x86_64__)

static void check(const struct usdt_argument *argument,
		  enum usdt_argument_type type, int64_t value, size_t offset,
		  bool is_signed, int n_bytes)
{
	g_assert_cmpint(argument->type, ==, type);
	g_assert_cmpint((int64_t)argument->value, ==, value);
	g_assert_cmpint(argument->register_offset, ==, offset);
	g_assert_cmpint(argument->is_signed, ==, is_signed);
	g_assert_cmpint(argument->n_shift_bits, ==, 64 - 8 * n_bytes);
}

static void test_arguments_x86(void)
{
	struct usdt_spec spec;

	usdt_spec_parse(&spec, "-4@%edi 8@-16(%rbp) 1@$200 -8@$-3 2@(%r8) "
			       "8@%rax %rsi 4@0x20(%r15)");
	g_assert_cmpint(spec.n_arguments, ==, 8);
	check(&spec.arguments[0], USDT_REGISTER, 0,
	      offsetof(struct pt_regs, rdi), true, 4);
	check(&spec.arguments[1], USDT_MEMORY, -16,
	      offsetof(struct pt_regs, rbp), false, 8);
	check(&spec.arguments[2], USDT_CONSTANT, 200, 0, false, 1);
	check(&spec.arguments[3], USDT_CONSTANT, -3, 0, true, 8);
	check(&spec.arguments[4], USDT_MEMORY, 0, offsetof(struct pt_regs, r8),
	      false, 2);
	check(&spec.arguments[5], USDT_REGISTER, 0,
	      offsetof(struct pt_regs, rax), false, 8);
	check(&spec.arguments[6], USDT_REGISTER, 0,
	      offsetof(struct pt_regs, rsi), false, 8);
	check(&spec.arguments[7], USDT_MEMORY, 0x20,
	      offsetof(struct pt_regs, r15), false, 4);
}

/* They keep their numbers, and the others stay readable. */
static void test_arguments_unknown_x86(void)
{
	static const char *const unknown[] = {"8@(%rax,%rbx,8)",
					      "8f@%xmm0",
					      "3@%eax",
					      "4@name(%rip)",
					      "8@%",
					      "8@$",
					      "@"};
	g_autofree char *text = NULL;
	struct usdt_spec spec;

	for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_clear_pointer(&text, g_free);
		text = g_strconcat(unknown[i], " 4@$7", NULL);
		usdt_spec_parse(&spec, text);
		g_assert_cmpint(spec.n_arguments, ==, 2);
		g_assert_cmpint(spec.arguments[0].type, ==, USDT_UNREADABLE);
		check(&spec.arguments[1], USDT_CONSTANT, 7, 0, false, 4);
	}
}

#endif

/* --- Files ------------------------------------------------------------- */

static char *own_path(void)
{
	return g_file_read_link("/proc/self/exe", NULL);
}

static void assert_error(GError *error, int err, const char *word)
{
	g_assert_error(error, PROBEFS_ERROR, err);
	if (!strstr(error->message, word))
		g_error("\"%s\" does not say \"%s\"", error->message, word);
	g_error_free(error);
}

static void test_file_found_ends_at_a_file(void)
{
	g_autofree char *path = own_path();
	g_autofree char *longer = g_strconcat(path + 1, "/some/rest", NULL);
	struct user_file file;

	g_assert_true(user_file_find(&file, longer, NULL));
	g_assert_false(file.is_directory);
	g_assert_cmpstr(file.rest, ==, "some/rest");
	user_file_clear(&file);
	g_assert_true(user_file_find(&file, "", NULL));
	g_assert_true(file.is_directory);
	user_file_clear(&file);
}

static void test_file_missing_has_a_suggestion(void)
{
	GError *error = NULL;
	struct user_file file;

	g_assert_false(user_file_find(&file, "usr/bni/ls", &error));
	assert_error(error, ENOENT, "/usr/bni; did you mean bin?");
}

static void test_file_links_are_followed(void)
{
	g_autofree char *directory = g_dir_make_tmp(NULL, NULL);
	g_autofree char *relative = g_build_filename(directory, "a", NULL);
	g_autofree char *absolute = g_build_filename(directory, "b", NULL);
	g_autofree char *loop = g_build_filename(directory, "loop", NULL);
	g_autofree char *path = own_path();
	GError *error = NULL;
	struct user_file file;

	g_assert_cmpint(symlink("b", relative), ==, 0);
	g_assert_cmpint(symlink(path, absolute), ==, 0);
	g_assert_cmpint(symlink("loop", loop), ==, 0);
	g_assert_true(user_file_find(&file, relative + 1, NULL));
	g_assert_false(file.is_directory);
	user_file_clear(&file);
	g_assert_false(user_file_find(&file, loop + 1, &error));
	assert_error(error, ELOOP, "symbolic links");
	unlink(relative);
	unlink(absolute);
	unlink(loop);
	rmdir(directory);
}

/* Another process's root, and this one's executable, through proc. */
static void test_file_proc_links(void)
{
	g_autofree char *path = own_path();
	g_autofree char *root = g_strconcat("proc/self/root", path, NULL);
	struct user_file a, b;

	g_assert_true(user_file_find(&a, root, NULL));
	g_assert_true(user_file_find(&b, "proc/self/exe/main", NULL));
	g_assert_cmpint(a.inode, ==, b.inode);
	g_assert_cmpstr(b.rest, ==, "main");
	user_file_clear(&a);
	user_file_clear(&b);
}

static void test_library_names(void)
{
	g_autofree char *by_name = library_find("c");
	g_autofree char *by_file = library_find("libc.so.6");
	g_autofree char *shell = command_find("sh");

	if (!by_file) {
		g_test_skip("there is no /etc/ld.so.cache");
		return;
	}
	g_assert_cmpstr(by_name, ==, by_file);
	g_assert_null(library_find("no-such-library"));
	g_assert_null(library_find(""));
	g_assert_true(g_str_has_suffix(shell, "/sh"));
	g_assert_null(command_find("no-such-command"));
}

/* --- Functions --------------------------------------------------------- */

static void test_elf_functions(void)
{
	struct user_elves *elves = user_elves_new();
	const struct user_elf *elf;
	struct user_file file;
	guint first, last;
	uint64_t offset;

	g_assert_true(user_file_find(&file, "proc/self/exe", NULL));
	elf = user_elves_get(elves, &file, NULL);
	g_assert_nonnull(elf);
	g_assert_true(elf == user_elves_get(elves, &file, NULL));
	user_elf_functions(elf, "main", &first, &last);
	g_assert_cmpint(last, ==, first + 1);
	g_assert_true(user_elf_offset(elf,
				      g_array_index(elf->functions,
						    struct user_function, first)
					      .address,
				      true, &offset));
	g_assert_cmpint(offset, <, file.size_bytes);
	user_elf_functions(elf, "no_such_function", &first, &last);
	g_assert_cmpint(first, ==, last);
	g_assert_false(user_elf_offset(elf, UINT64_MAX, true, &offset));
	user_file_clear(&file);
	user_elves_free(elves);
}

static void test_elf_not_a_program(void)
{
	struct user_elves *elves = user_elves_new();
	GError *error = NULL;
	struct user_file file;

	g_assert_true(user_file_find(&file, "etc/passwd", NULL));
	g_assert_null(user_elves_get(elves, &file, &error));
	assert_error(error, EINVAL, "neither a program nor a library");
	user_file_clear(&file);
	user_elves_free(elves);
}

/* --- Sections ---------------------------------------------------------- */

static void check_section(const char *section, const struct kind *kind,
			  const char *target)
{
	const struct kind_section *row;
	g_autofree char *found = NULL;

	g_assert_true(kind_of_section(section, &row, &found) == kind);
	g_assert_cmpstr(found, ==, target);
}

static void test_sections(void)
{
	check_section("uprobe//bin/bash:readline", &kind_uprobe,
		      "bin/bash/readline");
	check_section("uprobe/libc.so.6:malloc+0x4", &kind_uprobe,
		      "libc.so.6/malloc+0x4");
	check_section("uretprobe/libc.so.6:malloc", &kind_uretprobe,
		      "libc.so.6/malloc");
	check_section("uretprobe/a_label", &kind_uretprobe, NULL);
	check_section("uprobe", &kind_uprobe, NULL);
	check_section("usdt//usr/bin/x:shop:sold", &kind_usdt,
		      "usr/bin/x/shop/sold");
	check_section("usdt/x:sold", &kind_usdt, NULL);
	check_section("perf_event", &kind_perf_event, NULL);
	check_section("kprobe/vfs_read", &kind_kprobe, "vfs_read");
	check_section("ksyscall/clone", &kind_kprobe, "sys_clone");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/arguments/none", test_arguments_none);
	g_test_add_func("/arguments/too_many", test_arguments_too_many);
#if defined(__x86_64__)
	g_test_add_func("/arguments/x86", test_arguments_x86);
	g_test_add_func("/arguments/unknown_x86", test_arguments_unknown_x86);
#endif
	g_test_add_func("/file/ends_at_a_file", test_file_found_ends_at_a_file);
	g_test_add_func("/file/missing", test_file_missing_has_a_suggestion);
	g_test_add_func("/file/links", test_file_links_are_followed);
	g_test_add_func("/file/proc_links", test_file_proc_links);
	g_test_add_func("/library/names", test_library_names);
	g_test_add_func("/elf/functions", test_elf_functions);
	g_test_add_func("/elf/not_a_program", test_elf_not_a_program);
	g_test_add_func("/sections", test_sections);
	return g_test_run();
}
