/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - one entry of a backlog as a line of text or of JSON.
 *
 * A decoder has what it takes to print the records of one loaded version of a
 * program: its formats and its types. Blocks of records keep it alive after
 * the version is gone. Knows nothing of rings, backlogs or readers.
 */
#ifndef PROBEFS_BPF_EVENT_H
#define PROBEFS_BPF_EVENT_H

#include "format.h"
#include "text.h"

struct decoder;
struct note;
struct probefs_record;

/* @formats, @btf: see stream_ring_new; references are taken. */
struct decoder *decoder_new(const char *program, GBytes *formats, GBytes *btf,
			    format_symbol_fn symbol, void *data);
struct decoder *decoder_ref(struct decoder *decoder);
void decoder_unref(struct decoder *decoder); /* accepts NULL */

/*
 * A record without any prefix: exactly what the program printed, or the value
 * by its type; with a newline at the end. @payload_bytes are really there.
 */
void event_print_message(struct decoder *decoder,
			 const struct probefs_record *record,
			 size_t payload_bytes, struct text *text);

/* The same behind a prefix in trace_pipe's layout. */
void event_print_line(struct decoder *decoder,
		      const struct probefs_record *record, size_t payload_bytes,
		      struct text *text);

/* As a JSON object; @probe, what fired, may be NULL. */
void event_print_json(struct decoder *decoder,
		      const struct probefs_record *record, size_t payload_bytes,
		      const char *probe, struct text *text);

/* A note of enum entry_kind @kind; @program NULL: not to be named. */
void note_print(unsigned kind, const struct note *note, const char *program,
		bool is_json, struct text *text);

/* Events that a reader did not get because it was too slow. */
void missed_print(uint64_t n_missed, const char *program, bool is_json,
		  struct text *text);

#endif
