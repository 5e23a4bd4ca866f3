/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backlog.h - what a stream keeps: records, and notes between them.
 *
 * A queue of blocks of BACKLOG_BLOCK_BYTES, allocated as they are needed up
 * to a limit; then the oldest block makes room for the newest. Readers have
 * cursors, which the backlog does not know: a cursor that points to a block
 * already dropped learns, when it is looked at, how many events it missed.
 *
 * To make that count exact, every entry has a weight: a record counts 1, a
 * note about N lost events counts N, any other note 0. Cursors and blocks
 * know the weight of all that came before them.
 */
#ifndef PROBEFS_BPF_BACKLOG_H
#define PROBEFS_BPF_BACKLOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/print/entry.h"

#define BACKLOG_BLOCK_BYTES (64u << 10)

struct decoder;

struct backlog_block {
	uint64_t n_before; /* weight of all entries before this block */
	uint64_t n_weight; /* of the entries in it */
	size_t n_mapped;
	uint32_t capacity;
	uint32_t used;
	struct decoder *decoder; /* owned reference; NULL: only notes */
	uint8_t data[];
};

struct backlog {
	struct backlog_block **blocks; /* owned; a ring of n_slots */
	uint32_t n_slots;              /* a power of two, or 0 */
	uint32_t n_blocks;
	uint64_t first;     /* number of the oldest block */
	uint64_t n_weight;  /* of all entries ever */
	uint64_t n_cleared; /* weight of what clear forgot: nobody's loss */
	uint64_t n_bytes;   /* of the blocks */
	uint64_t limit_bytes;
};

struct cursor {
	uint64_t block;
	uint64_t n_weight; /* of all entries before it */
	uint32_t offset;
};

void backlog_init(struct backlog *backlog, uint64_t limit_bytes);
/* Frees the blocks. Cursors then find an empty backlog. */
void backlog_forget(struct backlog *backlog, bool is_loss);
void backlog_clear(struct backlog *backlog);

/* A new block, with room for @n_bytes, where the last one has none. */
struct entry *backlog_append_slowly(struct backlog *backlog,
				    struct decoder *decoder, uint32_t n_bytes);

static inline struct backlog_block *backlog_block(const struct backlog *backlog,
						  uint64_t number)
{
	return backlog->blocks[number & (backlog->n_slots - 1)];
}

static inline uint64_t backlog_end(const struct backlog *backlog)
{
	return backlog->first + backlog->n_blocks;
}

/*
 * Room for an entry with @n_bytes of data, which the caller fills in at once.
 * @decoder (NULL for a note) is what can print it.
 */
static inline struct entry *backlog_append(struct backlog *backlog,
					   struct decoder *decoder,
					   enum entry_kind kind,
					   uint32_t n_bytes, uint64_t weight)
{
	uint32_t size = (uint32_t)sizeof(struct entry) + ((n_bytes + 7) & ~7u);
	struct backlog_block *last = NULL;
	struct entry *entry;

	if (backlog->n_blocks)
		last = backlog_block(backlog, backlog_end(backlog) - 1);
	if (G_LIKELY(last && last->capacity - last->used >= size &&
		     (!decoder || last->decoder == decoder))) {
		entry = (struct entry *)(void *)(last->data + last->used);
	} else {
		entry = backlog_append_slowly(backlog, decoder, size);
		last = backlog_block(backlog, backlog_end(backlog) - 1);
	}
	last->used += size;
	last->n_weight += weight;
	backlog->n_weight += weight;
	entry->n_bytes = n_bytes;
	entry->kind = kind;
	return entry;
}

/* A note of @text; @n_lost is its weight. */
void backlog_append_note(struct backlog *backlog, enum entry_kind kind,
			 const struct note *note, const char *text);

/* At the oldest entry that is kept. */
void cursor_init(struct cursor *cursor, const struct backlog *backlog);

/*
 * Bring @cursor to an entry: past the end of a block, out of one that was
 * dropped. The result is the entry's block, or NULL at the end; @n_missed the
 * weight of what was dropped before @cursor came there.
 */
struct backlog_block *cursor_settle(struct cursor *cursor,
				    const struct backlog *backlog,
				    uint64_t *n_missed);

static inline const struct entry *cursor_entry(
	const struct cursor *cursor, const struct backlog_block *block)
{
	return (const struct entry *)(const void *)(block->data +
						    cursor->offset);
}

/* Step over @entry, at which it is. */
void cursor_advance(struct cursor *cursor, const struct entry *entry);

/* The weight of @entry. */
uint64_t entry_weight(const struct entry *entry);
/* When it happened, by CLOCK_MONOTONIC. */
uint64_t entry_time_ns(const struct entry *entry);

#endif
