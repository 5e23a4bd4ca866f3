/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_lines.c - owns the way from an instruction to the user's line. Knows
 * no kernel call.
 */
#include "object.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <string.h>

#include "bpf/elf/btf_ext.h"

static bool find_section(struct btf_ext_records *records, GBytes *ext,
			 const struct btf *btf, const char *section)
{
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(ext, &n_bytes);

	if (!btf_ext_begin(records, bytes, n_bytes, BTF_EXT_LINES,
			   sizeof(struct bpf_line_info)))
		return false;
	while (btf_ext_next(records)) {
		const char *name = btf__name_by_offset(btf, records->section);

		/* An optional section has its '?' here. */
		if (name && !strcmp(name + (name[0] == '?'), section))
			return true;
	}
	return false;
}

static char *format_line(const struct btf *btf,
			 const struct bpf_line_info *line)
{
	const char *file = btf__name_by_offset(btf, line->file_name_off);
	const char *slash = file ? strrchr(file, '/') : NULL;

	/* Line 0 and no file: made by the compiler, not by the user. */
	if (!file || !*file || !BPF_LINE_INFO_LINE_NUM(line->line_col))
		return NULL;
	return g_strdup_printf("%s:%u", slash ? slash + 1 : file,
			       BPF_LINE_INFO_LINE_NUM(line->line_col));
}

/* The last line that begins in @function at or before @wanted. */
static bool find_line(const struct btf_ext_records *records,
		      const struct object_function *function, uint64_t wanted,
		      struct bpf_line_info *found)
{
	bool is_found = false;

	for (uint32_t i = 0; i < records->n_records; i++) {
		struct bpf_line_info line;

		memcpy(&line,
		       records->records + (size_t)i * records->record_bytes,
		       sizeof(line));
		if (line.insn_off > wanted)
			break;
		if (line.insn_off < function->offset_bytes ||
		    !BPF_LINE_INFO_LINE_NUM(line.line_col))
			continue;
		*found = line;
		is_found = true;
	}
	return is_found;
}

static struct btf *object_btf(const struct object *object)
{
	g_autoptr(GBytes) bytes = object_section(object, ".BTF");
	struct btf *btf;

	if (!bytes)
		return NULL;
	btf = btf__new(g_bytes_get_data(bytes, NULL),
		       (uint32_t)g_bytes_get_size(bytes));
	return libbpf_get_error(btf) ? NULL : btf;
}

char *object_line(const struct object *object,
		  const struct object_function *function, size_t instruction)
{
	g_autoptr(GBytes) ext = object_section(object, ".BTF.ext");
	struct btf *btf = ext ? object_btf(object) : NULL;
	struct btf_ext_records records;
	struct bpf_line_info line;
	char *text = NULL;

	if (btf && instruction < function->n_instructions &&
	    find_section(&records, ext, btf, function->section) &&
	    find_line(&records, function,
		      function->offset_bytes + instruction * 8, &line))
		text = format_line(btf, &line);
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
