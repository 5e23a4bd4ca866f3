// SPDX-License-Identifier: GPL-2.0-only
/*
 * backlog.c - the blocks of a backlog, and the cursors into it.
 *
 * Blocks are mapped, not allocated from the heap, so that what is forgotten
 * goes back to the system whatever else the heap holds.
 */
#include "backlog.h"

#include <linux/types.h>
#include <sys/mman.h>

#include "bpf/print/event.h"
#include "bpf/include/probefs/record.h"

void backlog_init(struct backlog *backlog, uint64_t limit_bytes)
{
	*backlog = (struct backlog){
		.limit_bytes = MAX(limit_bytes, 2 * BACKLOG_BLOCK_BYTES)};
}

static struct backlog_block *block_map(size_t n_mapped)
{
	struct backlog_block *block = mmap(NULL, n_mapped,
					   PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		g_error("backlog: no memory for %zu bytes", n_mapped);
	block->n_mapped = n_mapped;
	block->capacity = (uint32_t)(n_mapped - sizeof(*block));
	return block;
}

static void block_unmap(struct backlog_block *block)
{
	decoder_unref(block->decoder);
	munmap(block, block->n_mapped);
}

static struct backlog_block *drop_oldest(struct backlog *backlog)
{
	struct backlog_block *block = backlog_block(backlog, backlog->first);

	backlog->first++;
	backlog->n_blocks--;
	backlog->n_bytes -= block->n_mapped;
	return block;
}

/* A block that can hold @n_bytes: an old one where the limit is reached. */
static struct backlog_block *make_block(struct backlog *backlog,
					uint32_t n_bytes)
{
	size_t page = 4096;
	size_t n_mapped = MAX(BACKLOG_BLOCK_BYTES,
			      (sizeof(struct backlog_block) + n_bytes + page) &
				      ~(page - 1));

	while (backlog->n_blocks &&
	       backlog->n_bytes + n_mapped > backlog->limit_bytes) {
		struct backlog_block *block = drop_oldest(backlog);

		if (block->n_mapped == n_mapped) {
			g_clear_pointer(&block->decoder, decoder_unref);
			block->used = 0;
			return block;
		}
		block_unmap(block);
	}
	return block_map(n_mapped);
}

static void grow_slots(struct backlog *backlog)
{
	uint32_t n_slots = MAX(backlog->n_slots * 2, 4);
	struct backlog_block **blocks = g_new0(struct backlog_block *, n_slots);

	for (uint64_t i = backlog->first; i < backlog_end(backlog); i++)
		blocks[i & (n_slots - 1)] = backlog_block(backlog, i);
	g_free(backlog->blocks);
	backlog->blocks = blocks;
	backlog->n_slots = n_slots;
}

struct entry *backlog_append_slowly(struct backlog *backlog,
				    struct decoder *decoder, uint32_t n_bytes)
{
	struct backlog_block *block = NULL;

	if (backlog->n_blocks)
		block = backlog_block(backlog, backlog_end(backlog) - 1);
	if (!block || block->capacity - block->used < n_bytes ||
	    (decoder && block->decoder && block->decoder != decoder)) {
		block = make_block(backlog, n_bytes);
		block->n_before = backlog->n_weight;
		block->n_weight = 0;
		if (backlog->n_blocks == backlog->n_slots)
			grow_slots(backlog);
		backlog->n_blocks++;
		backlog->n_bytes += block->n_mapped;
		backlog->blocks[(backlog_end(backlog) - 1) &
				(backlog->n_slots - 1)] = block;
	}
	if (decoder && !block->decoder)
		block->decoder = decoder_ref(decoder);
	return (struct entry *)(void *)(block->data + block->used);
}

void backlog_append_note(struct backlog *backlog, enum entry_kind kind,
			 const struct note *note, const char *text)
{
	size_t n_text = strlen(text) + 1;
	uint32_t n_bytes = (uint32_t)(sizeof(*note) + n_text);
	struct entry *entry = backlog_append(backlog, NULL, kind, n_bytes,
					     note->n_lost);
	struct note *copy = (struct note *)(void *)(entry + 1);

	*copy = *note;
	memcpy(copy->text, text, n_text);
}

void backlog_forget(struct backlog *backlog, bool is_loss)
{
	while (backlog->n_blocks)
		block_unmap(drop_oldest(backlog));
	if (!is_loss)
		backlog->n_cleared = backlog->n_weight;
}

void backlog_clear(struct backlog *backlog)
{
	backlog_forget(backlog, false);
	g_clear_pointer(&backlog->blocks, g_free);
	backlog->n_slots = 0;
}

void cursor_init(struct cursor *cursor, const struct backlog *backlog)
{
	*cursor = (struct cursor){.block = backlog->first,
				  .n_weight = backlog->n_weight};
	if (backlog->n_blocks)
		cursor->n_weight =
			backlog_block(backlog, backlog->first)->n_before;
}

/* The oldest block is gone: go on at the one that is now the oldest. */
static uint64_t skip_dropped(struct cursor *cursor,
			     const struct backlog *backlog)
{
	struct cursor oldest;
	uint64_t seen = MAX(cursor->n_weight, backlog->n_cleared);
	uint64_t n_missed;

	cursor_init(&oldest, backlog);
	n_missed = oldest.n_weight - MIN(seen, oldest.n_weight);
	*cursor = oldest;
	return n_missed;
}

struct backlog_block *cursor_settle(struct cursor *cursor,
				    const struct backlog *backlog,
				    uint64_t *n_missed)
{
	struct backlog_block *block;

	*n_missed = 0;
	if (G_UNLIKELY(cursor->block < backlog->first))
		*n_missed = skip_dropped(cursor, backlog);
	if (cursor->block == backlog_end(backlog))
		return NULL;
	block = backlog_block(backlog, cursor->block);
	if (cursor->offset < block->used)
		return block;
	/* The last block may still grow: stay in it. */
	if (cursor->block + 1 == backlog_end(backlog))
		return NULL;
	cursor->block++;
	cursor->offset = 0;
	return backlog_block(backlog, cursor->block);
}

uint64_t entry_weight(const struct entry *entry)
{
	if (entry->kind == ENTRY_RECORD)
		return 1;
	return ((const struct note *)(const void *)(entry + 1))->n_lost;
}

uint64_t entry_time_ns(const struct entry *entry)
{
	const void *data = entry + 1;

	if (entry->kind == ENTRY_RECORD)
		return ((const struct probefs_record *)data)->time_ns;
	return ((const struct note *)data)->time_ns;
}

void cursor_advance(struct cursor *cursor, const struct entry *entry)
{
	cursor->offset += (uint32_t)sizeof(*entry) +
			  ((entry->n_bytes + 7) & ~7u);
	cursor->n_weight += entry_weight(entry);
}
