// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - the lines of output and output.json.
 *
 * The prefix of the root output is laid out as trace_pipe's, with the
 * program where trace_pipe has the traced function. Its flags column is
 * always five dots, since BPF programs cannot tell them.
 */
#include "event.h"

#include <linux/types.h>

#include "entry.h"
#include "json.h"
#include "bpf/include/probefs/record.h"
#include "value.h"

#define NS_PER_S  1000000000u
#define NS_PER_US 1000u

struct decoder {
	unsigned n_refs;
	char *program; /* owned */
	size_t program_bytes;
	struct format_table *formats; /* owned */
	GBytes *btf;                  /* owned, may be NULL */
	struct value_types *types;    /* owned, made when first needed */
};

struct decoder *decoder_new(const char *program, GBytes *formats, GBytes *btf,
			    format_symbol_fn symbol, void *data)
{
	struct decoder *decoder = g_new0(struct decoder, 1);
	size_t n_bytes = 0;
	const void *section = formats ? g_bytes_get_data(formats, &n_bytes)
				      : NULL;

	decoder->n_refs = 1;
	decoder->program = g_strdup(program);
	decoder->program_bytes = strlen(program);
	decoder->formats = format_table_new(section, n_bytes, symbol, data);
	decoder->btf = btf ? g_bytes_ref(btf) : NULL;
	return decoder;
}

struct decoder *decoder_ref(struct decoder *decoder)
{
	decoder->n_refs++;
	return decoder;
}

void decoder_unref(struct decoder *decoder)
{
	if (!decoder || --decoder->n_refs)
		return;
	g_free(decoder->program);
	format_table_free(decoder->formats);
	g_clear_pointer(&decoder->btf, g_bytes_unref);
	value_types_free(decoder->types);
	g_free(decoder);
}

static struct value_types *decoder_types(struct decoder *decoder)
{
	if (!decoder->types)
		decoder->types = value_types_new(decoder->btf);
	return decoder->types;
}

static const uint8_t *record_payload(const struct probefs_record *record)
{
	return (const uint8_t *)(record + 1);
}

/* "message":"…" or "data":…, by what the record has. */
static void put_json_payload(struct decoder *decoder,
			     const struct probefs_record *record,
			     size_t payload_bytes, struct text *text)
{
	const uint8_t *payload = record_payload(record);

	if (record->id & PROBEFS_ID_TYPE) {
		text_put_literal(text, ",\"data\":");
		value_print(decoder_types(decoder),
			    record->id & ~PROBEFS_ID_TYPE, payload,
			    payload_bytes, TEXT_JSON, text);
		return;
	}
	text_put_literal(text, ",\"message\":\"");
	if (!format_print(decoder->formats, record->id, payload, payload_bytes,
			  TEXT_JSON, text))
		text_put_hex_bytes(text, payload, payload_bytes);
	text_put_char(text, '"');
}

void event_print_message(struct decoder *decoder,
			 const struct probefs_record *record,
			 size_t payload_bytes, struct text *text)
{
	const uint8_t *payload = record_payload(record);

	if (record->id & PROBEFS_ID_TYPE)
		value_print(decoder_types(decoder),
			    record->id & ~PROBEFS_ID_TYPE, payload,
			    payload_bytes, TEXT_PLAIN, text);
	else if (!format_print(decoder->formats, record->id, payload,
			       payload_bytes, TEXT_PLAIN, text))
		text_put_hex_bytes(text, payload, payload_bytes);
	text_put_char(text, '\n');
}

/* "            bash-812     " */
static void put_task(const struct probefs_record *record, struct text *text)
{
	size_t n_comm = strnlen(record->comm, sizeof(record->comm));
	size_t length;

	text_fill(text, ' ', sizeof(record->comm) - n_comm);
	text_put_escaped(text, TEXT_PLAIN, record->comm, n_comm);
	text_put_char(text, '-');
	length = text_length(text);
	text_put_u64(text, (uint32_t)record->pid_tgid);
	length = text_length(text) - length;
	text_fill(text, ' ', length < 7 ? 8 - length : 1);
}

void event_print_line(struct decoder *decoder,
		      const struct probefs_record *record, size_t payload_bytes,
		      struct text *text)
{
	uint64_t us = record->time_ns / NS_PER_US;

	put_task(record, text);
	text_put_char(text, '[');
	text_put_u64_zeros(text, record->cpu, 3);
	text_put_literal(text, "] ..... ");
	text_put_u64_right(text, us / 1000000, 5);
	text_put_char(text, '.');
	text_put_u64_zeros(text, us % 1000000, 6);
	text_put_literal(text, ": ");
	text_put(text, decoder->program, decoder->program_bytes);
	text_put_literal(text, ": ");
	event_print_message(decoder, record, payload_bytes, text);
}

void event_print_json(struct decoder *decoder,
		      const struct probefs_record *record, size_t payload_bytes,
		      const char *probe, struct text *text)
{
	text_put_literal(text, "{\"time\":");
	json_put_time(text, record->time_ns);
	text_put_literal(text, ",\"program\":\"");
	text_put(text, decoder->program, decoder->program_bytes);
	text_put_literal(text, "\",\"comm\":");
	json_put_string(text, record->comm,
			strnlen(record->comm, sizeof(record->comm)));
	text_put_literal(text, ",\"pid\":");
	text_put_u64(text, record->pid_tgid >> 32);
	text_put_literal(text, ",\"tid\":");
	text_put_u64(text, (uint32_t)record->pid_tgid);
	text_put_literal(text, ",\"cpu\":");
	text_put_u64(text, record->cpu);
	text_put_literal(text, ",\"cgroup\":");
	text_put_u64(text, record->cgroup_id);
	if (probe) {
		text_put_literal(text, ",\"probe\":");
		json_put_string(text, probe, strlen(probe));
	}
	put_json_payload(decoder, record, payload_bytes, text);
	text_put_literal(text, "}\n");
}

static void put_json_program(const char *program, struct text *text)
{
	if (!program)
		return;
	json_put_key(text, "program");
	json_put_string(text, program, strlen(program));
}

static void note_print_json(unsigned kind, const struct note *note,
			    const char *program, struct text *text)
{
	text_put_literal(text, "{\"time\":");
	json_put_time(text, note->time_ns);
	put_json_program(program, text);
	if (kind == ENTRY_LOST) {
		json_put_key(text, "lost");
		text_put_u64(text, note->n_lost);
		json_put_key(text, "cpu");
		text_put_u64(text, note->cpu);
		json_put_key(text, "reason");
		text_put_literal(text, "\"ring full\"");
	} else {
		json_put_key(text, kind == ENTRY_MARK ? "marker" : "note");
		json_put_string(text, note->text, strlen(note->text));
	}
	text_put_literal(text, "}\n");
}

/* ": hello", so that the root output tells whose note it is. */
static void put_whose(const char *program, struct text *text)
{
	if (program) {
		text_put_literal(text, ": ");
		text_put_string(text, program);
	}
	text_put_char(text, '\n');
}

void note_print(unsigned kind, const struct note *note, const char *program,
		bool is_json, struct text *text)
{
	if (is_json) {
		note_print_json(kind, note, program, text);
		return;
	}
	text_put_literal(text, "# ");
	if (kind == ENTRY_LOST) {
		text_put_literal(text, "lost ");
		text_put_u64(text, note->n_lost);
		text_put_literal(text, " events (ring full) on cpu ");
		text_put_u64(text, note->cpu);
	} else {
		text_put_escaped(text, TEXT_PLAIN, note->text,
				 strlen(note->text));
	}
	put_whose(program, text);
}

void missed_print(uint64_t n_missed, const char *program, bool is_json,
		  struct text *text)
{
	if (is_json) {
		text_put_char(text, '{');
		put_json_program(program, text);
		json_put_key(text, "lost");
		text_put_u64(text, n_missed);
		json_put_key(text, "reason");
		text_put_literal(text, "\"reader too slow\"}\n");
		return;
	}
	text_put_literal(text, "# lost ");
	text_put_u64(text, n_missed);
	text_put_literal(text, " events (reader too slow)");
	put_whose(program, text);
}
