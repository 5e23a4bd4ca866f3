/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.c - owns the table of kernel functions. Knows nothing of probes.
 *
 * All names lie in one block of text; a symbol is an address and an offset
 * in it: 120,000 symbols take 5 MB.
 */
#include "symbols.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct symbol {
	uint64_t address;
	uint32_t name; /* offset in names */
	bool is_traceable;
};

struct symbols {
	GThread *reader; /* owned; NULL: it has been joined */
	int tracefs_fd;  /* owned */
	GString *names;  /* owned */
	GArray *by_address;
	uint32_t *by_name; /* owned: indices in by_address */
	GPtrArray *traceable;
	GPtrArray *syscalls;
	GStringChunk *syscall_names;
};

static const char *const syscall_prefixes[] = {
	"__x64_sys_",   "__arm64_sys_",   "__s390x_sys_", "__se_sys_",
	"__riscv_sys_", "__powerpc_sys_", "sys_",         "__loongarch_sys_",
};

static struct symbol *symbol_at(const struct symbols *symbols, guint i)
{
	return &g_array_index(symbols->by_address, struct symbol, i);
}

static const char *symbol_name(const struct symbols *symbols, guint i)
{
	return symbols->names->str + symbol_at(symbols, i)->name;
}

/*
 * Compiler-made fragments and the padding before functions have names, but
 * nothing can be attached there; BPF programs and trampolines come and go.
 */
static bool is_plain_function(const char *name, const char *module)
{
	if (g_str_has_prefix(name, "__pfx_") ||
	    g_str_has_prefix(name, "__cfi_") || strstr(name, ".cold"))
		return false;
	return !g_str_has_prefix(module, "[bpf") &&
	       !g_str_has_prefix(module, "[__builtin");
}

/* "ffffffff81000000 T name\t[module]" */
static void symbols_add_line(struct symbols *symbols, char *line)
{
	struct symbol symbol = {};
	const char *module = "";
	char *at, *tab;

	symbol.address = g_ascii_strtoull(line, &at, 16);
	if (at == line || at[0] != ' ' || !at[1] || at[2] != ' ')
		return;
	if (!strchr("tTwW", at[1]))
		return;
	at += 3;
	tab = strchr(at, '\t');
	if (tab) {
		*tab = '\0';
		module = tab + 1;
	}
	symbol.name = symbols->names->len;
	symbol.is_traceable = is_plain_function(at, module);
	g_string_append_len(symbols->names, at, strlen(at) + 1);
	g_array_append_val(symbols->by_address, symbol);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int compare_names(const void *a, const void *b, void *data)
{
	const uint32_t *x = a, *y = b;

	return strcmp(symbol_name(data, *x), symbol_name(data, *y));
}

/* Index of the first symbol in by_name of this name, or -1. */
static int symbols_find(const struct symbols *symbols, const char *name)
{
	guint low = 0, high = symbols->by_address->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		int order = strcmp(
			symbol_name(symbols, symbols->by_name[middle]), name);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == symbols->by_address->len ||
	    strcmp(symbol_name(symbols, symbols->by_name[low]), name))
		return -1;
	return (int)low;
}

/*
 * The kernel lists one name of a function that has several, for instance
 * __do_sys_sync and not __x64_sys_sync.
 */
static void symbols_mark_aliases(struct symbols *symbols)
{
	guint n = symbols->by_address->len;

	for (guint first = 0, end; first < n; first = end) {
		uint64_t address = symbol_at(symbols, first)->address;
		bool is_traceable = false;

		for (end = first; end < n; end++) {
			if (symbol_at(symbols, end)->address != address)
				break;
			is_traceable |= symbol_at(symbols, end)->is_traceable;
		}
		/* Without CAP_SYSLOG all addresses are 0. */
		for (guint i = first; i < end && is_traceable && address; i++)
			symbol_at(symbols, i)->is_traceable = true;
	}
}

/* Lines "name" or "name [module]": these and no others are traceable. */
static void symbols_take_filter(struct symbols *symbols, char *text)
{
	char *line, *rest = text;

	for (guint i = 0; i < symbols->by_address->len; i++)
		symbol_at(symbols, i)->is_traceable = false;
	while ((line = strsep(&rest, "\n"))) {
		guint i;
		int at;

		line[strcspn(line, " \t")] = '\0';
		at = *line ? symbols_find(symbols, line) : -1;
		if (at < 0)
			continue;
		for (i = at; i < symbols->by_address->len; i++) {
			uint32_t s = symbols->by_name[i];

			if (strcmp(symbol_name(symbols, s), line))
				break;
			symbol_at(symbols, s)->is_traceable = true;
		}
	}
	symbols_mark_aliases(symbols);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static void symbols_list_traceable(struct symbols *symbols)
{
	char *last = NULL;

	for (guint i = 0; i < symbols->by_address->len; i++) {
		uint32_t s = symbols->by_name[i];
		char *name = symbols->names->str + symbol_at(symbols, s)->name;

		if (!symbol_at(symbols, s)->is_traceable ||
		    (last && !strcmp(name, last)))
			continue;
		g_ptr_array_add(symbols->traceable, name);
		last = name;
	}
}

static void symbols_list_syscalls(struct symbols *symbols)
{
	for (guint p = 0; p < G_N_ELEMENTS(syscall_prefixes); p++) {
		size_t n = strlen(syscall_prefixes[p]);

		for (guint i = 0; i < symbols->traceable->len; i++) {
			const char *name = symbols->traceable->pdata[i];
			g_autofree char *alias = NULL;

			if (strncmp(name, syscall_prefixes[p], n))
				continue;
			alias = g_strconcat("sys_", name + n, NULL);
			g_ptr_array_add(symbols->syscalls,
					g_string_chunk_insert(
						symbols->syscall_names, alias));
		}
		/* An architecture has one prefix; the first that is used. */
		if (symbols->syscalls->len)
			break;
	}
	g_ptr_array_sort(symbols->syscalls, compare_strings);
}

static void symbols_parse(struct symbols *symbols, char *kallsyms, char *filter)
{
	char *line, *rest = kallsyms;
	guint n;

	while ((line = strsep(&rest, "\n")))
		symbols_add_line(symbols, line);
	n = symbols->by_address->len;
	g_array_sort(symbols->by_address, compare_addresses);
	symbols->by_name = g_new(uint32_t, n ? n : 1);
	for (guint i = 0; i < n; i++)
		symbols->by_name[i] = i;
	g_qsort_with_data(symbols->by_name, (gint)n, sizeof(uint32_t),
			  compare_names, symbols);
	if (filter && *filter)
		symbols_take_filter(symbols, filter);
	symbols_list_traceable(symbols);
	symbols_list_syscalls(symbols);
}

/* All of a file whose size is not known; NULL where it cannot be read. */
static char *read_whole(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GString) text = NULL;
	g_autofree char *chunk = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	text = g_string_new(NULL);
	chunk = g_malloc(1 << 16);
	while ((n = read(fd, chunk, 1 << 16)) > 0)
		g_string_append_len(text, chunk, n);
	close(fd);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void *symbols_read(void *data)
{
	struct symbols *symbols = data;
	g_autofree char *kallsyms = read_whole(AT_FDCWD, "/proc/kallsyms");
	g_autofree char *filter = NULL;

	if (symbols->tracefs_fd >= 0)
		filter = read_whole(symbols->tracefs_fd,
				    "available_filter_functions");
	if (!kallsyms)
		kallsyms = g_strdup("");
	symbols_parse(symbols, kallsyms, filter);
	return NULL;
}

static struct symbols *symbols_new_empty(void)
{
	struct symbols *symbols = g_new0(struct symbols, 1);

	symbols->tracefs_fd = -1;
	symbols->names = g_string_new(NULL);
	symbols->by_address = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	symbols->traceable = g_ptr_array_new();
	symbols->syscalls = g_ptr_array_new();
	symbols->syscall_names = g_string_chunk_new(4096);
	return symbols;
}

struct symbols *symbols_new(int tracefs_fd)
{
	struct symbols *symbols = symbols_new_empty();

	if (tracefs_fd >= 0)
		symbols->tracefs_fd = fcntl(tracefs_fd, F_DUPFD_CLOEXEC, 0);
	symbols->reader = g_thread_new("symbols", symbols_read, symbols);
	return symbols;
}

struct symbols *symbols_new_from_text(const char *kallsyms,
				      const char *filter_functions)
{
	struct symbols *symbols = symbols_new_empty();
	g_autofree char *text = g_strdup(kallsyms);
	g_autofree char *filter = g_strdup(filter_functions);

	symbols_parse(symbols, text, filter);
	return symbols;
}

static void symbols_wait(struct symbols *symbols)
{
	if (!symbols->reader)
		return;
	g_thread_join(symbols->reader);
	symbols->reader = NULL;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	symbols_wait(symbols);
	if (symbols->tracefs_fd >= 0)
		close(symbols->tracefs_fd);
	g_string_free(symbols->names, TRUE);
	g_array_unref(symbols->by_address);
	g_free(symbols->by_name);
	g_ptr_array_unref(symbols->traceable);
	g_ptr_array_unref(symbols->syscalls);
	g_string_chunk_free(symbols->syscall_names);
	g_free(symbols);
}

const char *symbols_name(struct symbols *symbols, uint64_t address,
			 uint64_t *offset)
{
	guint low = 0, high;

	symbols_wait(symbols);
	high = symbols->by_address->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (symbol_at(symbols, middle)->address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Without CAP_SYSLOG all addresses are 0. */
	if (!low || !symbol_at(symbols, low - 1)->address)
		return NULL;
	*offset = address - symbol_at(symbols, low - 1)->address;
	/* Far behind the last function of a region: not in it. */
	if (*offset > 1 << 20)
		return NULL;
	return symbol_name(symbols, low - 1);
}

uint64_t symbols_address(struct symbols *symbols, const char *name)
{
	int at;

	symbols_wait(symbols);
	at = symbols_find(symbols, name);
	if (at < 0)
		return 0;
	return symbol_at(symbols, symbols->by_name[at])->address;
}

bool symbols_is_traceable(struct symbols *symbols, const char *name)
{
	guint i;
	int at;

	symbols_wait(symbols);
	at = symbols_find(symbols, name);
	if (at < 0)
		return false;
	for (i = at; i < symbols->by_address->len; i++) {
		uint32_t s = symbols->by_name[i];

		if (strcmp(symbol_name(symbols, s), name))
			break;
		if (symbol_at(symbols, s)->is_traceable)
			return true;
	}
	return false;
}

const GPtrArray *symbols_traceable(struct symbols *symbols)
{
	symbols_wait(symbols);
	return symbols->traceable;
}

GPtrArray *symbols_match(struct symbols *symbols, const char *pattern)
{
	GPtrArray *matches = g_ptr_array_new();
	GPatternSpec *spec = g_pattern_spec_new(pattern);

	symbols_wait(symbols);
	for (guint i = 0; i < symbols->traceable->len; i++) {
		char *name = symbols->traceable->pdata[i];

		if (g_pattern_spec_match_string(spec, name))
			g_ptr_array_add(matches, name);
	}
	g_pattern_spec_free(spec);
	return matches;
}

const char *symbols_syscall(struct symbols *symbols, const char *name)
{
	symbols_wait(symbols);
	for (guint p = 0; p < G_N_ELEMENTS(syscall_prefixes); p++) {
		g_autofree char *full = g_strconcat(syscall_prefixes[p], name,
						    NULL);
		int at = symbols_find(symbols, full);

		if (at >= 0)
			return symbol_name(symbols, symbols->by_name[at]);
	}
	return NULL;
}

const GPtrArray *symbols_syscalls(struct symbols *symbols)
{
	symbols_wait(symbols);
	return symbols->syscalls;
}
