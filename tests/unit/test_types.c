/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_types.c - the header of the types that a source needs
 * (types_on_demand.h), from a small BTF made here.
 */
#include <bpf/btf.h>
#include <string.h>
#include <unistd.h>

#include "bpf/compiler/source.h"
#include "bpf/compiler/types_index.h"
#include "bpf/compiler/types_on_demand.h"

/*
 * struct leaf { int value; };
 * struct inner { struct leaf *leaf; };
 * struct outer { struct inner embedded; struct far *far; outer_t *self; };
 * struct far { int distance; };
 * typedef struct outer outer_t;
 * enum colour { RED, GREEN = 7 };  enum { LONELY = 3 };
 */
static struct types_index *index_new(void)
{
	struct btf *btf = btf__new_empty();
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int leaf = btf__add_struct(btf, "leaf", 4);
	int leaf_pointer, inner, far, far_pointer, self_pointer, outer;

	btf__add_field(btf, "value", int_id, 0, 0);
	leaf_pointer = btf__add_ptr(btf, leaf);
	inner = btf__add_struct(btf, "inner", 8);
	btf__add_field(btf, "leaf", leaf_pointer, 0, 0);
	far = btf__add_struct(btf, "far", 4);
	btf__add_field(btf, "distance", int_id, 0, 0);
	far_pointer = btf__add_ptr(btf, far);
	self_pointer = btf__add_ptr(btf, far_pointer + 3);
	outer = btf__add_struct(btf, "outer", 24);
	btf__add_field(btf, "embedded", inner, 0, 0);
	btf__add_field(btf, "far", far_pointer, 64, 0);
	btf__add_field(btf, "self", self_pointer, 128, 0);
	g_assert_cmpint(btf__add_typedef(btf, "outer_t", outer), ==,
			far_pointer + 3);
	btf__add_enum(btf, "colour", 4);
	btf__add_enum_value(btf, "RED", 0);
	btf__add_enum_value(btf, "GREEN", 7);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "LONELY", 3);
	return types_index_from_btf(btf);
}

static char *header_of(const char *source)
{
	struct types_index *index = index_new();
	struct source_names *names = source_names_new();
	struct types_header *header = types_header_new(index, NULL);
	char *text;

	source_scan_user(names, source, strlen(source));
	types_header_add(header, names);
	text = types_header_text(header, names);
	types_header_free(header);
	source_names_free(names);
	types_index_free(index);
	return text;
}

static void expect(const char *source, const char *const *present,
		   const char *const *absent)
{
	g_autofree char *text = header_of(source);

	g_test_message("%s\n%s", source, text);
	for (; *present; present++)
		g_assert_nonnull(strstr(text, *present));
	for (; *absent; absent++)
		g_assert_null(strstr(text, *absent));
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE      ((const char *const[]){NULL})

/*
 * struct anchor { int here; };
 * struct large { int m_0; … int m_39; struct anchor anchor; int flag : 1;
 *                int (*call)(struct large *); char room[1024]; };
 * struct holder { struct large large; };
 */
static struct types_index *large_index_new(void)
{
	struct btf *btf = btf__new_empty();
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int char_id = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
	int anchor = btf__add_struct(btf, "anchor", 4);
	int room, call, large;

	btf__add_field(btf, "here", int_id, 0, 0);
	room = btf__add_array(btf, int_id, char_id, 1024);
	call = btf__add_ptr(btf, room + 2);
	btf__add_func_proto(btf, int_id);
	large = btf__add_struct(btf, "large", 1200);
	btf__add_func_param(btf, "self", call + 3);
	for (int i = 0; i < 40; i++) {
		g_autofree char *name = g_strdup_printf("m_%d", i);

		btf__add_field(btf, name, int_id, 32 * i, 0);
	}
	btf__add_field(btf, "anchor", anchor, 1280, 0);
	btf__add_field(btf, "flag", int_id, 1312, 1);
	btf__add_field(btf, "call", call, 1344, 0);
	btf__add_field(btf, "room", room, 1408, 0);
	g_assert_cmpint(btf__add_ptr(btf, large), ==, call + 3);
	btf__add_struct(btf, "holder", 1200);
	btf__add_field(btf, "large", large, 0, 0);
	return types_index_from_btf(btf);
}

/* The header for @source; as it is made anew after @complaint, if any. */
static char *large_header(const char *source, const char *complaint)
{
	struct types_index *index = large_index_new();
	struct source_names *names = source_names_new();
	struct types_header *header = types_header_new(index, NULL);
	char *text;

	source_scan_user(names, source, strlen(source));
	types_header_add(header, names);
	if (complaint && types_header_make_whole(header, complaint))
		types_header_add(header, names);
	text = types_header_text(header, names);
	types_header_free(header);
	source_names_free(names);
	types_index_free(index);
	return text;
}

static void test_large_struct_is_trimmed(void)
{
	g_autofree char *text = large_header(
		"struct large *l; l->m_1; l->anchor.here; l->m_2;", NULL);

	g_assert_nonnull(strstr(text, "struct anchor {\n"));
	g_assert_nonnull(strstr(text, "struct large {\n"
				      "\tchar __probefs_gap_0[4];\n"
				      "\tint m_1;\n"
				      "\tint m_2;\n"
				      "\tchar __probefs_gap_12[148];\n"
				      "\tstruct anchor anchor;\n"
				      "\tchar __probefs_gap_164[1036];\n"
				      "};\n"));
}

/* A bit field, a function's parameters, what contains it, flavours. */
static void test_large_struct_is_not_trimmed(void)
{
	static const char *const sources[] = {
		"struct large *l; l->flag;",
		"struct large *l; l->call;",
		"struct holder h; struct large *l; l->m_1;",
		"struct large___old { int m_1; }; struct large *l; l->m_1;",
		"struct large *l; bpf_core_type_matches(struct large);",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_autofree char *text = large_header(sources[i], NULL);
		const char *first = strstr(text, "struct large {\n");

		g_test_message("%s\n%s", sources[i], text);
		g_assert_nonnull(first);
		g_assert_nonnull(strstr(first, "int m_39;"));
		g_assert_null(strstr(first + 1, "struct large {\n"));
		g_assert_null(strstr(text, "__probefs_gap"));
	}
}

static void test_large_struct_is_made_whole(void)
{
	static const char source[] = "struct large *l; l->m_1;";
	g_autofree char *whole =
		large_header(source, "no member named 'm_9' in 'struct large'");
	g_autofree char *other =
		large_header(source, "no member named 'm_9' in 'struct small'");

	g_assert_nonnull(strstr(whole, "int m_9;"));
	g_assert_null(strstr(whole, "__probefs_gap"));
	g_assert_null(strstr(other, "int m_9;"));
}

static void test_index_names(void)
{
	struct types_index *index = index_new();

	g_assert_true(types_index_has(index, "#outer"));
	g_assert_false(types_index_has(index, "outer"));
	g_assert_true(types_index_has(index, "outer_t"));
	g_assert_true(types_index_has(index, "GREEN"));
	g_assert_true(types_index_has(index, "LONELY"));
	g_assert_false(types_index_has(index, "#nothing"));
	types_index_free(index);
}

static void test_named_struct_with_what_it_contains(void)
{
	expect("struct outer *o;", LIST("struct outer {", "struct inner {"),
	       LIST("struct far {", "struct leaf {", "RED", "LONELY"));
}

static void test_members_lead_further(void)
{
	expect("struct outer *o; o->far->distance;", LIST("struct far {"),
	       LIST("struct leaf {"));
	expect("struct outer *o; o->embedded.leaf->value;",
	       LIST("struct leaf {"), LIST("struct far {"));
}

static void test_typedefs_and_enumerators(void)
{
	expect("outer_t *o; int x = GREEN;",
	       LIST("outer_t;", "struct outer {", "GREEN = 7"), LIST("LONELY"));
	expect("int x = LONELY;", LIST("LONELY = 3"), LIST("RED", "outer"));
}

static void test_own_definitions_win(void)
{
	expect("struct outer { int mine; }; struct outer *o;", LIST("pragma"),
	       LIST("struct outer {"));
	/* Contained in one that is needed: there, but by another name. */
	expect("struct inner { int mine; }; struct outer *o;",
	       LIST("struct inner___kernel {",
		    "struct inner___kernel embedded"),
	       LIST("struct inner {"));
	expect("enum { RED = 5 }; int x = GREEN;",
	       LIST("RED___kernel = 0", "GREEN = 7"), LIST("RED ="));
}

static void test_added_later(void)
{
	struct types_index *index = index_new();
	struct source_names *names = source_names_new();
	struct types_header *header = types_header_new(index, NULL);
	g_autofree char *text = NULL;

	source_scan_user(names, "struct outer *o;", 16);
	types_header_add(header, names);
	source_scan_user(names, "struct far *f;", 14);
	types_header_add(header, names);
	text = types_header_text(header, names);
	g_assert_nonnull(strstr(text, "struct far {"));
	types_header_free(header);
	source_names_free(names);
	types_index_free(index);
}

static void test_added_member(void)
{
	struct btf *btf = btf__new_empty();
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	struct source_names *names = source_names_new();
	struct types_index *index;
	struct types_header *header;
	g_autofree char *text = NULL;

	btf__add_struct(btf, "queue", 4);
	btf__add_field(btf, "old", int_id, 0, 0);
	index = types_index_from_btf(btf);
	header = types_header_new(index, NULL);
	g_hash_table_add(names->used,
			 g_string_chunk_insert(names->strings, "#queue"));
	types_header_add(header, names);
	g_assert_true(types_header_add_member(header, "#queue", "anew"));
	g_assert_false(types_header_add_member(header, "#queue", "anew"));
	g_assert_false(types_header_add_member(header, "#other", "anew"));
	text = types_header_text(header, names);
	g_assert_nonnull(strstr(text, "struct queue {\n\tlong anew;\n"));
	types_header_free(header);
	source_names_free(names);
	types_index_free(index);
}

static void test_added_function(void)
{
	struct btf *btf = btf__new_empty();
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int task_id = btf__add_struct(btf, "task", 4), pointer_id, prototype_id;
	struct types_index *index;
	struct types_header *header;
	struct source_names *names = source_names_new();
	g_autofree char *text = NULL;

	btf__add_field(btf, "pid", int_id, 0, 0);
	pointer_id = btf__add_ptr(btf, task_id);
	prototype_id = btf__add_func_proto(btf, pointer_id);
	btf__add_func_param(btf, "pid", int_id);
	btf__add_func(btf, "bpf_task_of", BTF_FUNC_STATIC, prototype_id);
	btf__add_func(btf, "task_of", BTF_FUNC_STATIC, prototype_id);
	index = types_index_from_btf(btf);
	header = types_header_new(index, NULL);
	g_assert_true(types_header_add_function(header, "bpf_task_of"));
	g_assert_false(types_header_add_function(header, "task_of"));
	g_assert_false(types_header_add_function(header, "bpf_nothing"));
	types_header_add_absent(header, "bpf_nothing");
	text = types_header_text(header, names);
	g_assert_nonnull(strstr(text, "extern void *bpf_nothing() __attr"));
	g_assert_nonnull(strstr(text, "struct task;\n"));
	g_assert_nonnull(strstr(text, "extern struct task *bpf_task_of(int "));
	types_header_free(header);
	source_names_free(names);
	types_index_free(index);
}

/* A module's BTF goes on where the kernel's ends. */
static void test_module(void)
{
	g_autofree char *path = NULL;
	struct btf *base = btf__new_empty(), *module;
	int int_id = btf__add_int(base, "int", 4, BTF_INT_SIGNED);
	struct types_index *kernel, *both;
	const void *bytes;
	__u32 n_bytes;

	module = btf__new_empty_split(base);
	btf__add_struct(module, "of_module", 4);
	btf__add_field(module, "x", int_id, 0, 0);
	bytes = btf__raw_data(module, &n_bytes);
	close(g_file_open_tmp("types-XXXXXX", &path, NULL));
	g_assert_true(g_file_set_contents(path, bytes, n_bytes, NULL));
	btf__free(module);

	kernel = types_index_from_btf(base);
	g_assert_false(types_index_has(kernel, "#of_module"));
	g_assert_null(types_index_of_module(kernel, path, "#other"));
	g_assert_null(types_index_of_module(kernel, path, "of_module"));
	both = types_index_of_module(kernel, path, "#of_module");
	g_assert_true(types_index_has(both, "#of_module"));
	types_index_free(both);
	types_index_free(kernel);
	unlink(path);
}

static void test_missing_file(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(types_index_new("/nonexistent", &error));
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, "/nonexistent"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/types/trimmed", test_large_struct_is_trimmed);
	g_test_add_func("/types/not-trimmed", test_large_struct_is_not_trimmed);
	g_test_add_func("/types/made-whole", test_large_struct_is_made_whole);
	g_test_add_func("/types/index", test_index_names);
	g_test_add_func("/types/contained",
			test_named_struct_with_what_it_contains);
	g_test_add_func("/types/members", test_members_lead_further);
	g_test_add_func("/types/typedefs", test_typedefs_and_enumerators);
	g_test_add_func("/types/own", test_own_definitions_win);
	g_test_add_func("/types/later", test_added_later);
	g_test_add_func("/types/added_member", test_added_member);
	g_test_add_func("/types/added_function", test_added_function);
	g_test_add_func("/types/module", test_module);
	g_test_add_func("/types/missing_file", test_missing_file);
	return g_test_run();
}
