/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.c - owns a BPF object as it was read. Knows no program, no kernel
 * call.
 */
#include "object.h"

#include "bpf/elf/btf_ext.h"
#include "bpf/elf/elf_sections.h"
#include "bpf/error.h"
#include "kernel_log.h"
#include "slots.h"

#include <errno.h>
#include <string.h>

struct object {
	char *name;           /* owned */
	GBytes *elf;          /* owned */
	GBytes *loadable;     /* owned */
	GPtrArray *slots;     /* owned struct slot */
	GBytes *types;        /* owned; NULL: the kernel's own */
	GPtrArray *functions; /* owned struct object_function */
};

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
			  "%s is not a BPF object that libbpf can read: %s",
			  name, *line ? line : g_strerror(err));
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

GBytes *object_section(const struct object *object, const char *name)
{
	return elf_section(object->elf, name);
}

GBytes *object_without_relocations(GBytes *elf)
{
	g_autoptr(GBytes) ext = elf_section(elf, ".BTF.ext");
	size_t n_bytes, n_ext_bytes;
	const char *bytes = g_bytes_get_data(elf, &n_bytes), *at;
	char *copy;

	if (!ext)
		return g_bytes_ref(elf);
	at = g_bytes_get_data(ext, &n_ext_bytes);
	copy = g_memdup2(bytes, n_bytes);
	btf_ext_drop_relocations(copy + (at - bytes), n_ext_bytes);
	return g_bytes_new_take(copy, n_bytes);
}

GBytes *object_with_value(GBytes *elf, const char *section, size_t offset,
			  const void *value, size_t n_bytes)
{
	g_autoptr(GBytes) part = elf_section(elf, section);
	size_t n_elf;
	const char *bytes = g_bytes_get_data(elf, &n_elf);
	const char *at = g_bytes_get_data(part, NULL);
	char *copy = g_memdup2(bytes, n_elf);

	memcpy(copy + (at - bytes) + offset, value, n_bytes);
	return g_bytes_new_take(copy, n_elf);
}
