/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_helpers.c - owns the calls of the kernel's helpers in an object:
 * those that are refused, and those that are taken out.
 */
#include "object.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "bpf/elf/elf_sections.h"
#include "bpf/error.h"

static const struct {
	int id;
	const char *name;
} changing_helpers[] = {
	{BPF_FUNC_probe_write_user, "bpf_probe_write_user"},
	{BPF_FUNC_override_return, "bpf_override_return"},
	{BPF_FUNC_send_signal, "bpf_send_signal"},
	{BPF_FUNC_send_signal_thread, "bpf_send_signal_thread"},
};

static bool is_helper_call(const struct bpf_insn *instruction)
{
	return instruction->code == (BPF_JMP | BPF_CALL) &&
	       instruction->src_reg == 0;
}

static const char *changing_helper_name(int id)
{
	for (guint i = 0; i < G_N_ELEMENTS(changing_helpers); i++)
		if (changing_helpers[i].id == id)
			return changing_helpers[i].name;
	return NULL;
}

struct helper_search {
	const struct object *object;
	const char *bytes;
	const char *helper; /* found */
	char section[128];
};

static bool has_changing_call(const char *name, const GElf_Shdr *header,
			      void *data)
{
	struct helper_search *search = data;

	if (header->sh_type != SHT_PROGBITS ||
	    !(header->sh_flags & SHF_EXECINSTR))
		return false;
	for (size_t i = 0; i + 8 <= header->sh_size; i += 8) {
		struct bpf_insn instruction;

		memcpy(&instruction, search->bytes + header->sh_offset + i, 8);
		if (!is_helper_call(&instruction))
			continue;
		search->helper = changing_helper_name(instruction.imm);
		if (!search->helper)
			continue;
		g_strlcpy(search->section, name + (name[0] == '?'),
			  sizeof(search->section));
		return true;
	}
	return false;
}

bool object_check_harmless(const struct object *object, GError **error)
{
	struct helper_search search = {.object = object};
	const char *function = "it";
	size_t n_bytes;

	search.bytes = g_bytes_get_data(object_bytes(object), &n_bytes);
	if (!elf_each_section(search.bytes, n_bytes, has_changing_call,
			      &search))
		return true;
	for (guint i = 0; i < object_functions(object)->len; i++) {
		const struct object_function *f =
			object_functions(object)->pdata[i];

		if (!strcmp(f->section, search.section))
			function = f->name;
	}
	probefs_set_error(error, EPERM,
			  "%s: %s calls %s, which changes the traced system; "
			  "this probefs was started without -o "
			  "allow_changing_helpers",
			  object_name(object), function, search.helper);
	return false;
}

struct helper_patch {
	char *bytes;
	int helper;
};

static bool patch_calls(const char *name, const GElf_Shdr *header, void *data)
{
	const struct bpf_insn zero = {.code = BPF_ALU64 | BPF_MOV | BPF_K};
	struct helper_patch *patch = data;

	if (header->sh_type != SHT_PROGBITS ||
	    !(header->sh_flags & SHF_EXECINSTR))
		return false;
	for (size_t i = 0; i + 8 <= header->sh_size; i += 8) {
		char *at = patch->bytes + header->sh_offset + i;
		struct bpf_insn instruction;

		memcpy(&instruction, at, 8);
		if (is_helper_call(&instruction) &&
		    instruction.imm == patch->helper)
			memcpy(at, &zero, 8);
	}
	return false;
}

GBytes *object_without_helper(GBytes *elf, int helper)
{
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);
	struct helper_patch patch = {.helper = helper};

	patch.bytes = g_memdup2(bytes, n_bytes);
	elf_each_section(bytes, n_bytes, patch_calls, &patch);
	return g_bytes_new_take(patch.bytes, n_bytes);
}
