/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.c - owns the reading of ELF files. Knows no program, no kernel call.
 */
#include "object.h"

#include "error.h"
#include "kernel_log.h"
#include "slots.h"

#include <bpf/btf.h>
#include <errno.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <string.h>

struct object {
	char *name;           /* owned */
	GBytes *elf;          /* owned */
	GBytes *loadable;     /* owned */
	GPtrArray *slots;     /* owned struct slot */
	GBytes *types;        /* owned; NULL: the kernel's own */
	GBytes *btf_ext;      /* owned; NULL */
	GPtrArray *functions; /* owned struct object_function */
};

/* Linux's own layout of .BTF.ext, which libbpf does not export. */
struct btf_ext_head {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t head_bytes;
	uint32_t func_info_offset;
	uint32_t func_info_bytes;
	uint32_t line_info_offset;
	uint32_t line_info_bytes;
	uint32_t core_relo_offset;
	uint32_t core_relo_bytes;
};

/* --- Sections ---------------------------------------------------------- */

/* A visitor returns true to end the walk. */
typedef bool (*section_fn)(const char *name, const GElf_Shdr *header,
			   void *data);

static bool elf_each_section(const void *bytes, size_t n_bytes,
			     section_fn visit, void *data)
{
	/* libelf writes to its image only when told to. */
	Elf *elf = elf_memory((char *)(uintptr_t)bytes, n_bytes);
	Elf_Scn *section = NULL;
	bool is_found = false;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names)) {
		elf_end(elf);
		return false;
	}
	while (!is_found && (section = elf_nextscn(elf, section))) {
		const char *name;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || (header.sh_type != SHT_NOBITS &&
			      (header.sh_offset > n_bytes ||
			       header.sh_size > n_bytes - header.sh_offset)))
			continue;
		is_found = visit(name, &header, data);
	}
	elf_end(elf);
	return is_found;
}

struct wanted_section {
	const char *name;
	GElf_Shdr header;
};

static bool is_wanted_section(const char *name, const GElf_Shdr *header,
			      void *data)
{
	struct wanted_section *wanted = data;

	if (strcmp(name, wanted->name) || header->sh_type == SHT_NOBITS)
		return false;
	wanted->header = *header;
	return true;
}

static GBytes *elf_section(GBytes *elf, const char *name)
{
	struct wanted_section wanted = {.name = name};
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);

	if (!elf_each_section(bytes, n_bytes, is_wanted_section, &wanted))
		return NULL;
	return g_bytes_new_from_bytes(elf, wanted.header.sh_offset,
				      wanted.header.sh_size);
}

GBytes *object_section(const struct object *object, const char *name)
{
	return elf_section(object->elf, name);
}

/* --- Functions --------------------------------------------------------- */

static void function_free(gpointer data)
{
	struct object_function *function = data;

	g_free(function->name);
	g_free(function->section);
	g_free(function);
}

static void object_add_function(struct object *object,
				const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	struct object_function *function = g_new0(struct object_function, 1);

	/* libbpf has taken the '?' away by now. */
	function->is_optional = !bpf_program__autoload(program);
	function->name = g_strdup(bpf_program__name(program));
	function->section = g_strdup(section);
	function->type = bpf_program__type(program);
	function->attach_type = bpf_program__expected_attach_type(program);
	function->n_instructions = bpf_program__insn_cnt(program);
	g_ptr_array_add(object->functions, function);
}

static void object_take_symbol(struct object *object, const char *name,
			       const GElf_Sym *symbol)
{
	for (guint i = 0; name && i < object->functions->len; i++) {
		struct object_function *function = object->functions->pdata[i];

		if (!strcmp(function->name, name))
			function->offset_bytes = symbol->st_value;
	}
}

/* Two functions may share a section; the symbol table tells where each is. */
static void object_find_offsets(struct object *object)
{
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(object->elf, &n_bytes);
	Elf *elf = elf_memory((char *)(uintptr_t)bytes, n_bytes);
	Elf_Scn *section = NULL;

	while (elf && (section = elf_nextscn(elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_SYMTAB || !data)
			continue;
		for (int i = 0; gelf_getsym(data, i, &symbol); i++)
			if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
				object_take_symbol(object,
						   elf_strptr(elf,
							      header.sh_link,
							      symbol.st_name),
						   &symbol);
	}
	elf_end(elf);
}

static void object_set_open_error(const char *name, int err, const char *log,
				  GError **error)
{
	const char *line = strrchr(log, '\n');

	line = line ? line + 1 : log;
	probefs_set_error(error, err == ENOMEM ? ENOMEM : EINVAL,
			  "%s is not a BPF object that libbpf can read%s%s",
			  name, *line ? ": " : "", line);
}

struct object *object_new(GBytes *elf, GBytes *types, const char *name,
			  GError **error)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	g_autofree char *log = NULL;
	struct bpf_program *program;
	struct bpf_object *opened;
	struct object *object;
	size_t n_bytes;
	const void *bytes;
	int err;
	g_autoptr(GPtrArray) slots = slots_new();
	g_autoptr(GBytes) loadable = slots_take(elf, slots);

	elf_version(EV_CURRENT);
	bytes = g_bytes_get_data(loadable, &n_bytes);
	kernel_log_begin();
	opened = bpf_object__open_mem(bytes, n_bytes, &options);
	err = errno;
	log = kernel_log_end();
	if (!opened) {
		object_set_open_error(name, err, log, error);
		return NULL;
	}
	object = g_new0(struct object, 1);
	object->name = g_strdup(name);
	object->elf = g_bytes_ref(elf);
	object->loadable = g_steal_pointer(&loadable);
	object->slots = g_steal_pointer(&slots);
	object->types = types ? g_bytes_ref(types) : NULL;
	object->functions = g_ptr_array_new_with_free_func(function_free);
	bpf_object__for_each_program(program, opened)
		object_add_function(object, program);
	bpf_object__close(opened);
	object_find_offsets(object);
	object->btf_ext = object_section(object, ".BTF.ext");
	return object;
}

void object_free(struct object *object)
{
	if (!object)
		return;
	g_free(object->name);
	g_bytes_unref(object->elf);
	g_bytes_unref(object->loadable);
	g_ptr_array_unref(object->slots);
	g_clear_pointer(&object->types, g_bytes_unref);
	g_clear_pointer(&object->btf_ext, g_bytes_unref);
	g_ptr_array_unref(object->functions);
	g_free(object);
}

const char *object_name(const struct object *object)
{
	return object->name;
}

GBytes *object_bytes(const struct object *object)
{
	return object->elf;
}

GBytes *object_loadable(const struct object *object)
{
	return object->loadable;
}

const GPtrArray *object_slots(const struct object *object)
{
	return object->slots;
}

GBytes *object_types(const struct object *object)
{
	return object->types;
}

const GPtrArray *object_functions(const struct object *object)
{
	return object->functions;
}

const struct object_function *object_function(const struct object *object,
					      const char *name)
{
	for (guint i = 0; i < object->functions->len; i++) {
		const struct object_function *function =
			object->functions->pdata[i];

		if (!strcmp(function->name, name))
			return function;
	}
	return NULL;
}

/* --- Source lines ------------------------------------------------------ */

/* The part of .BTF.ext's line records that belongs to one section. */
struct line_records {
	const char *at;
	uint32_t record_bytes;
	uint32_t n_records;
};

static uint32_t read_u32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool line_records_find(GBytes *btf_ext, const struct btf *btf,
			      const char *section, struct line_records *found)
{
	struct btf_ext_head head;
	size_t n_bytes;
	const char *bytes = g_bytes_get_data(btf_ext, &n_bytes);
	size_t at, end;

	if (n_bytes < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	at = (size_t)head.head_bytes + head.line_info_offset;
	end = at + head.line_info_bytes;
	if (head.line_info_bytes < 4 || end > n_bytes)
		return false;
	found->record_bytes = read_u32(bytes + at);
	if (found->record_bytes < 16)
		return false;
	for (at += 4; at + 8 <= end;) {
		const char *name = btf__name_by_offset(btf,
						       read_u32(bytes + at));

		found->n_records = read_u32(bytes + at + 4);
		found->at = bytes + at + 8;
		at += 8 + (size_t)found->n_records * found->record_bytes;
		if (at > end)
			return false;
		/* An optional section has its '?' here. */
		if (name && !strcmp(name + (name[0] == '?'), section))
			return true;
	}
	return false;
}

static char *format_line(const struct btf *btf, const char *record)
{
	const char *file = btf__name_by_offset(btf, read_u32(record + 4));
	const char *slash = file ? strrchr(file, '/') : NULL;

	/* Line 0 and no file: made by the compiler, not by the user. */
	if (!file || !*file || !(read_u32(record + 12) >> 10))
		return NULL;
	return g_strdup_printf("%s:%u", slash ? slash + 1 : file,
			       read_u32(record + 12) >> 10);
}

static struct btf *object_btf(const struct object *object)
{
	g_autoptr(GBytes) bytes = object_section(object, ".BTF");
	struct btf *btf;

	if (!bytes || !object->btf_ext)
		return NULL;
	btf = btf__new(g_bytes_get_data(bytes, NULL),
		       (uint32_t)g_bytes_get_size(bytes));
	return libbpf_get_error(btf) ? NULL : btf;
}

char *object_line(const struct object *object,
		  const struct object_function *function, size_t instruction)
{
	uint64_t wanted = function->offset_bytes + instruction * 8;
	struct btf *btf = object_btf(object);
	struct line_records lines;
	const char *best = NULL;
	char *text = NULL;

	if (btf && instruction < function->n_instructions &&
	    line_records_find(object->btf_ext, btf, function->section, &lines))
		for (uint32_t i = 0; i < lines.n_records; i++) {
			const char *record = lines.at +
					     (size_t)i * lines.record_bytes;

			if (read_u32(record) > wanted)
				break;
			if (read_u32(record) >= function->offset_bytes &&
			    read_u32(record + 12) >> 10)
				best = record;
		}
	if (best)
		text = format_line(btf, best);
	btf__free(btf);
	return text;
}

char *object_function_line(const struct object *object,
			   const struct object_function *function)
{
	char *text = NULL;

	/* The first instructions may have no line of the user's. */
	for (size_t i = 0; !text && i < MIN(function->n_instructions, 64); i++)
		text = object_line(object, function, i);
	return text;
}

/* --- Calls of helpers -------------------------------------------------- */

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

	search.bytes = g_bytes_get_data(object->elf, &n_bytes);
	if (!elf_each_section(search.bytes, n_bytes, has_changing_call,
			      &search))
		return true;
	for (guint i = 0; i < object->functions->len; i++) {
		const struct object_function *f = object->functions->pdata[i];

		if (!strcmp(f->section, search.section))
			function = f->name;
	}
	probefs_set_error(error, EPERM,
			  "%s: %s calls %s, which changes the traced system; "
			  "this probefs was started without -o "
			  "allow_changing_helpers",
			  object->name, function, search.helper);
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

GBytes *object_without_relocations(GBytes *elf)
{
	struct wanted_section wanted = {.name = ".BTF.ext"};
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);
	struct btf_ext_head head;
	char *copy;

	if (!elf_each_section(bytes, n_bytes, is_wanted_section, &wanted) ||
	    wanted.header.sh_size < sizeof(head))
		return g_bytes_ref(elf);
	copy = g_memdup2(bytes, n_bytes);
	memcpy(&head, copy + wanted.header.sh_offset, sizeof(head));
	if (head.head_bytes >= sizeof(head))
		head.core_relo_bytes = 0;
	memcpy(copy + wanted.header.sh_offset, &head, sizeof(head));
	return g_bytes_new_take(copy, n_bytes);
}
