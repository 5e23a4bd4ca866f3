// SPDX-License-Identifier: GPL-2.0-only
/* Values by their BTF types, which the test makes itself. */
#include <bpf/btf.h>
#include <glib.h>

#include "bpf/print/value.h"

/* What a tool would send. */
struct inner {
	int16_t x;
	uint8_t y;
};

struct event {
	uint32_t pid;
	int32_t ret;
	char comm[16];
	uint64_t address;
	enum { STATE_OPEN = 1, STATE_CLOSED = 2 } state;
	bool is_root;
	struct inner inner;
	uint8_t mac[6];
	unsigned low : 3;
	int high : 5;
	union {
		uint32_t saddr;
		uint64_t wide;
	};
	char fname[32];
};

struct ids {
	int u8, u16, u32, u64, s16, s32, chr, boolean, pointer, state;
	int inner, event, flexible, array_index, comm_type;
};

static int add_array(struct btf *btf, const struct ids *ids, int element,
		     unsigned n)
{
	return btf__add_array(btf, ids->array_index, element, n);
}

static void add_inner(struct btf *btf, struct ids *ids)
{
	ids->inner = btf__add_struct(btf, "inner", sizeof(struct inner));
	btf__add_field(btf, "x", ids->s16, 0, 0);
	btf__add_field(btf, "y", ids->u8, 16, 0);
}

#define offset_bits(member) (uint32_t)(8 * offsetof(struct event, member))

static void add_event(struct btf *btf, struct ids *ids)
{
	int comm = add_array(btf, ids, ids->chr, 16);
	int fname = add_array(btf, ids, ids->chr, 32);
	int mac = add_array(btf, ids, ids->u8, 6);
	uint32_t bits = offset_bits(mac) + 6 * 8;
	int both = btf__add_union(btf, NULL, 8);

	bits = (bits + 7) / 8 * 8;
	btf__add_field(btf, "saddr", ids->u32, 0, 0);
	btf__add_field(btf, "wide", ids->u64, 0, 0);
	ids->comm_type = btf__add_typedef(btf, "comm_t", comm);
	ids->event = btf__add_struct(btf, "event", sizeof(struct event));
	btf__add_field(btf, "pid", ids->u32, offset_bits(pid), 0);
	btf__add_field(btf, "ret", ids->s32, offset_bits(ret), 0);
	btf__add_field(btf, "comm", ids->comm_type, offset_bits(comm), 0);
	btf__add_field(btf, "address", ids->pointer, offset_bits(address), 0);
	btf__add_field(btf, "state", ids->state, offset_bits(state), 0);
	btf__add_field(btf, "is_root", ids->boolean, offset_bits(is_root), 0);
	btf__add_field(btf, "inner", ids->inner, offset_bits(inner), 0);
	btf__add_field(btf, "mac", mac, offset_bits(mac), 0);
	btf__add_field(btf, "low", ids->u32, bits, 3);
	btf__add_field(btf, "high", ids->s32, bits + 3, 5);
	btf__add_field(btf, NULL, both, offset_bits(saddr), 0);
	btf__add_field(btf, "fname", fname, offset_bits(fname), 0);
}

static void add_flexible(struct btf *btf, struct ids *ids)
{
	int rest = add_array(btf, ids, ids->u16, 0);

	ids->flexible = btf__add_struct(btf, "flexible", 4);
	btf__add_field(btf, "n", ids->u32, 0, 0);
	btf__add_field(btf, "rest", rest, 32, 0);
}

static GBytes *make_btf(struct ids *ids)
{
	struct btf *btf = btf__new_empty();
	const void *data;
	uint32_t n_bytes;
	GBytes *bytes;

	ids->u8 = btf__add_int(btf, "unsigned char", 1, 0);
	ids->u16 = btf__add_int(btf, "unsigned short", 2, 0);
	ids->u32 = btf__add_int(btf, "unsigned int", 4, 0);
	ids->u64 = btf__add_int(btf, "unsigned long", 8, 0);
	ids->s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
	ids->s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	ids->chr = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	ids->boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	ids->pointer = btf__add_ptr(btf, 0);
	ids->array_index = ids->u32;
	ids->state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "OPEN", STATE_OPEN);
	btf__add_enum_value(btf, "CLOSED", STATE_CLOSED);
	add_inner(btf, ids);
	add_event(btf, ids);
	add_flexible(btf, ids);
	data = btf__raw_data(btf, &n_bytes);
	g_assert_nonnull(data);
	bytes = g_bytes_new(data, n_bytes);
	btf__free(btf);
	return bytes;
}

static char *print_value(int id, const void *data, size_t n_bytes,
			 enum text_style style, struct ids *ids)
{
	g_autoptr(GBytes) btf = make_btf(ids);
	struct value_types *types = value_types_new(btf);
	struct text text = {};
	char *result;

	text_begin(&text, NULL, 0);
	value_print(types, (uint32_t)id, data, n_bytes, style, &text);
	result = g_strndup(text.start, text_length(&text));
	text_clear(&text);
	value_types_free(types);
	return result;
}

#define assert_prints(expected, printed)                    \
	do {                                                \
		g_autofree char *assert_text = (printed);   \
		g_assert_cmpstr(assert_text, ==, expected); \
	} while (0)

static struct ids find_ids(void)
{
	struct ids ids;
	g_autoptr(GBytes) btf = make_btf(&ids);

	return ids;
}

static const struct event sample = {
	.pid = 812,
	.ret = -2,
	.comm = "ba\"sh",
	.address = 0xffffffff81000000,
	.state = STATE_CLOSED,
	.is_root = true,
	.inner = {.x = -3, .y = 200},
	.mac = {1, 2, 3, 4, 5, 255},
	.low = 5,
	.high = -7,
	.saddr = 16777343,
	.fname = "/etc/passwd",
};

static void test_struct(void)
{
	struct ids ids = find_ids();

	assert_prints("pid=812 ret=-2 comm=ba\"sh address=0xffffffff81000000 "
		      "state=CLOSED is_root=true inner={x=-3 y=200} "
		      "mac=[1 2 3 4 5 255] low=5 high=-7 saddr=16777343 "
		      "wide=16777343 fname=/etc/passwd",
		      print_value(ids.event, &sample, sizeof(sample),
				  TEXT_PLAIN, &ids));
	assert_prints("{\"pid\":812,\"ret\":-2,\"comm\":\"ba\\\"sh\","
		      "\"address\":\"0xffffffff81000000\","
		      "\"state\":\"CLOSED\",\"is_root\":true,"
		      "\"inner\":{\"x\":-3,\"y\":200},"
		      "\"mac\":[1,2,3,4,5,255],\"low\":5,\"high\":-7,"
		      "\"saddr\":16777343,\"wide\":16777343,"
		      "\"fname\":\"/etc/passwd\"}",
		      print_value(ids.event, &sample, sizeof(sample), TEXT_JSON,
				  &ids));
}

/* Programs send the beginning of a structure to spare the rest. */
static void test_struct_cut_short(void)
{
	struct ids ids = find_ids();

	assert_prints("pid=812 ret=-2 comm=ba",
		      print_value(ids.event, &sample, 10, TEXT_PLAIN, &ids));
	assert_prints("pid=812",
		      print_value(ids.event, &sample, 7, TEXT_PLAIN, &ids));
	/* Nothing may be read behind the end, wherever it is. */
	for (size_t n = 0; n < sizeof(sample); n++) {
		g_autofree void *exact = g_memdup2(&sample, n);

		g_free(print_value(ids.event, exact, n, TEXT_JSON, &ids));
	}
}

static void test_array_flexible(void)
{
	static const uint16_t data[] = {2, 0, 7, 8};
	struct ids ids = find_ids();

	assert_prints("n=2 rest=[7 8]",
		      print_value(ids.flexible, data, 8, TEXT_PLAIN, &ids));
	assert_prints("{\"n\":2,\"rest\":[]}",
		      print_value(ids.flexible, data, 4, TEXT_JSON, &ids));
}

static void test_scalars(void)
{
	struct ids ids = find_ids();
	int32_t number = -5, state = STATE_OPEN, odd = 9;

	assert_prints("-5", print_value(ids.s32, &number, 4, TEXT_PLAIN, &ids));
	assert_prints("OPEN",
		      print_value(ids.state, &state, 4, TEXT_PLAIN, &ids));
	assert_prints("9", print_value(ids.state, &odd, 4, TEXT_PLAIN, &ids));
	assert_prints("\"OPEN\"",
		      print_value(ids.state, &state, 4, TEXT_JSON, &ids));
	assert_prints("bash", print_value(ids.comm_type,
					  "bash\0\0\0\0\0\0\0\0"
					  "\0\0\0",
					  16, TEXT_PLAIN, &ids));
}

static void test_type_unknown(void)
{
	struct ids ids = find_ids();

	assert_prints("00ff10",
		      print_value(0, "\x00\xff\x10", 3, TEXT_PLAIN, &ids));
	assert_prints("\"00ff10\"",
		      print_value(9999, "\x00\xff\x10", 3, TEXT_JSON, &ids));
	assert_prints("00ff",
		      print_value(ids.s32, "\x00\xff", 2, TEXT_PLAIN, &ids));
}

static void test_btf_missing(void)
{
	struct value_types *types = value_types_new(NULL);
	struct text text = {};

	text_begin(&text, NULL, 0);
	value_print(types, 1, (const uint8_t *)"ab", 2, TEXT_PLAIN, &text);
	g_assert_cmpmem(text.start, text_length(&text), "6162", 4);
	text_clear(&text);
	value_types_free(types);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/value/struct", test_struct);
	g_test_add_func("/value/struct_cut_short", test_struct_cut_short);
	g_test_add_func("/value/array_flexible", test_array_flexible);
	g_test_add_func("/value/scalars", test_scalars);
	g_test_add_func("/value/type_unknown", test_type_unknown);
	g_test_add_func("/value/btf_missing", test_btf_missing);
	return g_test_run();
}
