// SPDX-License-Identifier: GPL-2.0-only
/* Every conversion of format.c, and the escaping of strings. */
#include <glib.h>
#include <stdio.h>

#include "bpf/print/format.h"
#include "fake_ring.h"

/* One format and its arguments, as they are in a record. */
struct call {
	GByteArray *section;
	GByteArray *payload;
	GArray *arg_bytes;
	const char *text;
};

static struct call call_new(const char *text)
{
	return (struct call){
		.section = g_byte_array_new(),
		.payload = g_byte_array_new(),
		.arg_bytes = g_array_new(false, false, sizeof(uint16_t)),
		.text = text,
	};
}

static void call_add(struct call *call, const void *bytes, size_t n_bytes)
{
	static const uint8_t zeros[8];
	uint16_t n = (uint16_t)n_bytes;

	g_byte_array_append(call->payload, zeros, -call->payload->len & 7);
	g_byte_array_append(call->payload, bytes, (guint)n_bytes);
	g_array_append_val(call->arg_bytes, n);
}

static const char *find_symbol(uint64_t address, uint64_t *offset, void *data)
{
	if (address < 0xffffffff81000000 || address >= 0xffffffff81000100)
		return NULL;
	*offset = address - 0xffffffff81000000;
	return "vfs_read";
}

/* NULL: format_print refused it. Frees @call. */
static char *call_print(struct call *call, enum text_style style)
{
	struct format_table *table;
	struct text text = {};
	char *result = NULL;
	char buffer[8]; /* small, so that the spilling is tried all along */

	fake_formats_add(call->section, call->text,
			 (const uint16_t *)(void *)call->arg_bytes->data,
			 call->arg_bytes->len);
	table = format_table_new(call->section->data, call->section->len,
				 find_symbol, NULL);
	g_assert_cmpuint(format_table_length(table), ==, 1);
	text_begin(&text, buffer, sizeof(buffer));
	if (format_print(table, 0, call->payload->data, call->payload->len,
			 style, &text))
		result = g_strndup(text.start, text_length(&text));
	text_clear(&text);
	format_table_free(table);
	g_byte_array_unref(call->section);
	g_byte_array_unref(call->payload);
	g_array_unref(call->arg_bytes);
	return result;
}

static char *print_u64(const char *format, uint64_t value)
{
	struct call call = call_new(format);

	call_add(&call, &value, sizeof(value));
	return call_print(&call, TEXT_PLAIN);
}

static char *print_bytes(const char *format, const void *bytes, size_t n_bytes,
			 enum text_style style)
{
	struct call call = call_new(format);

	call_add(&call, bytes, n_bytes);
	return call_print(&call, style);
}

#define assert_prints(expected, printed)                    \
	do {                                                \
		g_autofree char *assert_text = (printed);   \
		g_assert_cmpstr(assert_text, ==, expected); \
	} while (0)

static void test_integers(void)
{
	static const struct {
		const char *format;
		uint64_t value;
		const char *text;
	} cases[] = {
		{"%d", 0, "0"},
		{"%d", (uint64_t)-1, "-1"},
		{"%d", 0x80000000, "-2147483648"},
		{"%i", 42, "42"},
		{"%u", (uint64_t)-1, "4294967295"},
		{"%lu", UINT64_MAX, "18446744073709551615"},
		{"%llu", 10, "10"},
		{"%ld", (uint64_t)INT64_MIN, "-9223372036854775808"},
		{"%lld", 99, "99"},
		{"%zu", 100, "100"},
		{"%zd", (uint64_t)-100, "-100"},
		{"%tu", 12345, "12345"},
		{"%hd", 0xffff, "-1"},
		{"%hu", 0x12345, "9029"},
		{"%hhd", 0x80, "-128"},
		{"%hhu", 0x1ff, "255"},
		{"%x", 0xdeadbeef, "deadbeef"},
		{"%X", 0xdeadbeef, "DEADBEEF"},
		{"%lx", UINT64_MAX, "ffffffffffffffff"},
		{"%#x", 255, "0xff"},
		{"%#X", 255, "0XFF"},
		{"%o", 8, "10"},
		{"%#o", 8, "010"},
		{"%#x", 0, "0x0"},
		{"%5d|", 42, "   42|"},
		{"%-5d|", 42, "42   |"},
		{"%05d", (uint64_t)-42, "-0042"},
		{"%+d", 42, "+42"},
		{"% d", 42, " 42"},
		{"%.4d", 42, "0042"},
		{"%8.4d|", 42, "    0042|"},
		{"%#010x", 0xab, "0x000000ab"},
		{"%08llx", 0xab, "000000ab"},
		{"%3u", 12345, "12345"},
		{"%c", 'A', "A"},
		{"%3c", 'A', "  A"},
		{"%-3c|", 'A', "A  |"},
		{"%c", 0x1b, "\\x1b"},
		{"%px", 0xffffffff81000010, "ffffffff81000010"},
		{"%p", 0x10, "0000000000000010"},
		{"%pK", 0x10, "0000000000000010"},
		{"%#px", 0x10, "0x0000000000000010"},
		{"%4p|", 0x1, "   1|"},
		{"%ps", 0xffffffff81000010, "vfs_read"},
		{"%pS", 0xffffffff81000010, "vfs_read+0x10"},
		{"%pS", 0xffffffff81000000, "vfs_read+0x0"},
		{"%pB", 0xffffffff81000100, "vfs_read+0x100"},
		{"%pS", 0xffffffff81000100, "0xffffffff81000100"},
		{"%12ps|", 0xffffffff81000010, "    vfs_read|"},
		{"%-12ps|", 0xffffffff81000010, "vfs_read    |"},
		{"%pSR", 0xffffffff81000010, "vfs_read+0x10"},
		{"100%% of %d", 7, "100% of 7"},
		{"%d\n", 7, "7"},
		{"%d\n\n", 7, "7\n"},
		{"a\tb\n%d", 7, "a\tb\n7"},
		{"%y %d", 7, "%y 7"},
		{"%d %", 7, "7 %"},
		{"%d and %d", 7, "7 and %d"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_prints(cases[i].text,
			      print_u64(cases[i].format, cases[i].value));
}

static void test_numbers_all_lengths(void)
{
	uint64_t value = 1;
	char expected[32];

	for (unsigned digits = 1; digits < 20; digits++, value *= 10) {
		snprintf(expected, sizeof(expected), "%lu", value);
		assert_prints(expected, print_u64("%lu", value));
		snprintf(expected, sizeof(expected), "%lu", value - 1);
		assert_prints(expected, print_u64("%lu", value - 1));
	}
}

static void test_star_arguments(void)
{
	struct call call = call_new("[%*d] [%-*d] [%.*s] [%*s]");
	uint64_t width = 6, left = (uint64_t)-4, precision = 3, value = 42;

	call_add(&call, &width, 8);
	call_add(&call, &value, 8);
	call_add(&call, &left, 8);
	call_add(&call, &value, 8);
	call_add(&call, &precision, 8);
	call_add(&call, "abcdef", 16 - 9);
	call_add(&call, &width, 8);
	call_add(&call, "xy", 3);
	assert_prints("[    42] [42  ] [abc] [    xy]",
		      call_print(&call, TEXT_PLAIN));
}

static void test_strings(void)
{
	static const char control[] = "a\x1b[31m\n\t\x7f\\b";

	assert_prints("bash", print_bytes("%s", "bash", 16 - 11, TEXT_PLAIN));
	assert_prints("bas", print_bytes("%s", "bash", 3, TEXT_PLAIN));
	assert_prints("", print_bytes("%s", "", 1, TEXT_PLAIN));
	assert_prints("      bash|",
		      print_bytes("%10s|", "bash", 5, TEXT_PLAIN));
	assert_prints("bash      |",
		      print_bytes("%-10s|", "bash", 5, TEXT_PLAIN));
	assert_prints("ba", print_bytes("%.2s", "bash", 5, TEXT_PLAIN));
	assert_prints("a\\x1b[31m\\x0a\\x09\\x7f\\x5cb",
		      print_bytes("%s", control, sizeof(control), TEXT_PLAIN));
	assert_prints("a\\u001b[31m\\n\\t\\u007f\\\\b",
		      print_bytes("%s", control, sizeof(control), TEXT_JSON));
}

static void test_strings_utf8(void)
{
	static const struct {
		const char *bytes, *plain, *json;
	} cases[] = {
		{"\xc3\xa9", "\xc3\xa9", "\xc3\xa9"},
		{"\xe2\x82\xac.", "\xe2\x82\xac.", "\xe2\x82\xac."},
		{"\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d"},
		/* cut short, overlong, surrogate, too large, alone */
		{"\xe2\x82", "\\xe2\\x82", "\\u00e2\\u0082"},
		{"\xc0\xaf", "\\xc0\\xaf", "\\u00c0\\u00af"},
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\u00e0\\u0080\\u00af"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\u00ed\\u00a0\\u0080"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
		 "\\u00f4\\u0090\\u0080\\u0080"},
		{"\xff", "\\xff", "\\u00ff"},
		/* a control character beyond ASCII */
		{"\xc2\x9b", "\\xc2\\x9b", "\xc2\x9b"},
		{"\"", "\"", "\\\""},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t n = strlen(cases[i].bytes);

		assert_prints(cases[i].plain,
			      print_bytes("%s", cases[i].bytes, n, TEXT_PLAIN));
		assert_prints(cases[i].json,
			      print_bytes("%s", cases[i].bytes, n, TEXT_JSON));
	}
}

static void test_addresses(void)
{
	static const uint8_t bytes[16] = {0x7f, 0, 0, 1, 0, 0, 0, 0,
					  0,    0, 0, 0, 0, 0, 0, 1};
	static const uint8_t mapped[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 9};
	static const uint8_t none[16], local[16] = {[15] = 1};
	static const uint8_t full[16] = {0xfe, 0x80, 0, 1, 0, 2, 0, 0,
					 0,    3,    0, 4, 0, 5, 0, 6};
	static const struct {
		const char *format;
		const uint8_t *bytes;
		const char *text;
		unsigned n_bytes;
	} cases[] = {
		{"%pI4", bytes, "127.0.0.1", 4},
		{"%pi4", bytes, "127.000.000.001", 4},
		{"%pI4l", bytes, "1.0.0.127", 4},
		{"%pI4n:", bytes, "127.0.0.1:", 4},
		{"%15pI4|", bytes, "      127.0.0.1|", 4},
		{"%pI6", bytes, "7f00:0001:0000:0000:0000:0000:0000:0001", 16},
		{"%pi6", bytes, "7f000001000000000000000000000001", 16},
		{"%pI6c", bytes, "7f00:1::1", 16},
		{"%pI6c", none, "::", 16},
		{"%pI6c", local, "::1", 16},
		{"%pI6c", mapped, "::ffff:10.0.0.9", 16},
		{"%pI6c", full, "fe80:1:2:0:3:4:5:6", 16},
		{"%pM", full, "fe:80:00:01:00:02", 6},
		{"%pMF", full, "fe-80-00-01-00-02", 6},
		{"%pMR", full, "02:00:01:00:80:fe", 6},
		{"%pm", full, "fe8000010002", 6},
		{"%pUb", full, "fe800001-0002-0000-0003-000400050006", 16},
		{"%pUL", full, "010080FE-0200-0000-0003-000400050006", 16},
		{"%4ph", full, "fe 80 00 01", 16},
		{"%4phC", full, "fe:80:00:01", 16},
		{"%4phN", full, "fe800001", 16},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_prints(cases[i].text,
			      print_bytes(cases[i].format, cases[i].bytes,
					  cases[i].n_bytes, TEXT_PLAIN));
}

static void test_literal_json(void)
{
	struct call call = call_new("say \"%d\"\n\x1b\n");
	uint64_t value = 7;

	call_add(&call, &value, 8);
	assert_prints("say \\\"7\\\"\\n\\u001b", call_print(&call, TEXT_JSON));
}

static void test_payload_short(void)
{
	struct call call = call_new("%d %d");
	uint64_t value = 7;

	call_add(&call, &value, 8);
	call_add(&call, &value, 8);
	g_byte_array_set_size(call.payload, 15);
	g_assert_null(call_print(&call, TEXT_PLAIN));
}

static void test_width_is_bounded(void)
{
	g_autofree char *printed = print_u64("%99999999d", 1);

	g_assert_true(printed && strlen(printed) == 1024);
}

/* A table cut off anywhere has the entries that are whole. */
static void test_table_malformed(void)
{
	static const uint16_t args[] = {8, 8};
	g_autoptr(GByteArray) section = g_byte_array_new();
	struct format_table *table;
	unsigned first;

	fake_formats_add(section, "one %d", args, 1);
	first = section->len;
	fake_formats_add(section, "two %d %d", args, 2);
	for (unsigned n = 0; n <= section->len; n++) {
		unsigned expected = n == section->len ? 2 : n >= first;

		table = format_table_new(section->data, n, NULL, NULL);
		g_assert_cmpuint(format_table_length(table), ==, expected);
		format_table_free(table);
	}
	/* The NUL behind the first text. */
	section->data[sizeof(struct probefs_format) + 2 + strlen("one %d")] =
		'x';
	table = format_table_new(section->data, section->len, NULL, NULL);
	g_assert_cmpuint(format_table_length(table), ==, 0);
	format_table_free(table);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/format/integers", test_integers);
	g_test_add_func("/format/numbers_all_lengths",
			test_numbers_all_lengths);
	g_test_add_func("/format/star_arguments", test_star_arguments);
	g_test_add_func("/format/strings", test_strings);
	g_test_add_func("/format/strings_utf8", test_strings_utf8);
	g_test_add_func("/format/addresses", test_addresses);
	g_test_add_func("/format/literal_json", test_literal_json);
	g_test_add_func("/format/payload_short", test_payload_short);
	g_test_add_func("/format/width_is_bounded", test_width_is_bounded);
	g_test_add_func("/format/table_malformed", test_table_malformed);
	return g_test_run();
}
