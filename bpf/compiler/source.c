/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.c - the names that a source uses and those that it defines.
 *
 * Not a parser: a name at file scope before '(', '=', ';', '[' or ',' counts
 * as defined there, one before '{' after struct, union or enum as a defined
 * tag. Where this guesses wrong, clang's diagnostics set it right (see
 * diagnostics.h). Must not know BTF, clang or files.
 */
#include "source.h"

#include <string.h>

#include "source_lexer.h"

enum { MAX_DEPTH = 64 };

/* Where in the C text the scan stands. */
struct scan {
	struct source_names *names; /* borrowed */
	struct lexer lexer;
	bool is_library;
	bool is_ours;        /* what it defines does not count */
	struct token before; /* the token before the current one */
	unsigned braces, parentheses;
	/* Which of the open braces are an enum's. */
	bool is_enum[MAX_DEPTH];
	bool enum_is_next; /* the next '{' is */
	bool in_value;     /* behind a '=' of a definition */
};

struct source_names *source_names_new(void)
{
	struct source_names *names = g_new0(struct source_names, 1);

	names->strings = g_string_chunk_new(4096);
	names->used = g_hash_table_new(g_str_hash, g_str_equal);
	names->defined = g_hash_table_new(g_str_hash, g_str_equal);
	names->macros =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
				      (GDestroyNotify)g_ptr_array_unref);
	names->includes = g_ptr_array_new_with_free_func(g_free);
	names->tracepoints = g_ptr_array_new();
	names->inner_maps = g_ptr_array_new();
	return names;
}

void source_names_free(struct source_names *names)
{
	if (!names)
		return;
	g_hash_table_unref(names->used);
	g_hash_table_unref(names->defined);
	g_hash_table_unref(names->macros);
	g_ptr_array_unref(names->includes);
	g_ptr_array_unref(names->tracepoints);
	g_ptr_array_unref(names->inner_maps);
	g_string_chunk_free(names->strings);
	g_free(names);
}

bool source_is_keyword(const char *name)
{
	static const char *const keywords[] = {
		"auto",     "break",         "case",   "char",     "const",
		"continue", "default",       "do",     "double",   "else",
		"enum",     "extern",        "float",  "for",      "goto",
		"if",       "inline",        "int",    "long",     "register",
		"restrict", "return",        "short",  "signed",   "sizeof",
		"static",   "struct",        "switch", "typedef",  "typeof",
		"union",    "unsigned",      "void",   "volatile", "while",
		"_Bool",    "__attribute__", "asm",    "__asm__",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
		if (strcmp(name, keywords[i]) == 0)
			return true;
	}
	return false;
}

static bool is_tag_keyword(const struct token *token)
{
	return token->type == TOKEN_NAME &&
	       (token_is(token, "struct") || token_is(token, "union") ||
		token_is(token, "enum"));
}

/* The name as the sets write it: with '#' where it is a tag. */
static char *intern(struct source_names *names, const struct token *token,
		    bool is_tag)
{
	char small[128];
	g_autofree char *large = NULL;
	char *text = small;

	if (token->n_bytes + 2 > sizeof(small))
		text = large = g_malloc(token->n_bytes + 2);
	text[0] = '#';
	memcpy(text + 1, token->text, token->n_bytes);
	text[token->n_bytes + 1] = '\0';
	return g_string_chunk_insert_const(names->strings, text + !is_tag);
}

static void add_include(struct scan *scan)
{
	struct source_include *include;
	g_autofree char *name = NULL;
	bool is_angled = false;

	name = lexer_header_name(&scan->lexer, &is_angled);
	if (!name || scan->is_library)
		return;
	include = g_new(struct source_include, 1);
	include->is_angled = is_angled;
	include->name = g_string_chunk_insert(scan->names->strings, name);
	g_ptr_array_add(scan->names->includes, include);
}

/* The names of a preprocessor line's rest, into @body or the used ones. */
static void scan_line(struct scan *scan, GPtrArray *body)
{
	struct token before = {}, token;

	for (token = lexer_next(&scan->lexer);
	     token.type != TOKEN_NEWLINE && token.type != TOKEN_END;
	     token = lexer_next(&scan->lexer)) {
		if (token.type == TOKEN_NAME) {
			char *name = intern(scan->names, &token,
					    is_tag_keyword(&before));

			if (body)
				g_ptr_array_add(body, g_strdup(name));
			if (!scan->is_library)
				g_hash_table_add(scan->names->used, name);
		}
		before = token;
	}
}

static void scan_define(struct scan *scan)
{
	struct token token = lexer_next(&scan->lexer);
	GPtrArray *body;
	char *name;

	if (token.type == TOKEN_NEWLINE)
		return;
	if (token.type != TOKEN_NAME)
		return scan_line(scan, NULL);
	name = intern(scan->names, &token, false);
	body = g_hash_table_lookup(scan->names->macros, name);
	if (!body) {
		body = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(scan->names->macros, name, body);
	}
	scan_line(scan, body);
}

static void scan_directive(struct scan *scan)
{
	struct token token = lexer_next(&scan->lexer);

	if (token.type == TOKEN_NEWLINE)
		return;
	if (token_is(&token, "define"))
		return scan_define(scan);
	if (token_is(&token, "include"))
		add_include(scan);
	scan_line(scan, NULL);
}

/* TRACEPOINT_PROBE(a, b): the cursor is right behind the macro's name. */
static void scan_tracepoint_probe(struct scan *scan)
{
	struct lexer ahead = scan->lexer;
	struct token open = lexer_next(&ahead);
	struct token subsystem = lexer_next(&ahead);
	struct token comma = lexer_next(&ahead);
	struct token event = lexer_next(&ahead);
	g_autofree char *path = NULL;

	if (!token_is(&open, "(") || subsystem.type != TOKEN_NAME ||
	    !token_is(&comma, ",") || event.type != TOKEN_NAME)
		return;
	path = g_strdup_printf("%.*s/%.*s", (int)subsystem.n_bytes,
			       subsystem.text, (int)event.n_bytes, event.text);
	g_ptr_array_add(scan->names->tracepoints,
			g_string_chunk_insert(scan->names->strings, path));
}

/*
 * BPF_ARRAY_OF_MAPS(outer, "inner", n), BPF_HASH_OF_MAPS(outer, key, "inner"):
 * the outer name is the first argument, the inner the first string.
 */
static void scan_map_of_maps(struct scan *scan)
{
	struct lexer ahead = scan->lexer;
	struct token open = lexer_next(&ahead);
	struct token outer = lexer_next(&ahead);
	struct token token = outer;
	GStringChunk *strings = scan->names->strings;

	if (!token_is(&open, "(") || outer.type != TOKEN_NAME)
		return;
	while (token.type != TOKEN_STRING) {
		token = lexer_next(&ahead);
		if (token.type == TOKEN_END || token_is(&token, ")"))
			return;
	}
	if (token.n_bytes <= 2)
		return;
	g_ptr_array_add(scan->names->inner_maps,
			g_string_chunk_insert_len(strings, outer.text,
						  outer.n_bytes));
	g_ptr_array_add(scan->names->inner_maps,
			g_string_chunk_insert_len(strings, token.text + 1,
						  token.n_bytes - 2));
}

static bool in_enum(const struct scan *scan)
{
	return scan->braces && scan->braces <= MAX_DEPTH &&
	       scan->is_enum[scan->braces - 1];
}

/* Is the name before @after one that the text defines? */
static bool defines(const struct scan *scan, const struct token *after)
{
	if (scan->parentheses || scan->in_value ||
	    after->type != TOKEN_PUNCTUATOR)
		return false;
	if (in_enum(scan))
		return strchr(",=}", *after->text);
	return !scan->braces && strchr("(=;[,", *after->text);
}

static void scan_name(struct scan *scan, const struct token *token)
{
	bool is_tag = is_tag_keyword(&scan->before);
	char *name = intern(scan->names, token, is_tag);
	struct lexer ahead = scan->lexer;
	struct token after = lexer_next(&ahead);

	if (token_is(token, "SEC"))
		scan->names->has_sections = true;
	if (token_is(token, "TRACEPOINT_PROBE"))
		scan_tracepoint_probe(scan);
	if (token_is(token, "BPF_ARRAY_OF_MAPS") ||
	    token_is(token, "BPF_HASH_OF_MAPS"))
		scan_map_of_maps(scan);
	if (token_is(token, "enum"))
		scan->enum_is_next = true;
	g_hash_table_add(scan->names->used, name);
	if (scan->is_ours)
		return;
	if (is_tag ? token_is(&after, "{")
		   : defines(scan, &after) && !source_is_keyword(name))
		g_hash_table_add(scan->names->defined, name);
}

static void scan_punctuator(struct scan *scan, char c)
{
	switch (c) {
	case '{':
		if (scan->braces < MAX_DEPTH)
			scan->is_enum[scan->braces] = scan->enum_is_next;
		scan->braces++;
		scan->enum_is_next = false;
		break;
	case '}':
		if (in_enum(scan))
			scan->in_value = false;
		if (scan->braces)
			scan->braces--;
		break;
	case '(':
		scan->parentheses++;
		break;
	case ')':
		if (scan->parentheses)
			scan->parentheses--;
		break;
	case '=':
		if (!scan->parentheses && (!scan->braces || in_enum(scan)))
			scan->in_value = true;
		break;
	case ',':
		if (!scan->parentheses && (!scan->braces || in_enum(scan)))
			scan->in_value = false;
		break;
	case ';':
		scan->enum_is_next = false;
		scan->in_value = false;
		break;
	default:
		break;
	}
}

static void scan_text(struct scan *scan, const char *text, size_t n_bytes)
{
	struct token token;

	lexer_init(&scan->lexer, text, n_bytes);
	for (token = lexer_next(&scan->lexer); token.type != TOKEN_END;
	     token = lexer_next(&scan->lexer)) {
		if (token.type == TOKEN_HASH)
			scan_directive(scan);
		else if (token.type == TOKEN_NAME && !scan->is_library)
			scan_name(scan, &token);
		else if (token.type == TOKEN_PUNCTUATOR)
			scan_punctuator(scan, *token.text);
		scan->before = token;
	}
	lexer_clear(&scan->lexer);
}

void source_scan_user(struct source_names *names, const char *text,
		      size_t n_bytes)
{
	struct scan scan = {.names = names};

	scan_text(&scan, text, n_bytes);
}

void source_scan_needed(struct source_names *names, const char *text,
			size_t n_bytes)
{
	struct scan scan = {.names = names, .is_ours = true};

	scan_text(&scan, text, n_bytes);
}

void source_scan_library(struct source_names *names, const char *text,
			 size_t n_bytes)
{
	struct scan scan = {.names = names, .is_library = true};

	scan_text(&scan, text, n_bytes);
}

void source_close_macros(struct source_names *names)
{
	g_autoptr(GPtrArray) queue = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, names->used);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(queue, name);
	while (queue->len) {
		const char *macro =
			g_ptr_array_steal_index_fast(queue, queue->len - 1);
		GPtrArray *body = g_hash_table_lookup(names->macros, macro);

		for (guint i = 0; body && i < body->len; i++) {
			if (g_hash_table_add(names->used, body->pdata[i]))
				g_ptr_array_add(queue, body->pdata[i]);
		}
	}
}

bool source_includes(const struct source_names *names, const char *name)
{
	for (guint i = 0; i < names->includes->len; i++) {
		const struct source_include *include =
			names->includes->pdata[i];

		if (strcmp(include->name, name) == 0)
			return true;
	}
	return false;
}

bool source_uses(const struct source_names *names, const char *name)
{
	return g_hash_table_contains(names->used, name);
}

static bool includes_libbpf(const struct source_names *names)
{
	for (guint i = 0; i < names->includes->len; i++) {
		const struct source_include *include =
			names->includes->pdata[i];

		if (g_str_has_prefix(include->name, "bpf/") ||
		    strcmp(include->name, "vmlinux.h") == 0)
			return true;
	}
	return false;
}

bool source_is_bcc(const struct source_names *names)
{
	static const char *const macros[] = {
		"TRACEPOINT_PROBE",   "BPF_HASH",           "BPF_PERF_OUTPUT",
		"BPF_TABLE",          "BPF_ARRAY",          "BPF_HISTOGRAM",
		"BPF_RINGBUF_OUTPUT", "BPF_CGROUP_STORAGE",
	};

	if (includes_libbpf(names))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(macros); i++) {
		if (source_uses(names, macros[i]))
			return true;
	}
	return !names->has_sections;
}

bool source_knows_flavours(const struct source_names *names, const char *tag)
{
	g_autofree char *prefix = g_strconcat(tag, "___", NULL);
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, names->defined);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (g_str_has_prefix(name, prefix))
			return true;
	}
	return source_uses(names, "bpf_core_field_exists");
}
