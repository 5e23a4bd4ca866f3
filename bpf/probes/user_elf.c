/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_elf.c - owns the reading of ELF files that user probes are in, and a
 * few of them that were read lately.
 *
 * Read with read(), not mapped: the file may become shorter meanwhile.
 */
#include "user_elf.h"

#include "bpf/error.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#define N_ELVES_KEPT     4
#define N_FUNCTIONS_KEPT 100000 /* in all; about 5 MB */

#define NOTE_SECTION     ".note.stapsdt"
#define BASE_SECTION     ".stapsdt.base"
#define NOTE_OWNER       "stapsdt"
#define NOTE_TYPE        3

#define VERSION_HIDDEN   0x8000 /* of .gnu.version */

struct segment {
	uint64_t address, n_bytes, offset;
	bool is_code;
};

struct kept {
	struct user_file file; /* without fd and rest */
	struct user_elf *elf;
};

struct user_elves {
	GQueue kept; /* struct kept, the last used first */
};

static void user_elf_free(struct user_elf *elf)
{
	if (!elf)
		return;
	g_array_unref(elf->functions);
	g_array_unref(elf->probes);
	g_array_unref(elf->segments);
	g_string_chunk_free(elf->strings);
	g_free(elf);
}

/* --- Symbols ----------------------------------------------------------- */

static bool is_function(const GElf_Sym *symbol)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) &&
	       symbol->st_shndx != SHN_UNDEF && symbol->st_value;
}

/* @versions: data of .gnu.version, or NULL. */
static void read_symbols(struct user_elf *elf, Elf *file,
			 const GElf_Shdr *section, Elf_Data *data,
			 Elf_Data *versions)
{
	size_t n = section->sh_entsize ? section->sh_size / section->sh_entsize
				       : 0;

	for (size_t i = 0; i < n; i++) {
		struct user_function function;
		GElf_Versym version;
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(data, (int)i, &symbol) ||
		    !is_function(&symbol))
			continue;
		name = elf_strptr(file, section->sh_link, symbol.st_name);
		if (!name || !*name || strchr(name, '/'))
			continue;
		function.name = g_string_chunk_insert_const(elf->strings, name);
		function.address = symbol.st_value;
		function.n_bytes = symbol.st_size;
		function.is_indirect = GELF_ST_TYPE(symbol.st_info) ==
				       STT_GNU_IFUNC;
		function.is_default = versions &&
				      gelf_getversym(versions, (int)i,
						     &version) &&
				      !(version & VERSION_HIDDEN);
		g_array_append_val(elf->functions, function);
	}
}

static int compare_functions(gconstpointer a, gconstpointer b)
{
	const struct user_function *x = a;
	const struct user_function *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return y->is_default - x->is_default;
}

/* A function that is in both tables is one. */
static void tidy_functions(struct user_elf *elf)
{
	struct user_function *all;
	guint n = 0;

	g_array_sort(elf->functions, compare_functions);
	all = (void *)elf->functions->data;
	for (guint i = 0; i < elf->functions->len; i++)
		if (!n || all[n - 1].name != all[i].name ||
		    all[n - 1].address != all[i].address)
			all[n++] = all[i];
	g_array_set_size(elf->functions, n);
}

/* --- Notes of USDT probes ---------------------------------------------- */

/* A string of a note's description, from @at on; it moves behind it. */
static const char *note_string(const char **at, const char *end)
{
	const char *text = *at;
	const char *zero = memchr(text, '\0', (size_t)(end - text));

	if (!zero)
		return NULL;
	*at = zero + 1;
	return text;
}

/*
 * Three addresses and three strings. Where prelink moved the section
 * .stapsdt.base, to @base, it moved the rest as far.
 */
static void read_note(struct user_elf *elf, Elf *file, Elf_Data *data,
		      size_t offset, size_t n_bytes, uint64_t base)
{
	size_t n = gelf_getclass(file) == ELFCLASS32 ? 4 : 8;
	const char *at = (const char *)data->d_buf + offset;
	const char *end = at + n_bytes;
	const char *provider, *name, *arguments;
	uint64_t addresses[3] = {};
	struct user_probe probe;

	if (n_bytes < 3 * n)
		return;
	for (size_t i = 0; i < 3; i++, at += n)
		memcpy(&addresses[i], at, n);
	provider = note_string(&at, end);
	name = provider ? note_string(&at, end) : NULL;
	arguments = name ? note_string(&at, end) : NULL;
	if (!arguments || !*provider || !*name || strchr(provider, '/') ||
	    strchr(name, '/'))
		return;
	base = base && addresses[1] ? base - addresses[1] : 0;
	probe.provider = g_string_chunk_insert_const(elf->strings, provider);
	probe.name = g_string_chunk_insert_const(elf->strings, name);
	probe.arguments = g_string_chunk_insert_const(elf->strings, arguments);
	probe.address = addresses[0] + base;
	probe.counter = addresses[2] ? addresses[2] + base : 0;
	g_array_append_val(elf->probes, probe);
}

static void read_notes(struct user_elf *elf, Elf *file, Elf_Data *data,
		       uint64_t base)
{
	size_t at = 0, name, description;
	GElf_Nhdr note;

	while ((at = gelf_getnote(data, at, &note, &name, &description)))
		if (note.n_type == NOTE_TYPE &&
		    note.n_namesz == sizeof(NOTE_OWNER) &&
		    !memcmp((const char *)data->d_buf + name, NOTE_OWNER,
			    sizeof(NOTE_OWNER)))
			read_note(elf, file, data, description, note.n_descsz,
				  base);
}

static int compare_probes(gconstpointer a, gconstpointer b)
{
	const struct user_probe *x = a;
	const struct user_probe *y = b;
	int order = strcmp(x->provider, y->provider);

	return order ? order : strcmp(x->name, y->name);
}

/* --- Files ------------------------------------------------------------- */

static void read_segments(struct user_elf *elf, Elf *file)
{
	GElf_Phdr header;
	size_t n;

	if (elf_getphdrnum(file, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		struct segment segment;

		if (!gelf_getphdr(file, (int)i, &header) ||
		    header.p_type != PT_LOAD)
			continue;
		segment.address = header.p_vaddr;
		segment.n_bytes = header.p_filesz;
		segment.offset = header.p_offset;
		segment.is_code = header.p_flags & PF_X;
		g_array_append_val(elf->segments, segment);
	}
}

struct sections {
	Elf_Scn *symbols, *dynamic, *versions, *notes;
	uint64_t base; /* the address of .stapsdt.base, or 0 */
};

static void find_sections(Elf *file, struct sections *found)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(file, &names))
		return;
	while ((section = elf_nextscn(file, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(file, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB)
			found->symbols = section;
		else if (header.sh_type == SHT_DYNSYM)
			found->dynamic = section;
		else if (header.sh_type == SHT_GNU_versym)
			found->versions = section;
		else if (!g_strcmp0(name, NOTE_SECTION))
			found->notes = section;
		else if (!g_strcmp0(name, BASE_SECTION))
			found->base = header.sh_addr;
	}
}

static void read_table(struct user_elf *elf, Elf *file, Elf_Scn *table,
		       Elf_Scn *versions)
{
	Elf_Data *data = table ? elf_getdata(table, NULL) : NULL;
	GElf_Shdr header;

	if (data && gelf_getshdr(table, &header))
		read_symbols(elf, file, &header, data,
			     versions ? elf_getdata(versions, NULL) : NULL);
}

static struct user_elf *read_elf(Elf *file)
{
	struct user_elf *elf = g_new0(struct user_elf, 1);
	struct sections sections = {};
	Elf_Data *notes;

	elf->functions = g_array_new(FALSE, FALSE,
				     sizeof(struct user_function));
	elf->probes = g_array_new(FALSE, FALSE, sizeof(struct user_probe));
	elf->segments = g_array_new(FALSE, FALSE, sizeof(struct segment));
	elf->strings = g_string_chunk_new(4096);
	read_segments(elf, file);
	find_sections(file, &sections);
	elf->is_stripped = !sections.symbols;
	read_table(elf, file, sections.symbols, NULL);
	read_table(elf, file, sections.dynamic, sections.versions);
	tidy_functions(elf);
	notes = sections.notes ? elf_getdata(sections.notes, NULL) : NULL;
	if (notes)
		read_notes(elf, file, notes, sections.base);
	g_array_sort(elf->probes, compare_probes);
	return elf;
}

static bool is_program(Elf *file)
{
	GElf_Ehdr header;

	return elf_kind(file) == ELF_K_ELF && gelf_getehdr(file, &header) &&
	       (header.e_type == ET_EXEC || header.e_type == ET_DYN);
}

static struct user_elf *user_elf_read(const struct user_file *file,
				      GError **error)
{
	int fd = user_file_open(file, error);
	struct user_elf *elf = NULL;
	Elf *opened;

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	opened = elf_begin(fd, ELF_C_READ, NULL);
	if (opened && is_program(opened))
		elf = read_elf(opened);
	else
		probefs_set_error(error, EINVAL,
				  "it is neither a program nor a library (an "
				  "ELF file)");
	elf_end(opened);
	close(fd);
	return elf;
}

/* --- What was read lately ---------------------------------------------- */

struct user_elves *user_elves_new(void)
{
	struct user_elves *elves = g_new0(struct user_elves, 1);

	g_queue_init(&elves->kept);
	return elves;
}

static void kept_free(gpointer data)
{
	struct kept *kept = data;

	user_elf_free(kept->elf);
	g_free(kept);
}

void user_elves_free(struct user_elves *elves)
{
	if (!elves)
		return;
	g_queue_clear_full(&elves->kept, kept_free);
	g_free(elves);
}

static bool is_same_file(const struct user_file *a, const struct user_file *b)
{
	return a->inode == b->inode && a->device_minor == b->device_minor &&
	       a->device_major == b->device_major &&
	       a->size_bytes == b->size_bytes && a->changed_ns == b->changed_ns;
}

/* The first is the caller's; of the others what is small enough stays. */
static void forget_some(struct user_elves *elves)
{
	guint n = 0, n_functions = 0;
	GList *next;

	for (GList *at = elves->kept.head; at; at = next, n++) {
		struct kept *kept = at->data;

		next = at->next;
		n_functions += kept->elf->functions->len;
		if (!n || (n < N_ELVES_KEPT && n_functions < N_FUNCTIONS_KEPT))
			continue;
		kept_free(kept);
		g_queue_delete_link(&elves->kept, at);
	}
}

const struct user_elf *user_elves_get(struct user_elves *elves,
				      const struct user_file *file,
				      GError **error)
{
	struct user_elf *elf;
	struct kept *kept;

	for (GList *at = elves->kept.head; at; at = at->next) {
		kept = at->data;
		if (!is_same_file(&kept->file, file))
			continue;
		g_queue_unlink(&elves->kept, at);
		g_queue_push_head_link(&elves->kept, at);
		return kept->elf;
	}
	elf = user_elf_read(file, error);
	if (!elf)
		return NULL;
	kept = g_new0(struct kept, 1);
	kept->file = *file;
	kept->file.fd = -1;
	kept->file.rest = NULL;
	kept->elf = elf;
	g_queue_push_head(&elves->kept, kept);
	forget_some(elves);
	return elf;
}

/* --- Looking up -------------------------------------------------------- */

/* The first function whose name is not below @name. */
static guint lower_bound(const GArray *functions, const char *name)
{
	const struct user_function *all = (const void *)functions->data;
	guint low = 0, high = functions->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (strcmp(all[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void user_elf_functions(const struct user_elf *elf, const char *name,
			guint *first, guint *last)
{
	const struct user_function *all = (const void *)elf->functions->data;
	guint i = lower_bound(elf->functions, name);

	*first = i;
	while (i < elf->functions->len && !strcmp(all[i].name, name))
		i++;
	*last = i;
}

bool user_elf_offset(const struct user_elf *elf, uint64_t address, bool is_code,
		     uint64_t *offset)
{
	for (guint i = 0; i < elf->segments->len; i++) {
		const struct segment *segment =
			&g_array_index(elf->segments, struct segment, i);

		if ((is_code && !segment->is_code) ||
		    address < segment->address ||
		    address - segment->address >= segment->n_bytes)
			continue;
		*offset = address - segment->address + segment->offset;
		return true;
	}
	return false;
}
