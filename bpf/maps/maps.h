/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.h - a BPF map as text that people and jq read, and text that people
 * write back.
 *
 * A line is an entry, "KEY<TAB>VALUE", by the map's BTF types:
 *
 *	812	3                            numbers
 *	pid=812 comm=bash	n=3 bytes=96 structures
 *	10.0.0.0/8	1                    the keys of a trie
 *	bash	[1 0 4]                      an array
 *	"Web Content"	1                    a string that needs quotes
 *
 * A structure of one member looks as that member does. Without a type, 1, 2,
 * 4 or 8 bytes are an unsigned number, others hexadecimal digits. Lines that
 * begin with '#' are remarks.
 *
 * A view does not change, but for its cache of types: a view is for one thread
 * at a time. There are no globals. All functions here call the kernel and may
 * take as long as the map is large; they belong in a worker.
 */
#ifndef PROBEFS_BPF_MAPS_H
#define PROBEFS_BPF_MAPS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct bpf_map_info;
struct btf;
struct map_view;
struct version_variable;

/*
 * What a map's numbers count. Nothing in a map says whether it is log2 or
 * linear: a program that calls bpf_log2l() has the former.
 */
enum map_histogram {
	/*
	 * Draw it if an array in its value is named slots or hist, the
	 * convention of libbpf-tools: a member of a structure, or the whole
	 * value where the map has such a name.
	 */
	MAP_HISTOGRAM_BY_NAME,
	MAP_HISTOGRAM_NONE,
	/*
	 * BCC's BPF_HISTOGRAM: a key is the number of a slot, or a structure
	 * that has it as its member named slot, or as its last one. One with
	 * counts beyond slot 64 is drawn as a linear one. Where the types are
	 * not like that, nothing is drawn.
	 */
	MAP_HISTOGRAM_LOG2,
	MAP_HISTOGRAM_LINEAR,
};

/* Everything here is borrowed, and needed by map_view_new only. */
struct map_source {
	int fd;                          /* duplicated */
	const struct bpf_map_info *info; /* type, sizes, max_entries, flags */
	const struct btf *btf;           /* may be NULL; is only read */
	uint32_t key_type_id;            /* in @btf; 0: none */
	uint32_t value_type_id;          /* likewise */
	const char *name; /* the user's, for sentences and units */
	enum map_histogram histogram;
};

/*
 * A view of a map, owned by the caller. NULL: EMFILE, when there are no more
 * descriptors. A type that is not of the map's size counts as no type.
 */
struct map_view *map_view_new(const struct map_source *source, GError **error);
void map_view_free(struct map_view *view); /* accepts NULL */

enum map_form {
	/*
	 * Lines sorted by key: numbers by their value, structures member by
	 * member. An array's entries of zeros are left out. Of a per-CPU map
	 * the sum over CPUs where the value is made of numbers only and no sum
	 * is too large for its type, and the parts otherwise. Histograms are
	 * drawn as BCC's print_log2_hist and print_linear_hist draw them; the
	 * column of slots is headed by the unit in the map's name ("ms" in
	 * read_ms), or "value".
	 */
	MAP_TEXT,
	/* The same entries as [{"key":…,"value":…},…]; nothing is drawn. */
	MAP_JSON,
	/* As MAP_TEXT, with a per-CPU value as "cpu0=1 cpu1=4". */
	MAP_PERCPU,
	/* As MAP_TEXT, with an array's entries of zeros, and nothing drawn. */
	MAP_ALL,
};

/*
 * Read the map and write it as @form. Neither the entries in memory nor the
 * result are larger than @max_bytes. A map whose entries cannot be read is a
 * remark that says what it is ("[]" in JSON); a queue or stack is a remark
 * and its next value alone, which stays there.
 *
 * The caller owns the result. NULL: EFBIG, a larger map; EPERM, a map that
 * user space may not read; other errno of the kernel.
 */
GBytes *map_render(struct map_view *view, enum map_form form, size_t max_bytes,
		   GError **error);

/*
 * Change the map as the @n_bytes at @text say, in the notation of MAP_TEXT,
 * MAP_PERCPU and MAP_ALL and a few more: a line "KEY VALUE" sets an entry,
 * "!KEY" deletes one (an array's becomes zero), for a queue or stack "VALUE"
 * adds one. Between key and value are blanks or a TAB, which also ends a key
 * that is a structure without braces. A structure may be positional, "{1 2}",
 * a number 0x1f, 0b11, 0o17 or of decimal digits, 4 and 16 bytes an IPv4 and
 * IPv6 address. One value for a per-CPU map becomes the first CPU's, and the
 * others zero, so that the sum is that value. Empty lines and remarks count
 * as nothing. A drawn histogram cannot be written back, MAP_ALL's lines can.
 *
 * @replaces: other entries go; without any line, the map is cleared.
 *
 * All lines are parsed and checked before the first one is applied, and what
 * was applied is undone when the kernel refuses a later one. Programs that use
 * the map meanwhile see the changes one by one. False, and nothing changed:
 * EINVAL, ERANGE, a line is wrong (the sentence says which, where, and what
 * would be right); ENOENT, no such key to delete; E2BIG, the map is full;
 * EPERM, a map that is frozen or read-only; EOPNOTSUPP, user space cannot set
 * entries of such a map; other errno of the kernel.
 */
bool map_write(struct map_view *view, const char *text, size_t n_bytes,
	       bool replaces, GError **error);

/*
 * The same without changing anything: what is wrong with the lines by
 * themselves. EINVAL, ERANGE and EOPNOTSUPP as above.
 */
bool map_check(struct map_view *view, const char *text, size_t n_bytes,
	       GError **error);

/*
 * Has a map of @type (enum bpf_map_type) this form? MAP_ALL and MAP_PERCPU are
 * for those where they differ from MAP_TEXT.
 */
bool map_has_form(uint32_t type, enum map_form form);

/* Does MAP_TEXT draw a histogram? */
bool map_view_is_histogram(const struct map_view *view);

/* --- Global variables: a part of the one entry of a map ---------------- */

/*
 * Its value by its type, a line. @btf: raw, borrowed. The caller owns the
 * result. NULL: errno of the kernel.
 */
GBytes *map_variable_render(const struct version_variable *variable,
			    GBytes *btf, GError **error);

/*
 * The bytes of the value that the one line @text has, in the notation in which
 * it is printed; an empty text is zero. Owned by the caller. NULL: EINVAL,
 * ERANGE, what is wrong with the line.
 */
GBytes *map_variable_parse(const struct version_variable *variable, GBytes *btf,
			   const char *text, size_t n_bytes, GError **error);

/*
 * Set it to @value; only its own bytes are written. False: EPERM, a constant,
 * which the kernel let nobody change; other errno of the kernel.
 */
bool map_variable_set(const struct version_variable *variable, GBytes *value,
		      GError **error);

#endif
