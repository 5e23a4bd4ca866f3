/* SPDX-License-Identifier: GPL-2.0-only */
/* listing.c - owns the entries of an open directory. Knows no FUSE. */
#include "node.h"

struct listing {
	GArray *entries;      /* owned; struct listing_entry */
	GPtrArray *names;     /* owned; GPtrArray * taken over */
	GStringChunk *copies; /* owned; names added one by one */
};

struct listing *listing_new(void)
{
	struct listing *listing = g_new0(struct listing, 1);

	listing->entries = g_array_new(FALSE, FALSE,
				       sizeof(struct listing_entry));
	listing->names = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_ptr_array_unref);
	listing->copies = g_string_chunk_new(256);
	return listing;
}

void listing_free(struct listing *listing)
{
	g_array_unref(listing->entries);
	g_ptr_array_unref(listing->names);
	g_string_chunk_free(listing->copies);
	g_free(listing);
}

static void append(struct listing *listing, const char *name,
		   const struct node_type *type, uint64_t ino)
{
	struct listing_entry entry = {name, type, ino};

	g_array_append_val(listing->entries, entry);
}

void listing_add(struct listing *listing, const char *name,
		 const struct node_type *type)
{
	listing_add_file(listing, name, type, 0);
}

void listing_add_file(struct listing *listing, const char *name,
		      const struct node_type *type, uint64_t ino)
{
	append(listing, g_string_chunk_insert(listing->copies, name), type,
	       ino);
}

void listing_take(struct listing *listing, GPtrArray *names,
		  const struct node_type *type)
{
	g_ptr_array_add(listing->names, names);
	for (guint i = 0; i < names->len; i++)
		append(listing, names->pdata[i], type, 0);
}

size_t listing_length(const struct listing *listing)
{
	return listing->entries->len;
}

const struct listing_entry *listing_get(const struct listing *listing,
					size_t index)
{
	return &g_array_index(listing->entries, struct listing_entry, index);
}
