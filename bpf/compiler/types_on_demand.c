/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types_on_demand.c - the kernel's types that a source needs, from BTF.
 *
 * The whole of the kernel's types costs clang 300 ms; those that a source
 * names and reaches by members that it names cost 10. Must not know clang,
 * jobs or where sources come from.
 */
#include "types_on_demand.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "bpf/error.h"
#include "source.h"
#include "source_lexer.h"
#include "types_index.h"
#include "types_trim.h"

struct types_header {
	const struct types_index *index; /* borrowed */
	struct btf_dump *dump;           /* owned */
	GString *text;                   /* owned */
	guint8 *is_wanted;               /* owned; by type id */
	GArray *queue;                   /* owned; guint32, to look into */
	GArray *trimmed;                 /* owned; guint32, written so */
	bool is_whole;                   /* nothing is trimmed */
};

static void append_dumped(void *data, const char *format, va_list args)
{
	struct types_header *header = data;

	g_string_append_vprintf(header->text, format, args);
}

struct types_header *types_header_new(const struct types_index *index,
				      GError **error)
{
	struct types_header *header = g_new0(struct types_header, 1);

	header->index = index;
	header->text = g_string_sized_new(32768);
	header->is_wanted = g_malloc0(btf__type_cnt(types_index_btf(index)));
	header->queue = g_array_new(FALSE, FALSE, sizeof(guint32));
	header->trimmed = g_array_new(FALSE, FALSE, sizeof(guint32));
	header->dump = btf_dump__new(types_index_btf(index), append_dumped,
				     header, NULL);
	if (!header->dump) {
		probefs_set_error(error, errno,
				  "cannot prepare the kernel's types: %s",
				  g_strerror(errno));
		types_header_free(header);
		return NULL;
	}
	return header;
}

void types_header_free(struct types_header *header)
{
	if (!header)
		return;
	btf_dump__free(header->dump);
	g_string_free(header->text, TRUE);
	g_array_unref(header->queue);
	g_array_unref(header->trimmed);
	g_free(header->is_wanted);
	g_free(header);
}

bool types_header_make_whole(struct types_header *header, const char *message)
{
	const struct btf *btf = types_index_btf(header->index);
	bool is_meant = false;

	for (guint i = 0; !is_meant && i < header->trimmed->len; i++) {
		guint32 id = g_array_index(header->trimmed, guint32, i);
		guint32 name = btf__type_by_id(btf, id)->name_off;

		is_meant = strstr(message, btf__name_by_offset(btf, name));
	}
	if (!is_meant)
		return false;
	btf_dump__free(header->dump);
	header->dump = btf_dump__new(btf, append_dumped, header, NULL);
	g_string_truncate(header->text, 0);
	g_array_set_size(header->trimmed, 0);
	memset(header->is_wanted, 0, btf__type_cnt(btf));
	header->is_whole = true;
	return header->dump;
}

static void want(struct types_header *header, guint32 id)
{
	if (!id || header->is_wanted[id])
		return;
	header->is_wanted[id] = 1;
	g_array_append_val(header->queue, id);
}

/* The type that is left of @id without pointers, arrays and modifiers. */
static guint32 strip(const struct btf *btf, guint32 id)
{
	for (;;) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_array(type))
			id = btf_array(type)->type;
		else if (btf_is_mod(type) || btf_is_typedef(type) ||
			 btf_is_ptr(type))
			id = type->type;
		else
			return id;
	}
}

/* Want what the members of a struct or union lead to, where it is named. */
static void follow_members(struct types_header *header,
			   const struct btf_type *type,
			   const struct source_names *names)
{
	const struct btf *btf = types_index_btf(header->index);
	const struct btf_member *members = btf_members(type);

	for (guint i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf,
						       members[i].name_off);
		guint32 id;
		const struct btf_type *inner;

		if (*name && !g_hash_table_contains(names->used, name))
			continue;
		id = strip(btf, members[i].type);
		inner = btf__type_by_id(btf, id);
		if (!*name)
			follow_members(header, inner, names);
		else if (btf_is_composite(inner) || btf_is_any_enum(inner))
			want(header, id);
	}
}

static void follow(struct types_header *header, guint32 id,
		   const struct source_names *names)
{
	const struct btf *btf = types_index_btf(header->index);
	const struct btf_type *type = btf__type_by_id(btf, id);

	if (btf_is_composite(type)) {
		follow_members(header, type, names);
	} else if (btf_is_typedef(type)) {
		/* The struct itself is used, not only a pointer to it. */
		guint32 target = strip(btf, id);

		if (btf_is_composite(btf__type_by_id(btf, target)))
			want(header, target);
	}
}

/*
 * An anonymous type has no line of its own: btf_dump writes it where it is
 * used. An anonymous enum is only used by its enumerators' names.
 */
static bool is_written_alone(const struct btf_type *type)
{
	return type->name_off || btf_is_any_enum(type);
}

static bool is_trimmed(const struct types_header *header,
		       const struct btf_type *type,
		       const struct source_names *names)
{
	const char *name = btf__name_by_offset(types_index_btf(header->index),
					       type->name_off);
	g_autofree char *tag = g_strconcat("#", name, NULL);

	return !header->is_whole &&
	       types_trim_fits(types_index_btf(header->index), type, names) &&
	       !source_knows_flavours(names, tag) &&
	       !source_uses(names, "bpf_core_type_matches");
}

/* Written already, whole: something contains it. */
static bool is_written(const struct types_header *header,
		       const struct btf_type *type)
{
	g_autofree char *line = g_strdup_printf(
		"struct %s {\n",
		btf__name_by_offset(types_index_btf(header->index),
				    type->name_off));

	return strstr(header->text->str, line);
}

/* Those from @first on, when all that may contain one of them is written. */
static void write_trimmed(struct types_header *header, guint first,
			  const struct source_names *names)
{
	const struct btf *btf = types_index_btf(header->index);
	const guint32 *ids =
		(const guint32 *)(const void *)header->trimmed->data;

	for (guint i = first; i < header->trimmed->len; i++)
		types_trim_dump_needed(header->dump, btf,
				       btf__type_by_id(btf, ids[i]), names);
	for (guint i = first; i < header->trimmed->len; i++) {
		const struct btf_type *type = btf__type_by_id(btf, ids[i]);

		if (!is_written(header, type))
			types_trim_write(header->dump, btf, type, names,
					 header->text);
	}
}

void types_header_add(struct types_header *header,
		      const struct source_names *names)
{
	const struct btf *btf = types_index_btf(header->index);
	guint n_trimmed = header->trimmed->len;
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, names->used);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (!g_hash_table_contains(names->defined, name))
			want(header, types_index_find(header->index, name));
	}
	for (guint i = 0; i < header->queue->len; i++) {
		guint32 id = g_array_index(header->queue, guint32, i);
		const struct btf_type *type = btf__type_by_id(btf, id);

		follow(header, id, names);
		if (is_trimmed(header, type, names))
			g_array_append_val(header->trimmed, id);
		else if (is_written_alone(type))
			btf_dump__dump_type(header->dump, id);
	}
	g_array_set_size(header->queue, 0);
	write_trimmed(header, n_trimmed, names);
}

/* "struct task_struct;" for what the parameters point to, the result too. */
static void declare_tags(struct types_header *header,
			 const struct btf_type *prototype)
{
	const struct btf *btf = types_index_btf(header->index);

	for (int i = -1; i < btf_vlen(prototype); i++) {
		guint32 id = i < 0 ? prototype->type
				   : btf_params(prototype)[i].type;
		const struct btf_type *type = btf__type_by_id(btf,
							      strip(btf, id));

		if (btf_is_composite(type) && type->name_off)
			g_string_append_printf(
				header->text, "%s %s;\n",
				btf_is_struct(type) ? "struct" : "union",
				btf__name_by_offset(btf, type->name_off));
	}
}

bool types_header_add_function(struct types_header *header, const char *name)
{
	const struct btf *btf = types_index_btf(header->index);
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options, .field_name = name);
	const struct btf_type *prototype;
	guint32 prototype_id;
	int id;

	if (!g_str_has_prefix(name, "bpf_"))
		return false;
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	if (id < 0)
		return false;
	prototype_id = btf__type_by_id(btf, id)->type;
	prototype = btf__type_by_id(btf, prototype_id);
	declare_tags(header, prototype);
	g_string_append(header->text, "extern ");
	btf_dump__emit_type_decl(header->dump, prototype_id, &options);
	g_string_append(header->text,
			" __attribute__((weak, section(\".ksyms\")));\n");
	return true;
}

void types_header_add_absent(struct types_header *header, const char *name)
{
	/* Without a prototype: any call fits, and none is ever made. */
	g_string_append_printf(
		header->text,
		"#pragma clang diagnostic ignored "
		"\"-Wdeprecated-non-prototype\"\n"
		"extern void *%s() __attribute__((weak, section(\".ksyms\")));"
		"\n",
		name);
}

bool types_header_add_member(struct types_header *header, const char *tag,
			     const char *member)
{
	g_autofree char *line = g_strdup_printf("struct %s {\n", tag + 1);
	g_autofree char *declared = g_strdup_printf("\tlong %s;\n", member);
	const char *text = header->text->str, *at = text;

	while ((at = strstr(at, line)) && at != text && at[-1] != '\n')
		at++;
	if (!at || g_str_has_prefix(at + strlen(line), declared))
		return false;
	g_string_insert(header->text, at - text + (gssize)strlen(line),
			declared);
	return true;
}

/* The set of names that both the user and the kernel's types define. */
static GHashTable *find_clashes(const struct types_header *header,
				const struct source_names *names)
{
	struct source_names *written;
	GHashTable *clashes = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer name;

	if (!g_hash_table_size(names->defined))
		return clashes;
	written = source_names_new();
	source_scan_user(written, header->text->str, header->text->len);
	g_hash_table_iter_init(&iter, names->defined);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (g_hash_table_contains(written->defined, name))
			g_hash_table_add(clashes, name);
	}
	source_names_free(written);
	return clashes;
}

static bool is_tag_keyword(const struct token *token)
{
	return token_is(token, "struct") || token_is(token, "union") ||
	       token_is(token, "enum");
}

/* @text with ___kernel behind every name of @clashes. */
static void append_renamed(GString *to, const GString *text,
			   GHashTable *clashes)
{
	struct lexer lexer;
	struct token before = {}, token;
	const char *copied;

	lexer_init(&lexer, text->str, text->len);
	copied = lexer.text;
	for (token = lexer_next(&lexer); token.type != TOKEN_END;
	     token = lexer_next(&lexer)) {
		g_autofree char *name = g_strdup_printf("#%.*s",
							(int)token.n_bytes,
							token.text);

		g_string_append_len(to, copied, lexer.next - copied);
		copied = lexer.next;
		if (token.type == TOKEN_NAME &&
		    g_hash_table_contains(clashes,
					  name + !is_tag_keyword(&before)))
			g_string_append(to, "___kernel");
		before = token;
	}
	g_string_append(to, copied);
	lexer_clear(&lexer);
}

char *types_header_text(const struct types_header *header,
			const struct source_names *names)
{
	GString *text = g_string_sized_new(header->text->len + 512);
	GHashTable *clashes = find_clashes(header, names);

	g_string_append(text, "#pragma clang attribute push("
			      "__attribute__((preserve_access_index)), "
			      "apply_to = record)\n");
	if (g_hash_table_size(clashes))
		append_renamed(text, header->text, clashes);
	else
		g_string_append_len(text, header->text->str, header->text->len);
	g_string_append(text, "#pragma clang attribute pop\n");
	g_hash_table_unref(clashes);
	return g_string_free(text, FALSE);
}
