/* SPDX-License-Identifier: GPL-2.0-only */
/* suggest.c - owns the edit distance. Knows nothing of what the names name. */
#include "suggest.h"

#include <stdint.h>
#include <string.h>

#define N_DISTANCE_MAX   4
#define N_NAME_BYTES_MAX 128

/* One bit a letter: two names whose sets differ much are far apart. */
static uint64_t letters_of(const char *name)
{
	uint64_t letters = 0;

	for (; *name; name++)
		letters |= 1ull << ((unsigned char)*name & 63);
	return letters;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	return MIN(MIN(a, b), c);
}

/*
 * Insertions, deletions, changes and swaps of neighbours from @a to @b; gives
 * up with @limit + 1 as soon as it must be more than @limit. What is further
 * from the diagonal than @limit costs more than that: it is not computed.
 */
static unsigned edit_distance(const char *a, size_t n_a, const char *b,
			      size_t n_b, unsigned limit)
{
	unsigned rows[3][N_NAME_BYTES_MAX + 2];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= MIN(n_b, limit + 1); j++)
		last[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t first = i > limit ? i - limit : 1;
		size_t end = MIN(n_b, i + limit);
		unsigned best = row[first - 1] = first == 1 ? i : limit + 1;
		unsigned *spare = before;

		for (size_t j = first; j <= end; j++) {
			unsigned cost = a[i - 1] != b[j - 1];

			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				      last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
			best = MIN(best, row[j]);
		}
		if (best > limit)
			return limit + 1;
		row[end + 1] = limit + 1;
		before = last;
		last = row;
		row = spare;
	}
	return last[n_b];
}

const char *suggest_nearest(const char *wanted, const GPtrArray *names)
{
	size_t n_wanted = strlen(wanted);
	uint64_t letters = letters_of(wanted);
	unsigned limit = MIN(N_DISTANCE_MAX, n_wanted / 3 + 1);
	const char *nearest = NULL;

	if (!n_wanted || n_wanted > N_NAME_BYTES_MAX)
		return NULL;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		size_t n = strlen(name);
		unsigned distance;

		if (n > n_wanted + limit || n_wanted > n + limit ||
		    n > N_NAME_BYTES_MAX)
			continue;
		if ((unsigned)__builtin_popcountll(letters ^ letters_of(name)) >
		    2 * limit)
			continue;
		distance = edit_distance(wanted, n_wanted, name, n, limit);
		if (distance > limit || (nearest && distance == limit))
			continue;
		nearest = name;
		limit = distance;
		if (!distance)
			break;
	}
	return nearest;
}

char *suggest_phrase(const char *wanted, const GPtrArray *names)
{
	const char *nearest = suggest_nearest(wanted, names);

	if (!nearest)
		return g_strdup("");
	return g_strdup_printf("; did you mean %s?", nearest);
}
