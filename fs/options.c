/* SPDX-License-Identifier: GPL-2.0-only */
/* options.c - parses the command line. Knows no FUSE and no engine. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "bpf/error.h"

const char options_usage[] =
	"Usage: probefs [options] MOUNTPOINT\n"
	"       mount -t fuse.probefs none MOUNTPOINT [-o option,...]\n"
	"\n"
	"Mount eBPF tracing as a file system; see MOUNTPOINT/README then.\n"
	"\n"
	"  -f, --foreground     stay in the foreground\n"
	"  -d, --debug          the same, and print every FUSE request\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"  -o OPTION,...\n"
	"    allow_other        let others than root in, as uid, gid, mode "
	"say\n"
	"    uid=N, gid=N       who owns the tree (0)\n"
	"    mode=OCTAL         permissions of its directories; files get the\n"
	"                       read and write bits of them (0700)\n"
	"    ring=SIZE          events a program may have under way, as 4M\n"
	"    backlog=SIZE       events kept for each program's readers\n"
	"    exclude_readers    leave out events of processes that read "
	"output\n"
	"    allow_changing_helpers\n"
	"                       let programs change the traced system\n"
	"    and mount's own: ro, nosuid, nodev, noexec, noatime ...\n";

/* What mount(8) hands on. true: the kernel is to have it. */
static const struct {
	const char *name;
	bool is_passed_on;
} mount_words[] = {
	{"rw", true},
	{"ro", true},
	{"suid", true},
	{"nosuid", true},
	{"dev", true},
	{"nodev", true},
	{"exec", true},
	{"noexec", true},
	{"async", true},
	{"sync", true},
	{"dirsync", true},
	{"atime", true},
	{"noatime", true},
	{"defaults", false},
	{"auto", false},
	{"noauto", false},
	{"user", false},
	{"nouser", false},
	{"users", false},
	{"_netdev", false},
	{"nofail", false},
	{"relatime", false},
	{"default_permissions", false},
};

/* The suffixes of a size: powers of 1024. */
static bool parse_size(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "KMG";
	unsigned int shift = 0;
	guint64 value;
	char *end;

	if (!g_ascii_isdigit(*text))
		return false;
	value = g_ascii_strtoull(text, &end, 10);
	if (*end) {
		const char *suffix = strchr(suffixes, g_ascii_toupper(*end));

		if (!suffix || end[1])
			return false;
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	}
	*bytes = value << shift;
	return value > 0 && *bytes >> shift == value && value < 1ull << 40;
}

static bool parse_number(const char *text, unsigned int base, guint64 max,
			 guint64 *value)
{
	return g_ascii_string_to_unsigned(text, base, 0, max, value, NULL);
}

static bool set_value(struct options *options, const char *name,
		      const char *value, bool *is_known)
{
	guint64 number = 0;
	bool is_good = true;

	*is_known = true;
	if (strcmp(name, "ring") == 0)
		return parse_size(value, &options->ring_bytes);
	if (strcmp(name, "backlog") == 0)
		return parse_size(value, &options->backlog_bytes);
	if (strcmp(name, "uid") == 0) {
		is_good = parse_number(value, 10, G_MAXUINT32 - 1, &number);
		options->uid = (uid_t)number;
	} else if (strcmp(name, "gid") == 0) {
		is_good = parse_number(value, 10, G_MAXUINT32 - 1, &number);
		options->gid = (gid_t)number;
	} else if (strcmp(name, "mode") == 0) {
		is_good = parse_number(value, 8, 0777, &number);
		options->mode = (mode_t)number;
	} else {
		*is_known = is_good = false;
	}
	return is_good;
}

static bool set_flag(struct options *options, const char *name)
{
	if (strcmp(name, "allow_other") == 0)
		options->allow_other = true;
	else if (strcmp(name, "exclude_readers") == 0)
		options->exclude_readers = true;
	else if (strcmp(name, "allow_changing_helpers") == 0)
		options->allow_changing_helpers = true;
	else if (strcmp(name, "debug") == 0)
		options->is_debug = true;
	else
		return false;
	return true;
}

static bool set_mount_word(struct options *options, const char *word)
{
	/* Comments for other programs, as systemd's. */
	if (g_str_has_prefix(word, "x-") || g_str_has_prefix(word, "comment="))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(mount_words); i++) {
		if (strcmp(mount_words[i].name, word) != 0)
			continue;
		if (mount_words[i].is_passed_on)
			g_string_append_printf(options->mount_flags, "%s%s",
					       options->mount_flags->len ? ","
									 : "",
					       word);
		return true;
	}
	return false;
}

static bool set_option(struct options *options, const char *word,
		       GError **error)
{
	const char *equals = strchr(word, '=');
	g_autofree char *name = NULL;
	bool is_known;

	if (!*word || set_flag(options, word) || set_mount_word(options, word))
		return true;
	if (equals) {
		name = g_strndup(word, (size_t)(equals - word));
		if (set_value(options, name, equals + 1, &is_known))
			return true;
		if (is_known) {
			probefs_set_error(error, EINVAL,
					  "-o %s: this value cannot be", word);
			return false;
		}
	}
	probefs_set_error(error, EINVAL,
			  "-o %s: unknown option; probefs --help lists them",
			  word);
	return false;
}

static bool set_options(struct options *options, const char *list,
			GError **error)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);

	for (char **word = words; *word; word++)
		if (!set_option(options, *word, error))
			return false;
	return true;
}

static bool is_word(const char *arg, const char *letter, const char *name)
{
	return strcmp(arg, letter) == 0 || strcmp(arg, name) == 0;
}

static bool set_switch(struct options *options, const char *arg)
{
	if (is_word(arg, "-f", "--foreground"))
		options->is_foreground = true;
	else if (is_word(arg, "-d", "--debug"))
		options->is_debug = true;
	else if (is_word(arg, "-h", "--help"))
		options->wants_help = true;
	else if (is_word(arg, "-V", "--version"))
		options->wants_version = true;
	else
		return false;
	return true;
}

/* One word of the command line; *index moves on over its value. */
static bool parse_word(struct options *options, int argc, char **argv,
		       int *index, GPtrArray *others, GError **error)
{
	const char *arg = argv[*index];

	if (arg[0] != '-' || !arg[1]) {
		g_ptr_array_add(others, argv[*index]);
		return true;
	}
	if (set_switch(options, arg))
		return true;
	if (strncmp(arg, "-o", 2) == 0 && arg[2])
		return set_options(options, arg + 2, error);
	if (strcmp(arg, "-o") == 0 && *index + 1 < argc)
		return set_options(options, argv[++*index], error);
	probefs_set_error(error, EINVAL, "%s: %s; probefs --help lists them",
			  arg,
			  strcmp(arg, "-o") == 0 ? "an option is missing"
						 : "unknown option");
	return false;
}

static bool take_others(struct options *options, GPtrArray *others,
			GError **error)
{
	if (others->len < 1 || others->len > 2) {
		probefs_set_error(error, EINVAL,
				  others->len
					  ? "one mount point is needed, not "
					    "%u words"
					  : "a mount point is missing; usage: "
					    "probefs [options] MOUNTPOINT",
				  others->len);
		return false;
	}
	/* mount(8) says what to mount before it says where. */
	if (others->len == 2)
		options->source = g_strdup(others->pdata[0]);
	options->mountpoint = g_strdup(others->pdata[others->len - 1]);
	return true;
}

bool options_parse(struct options *options, int argc, char **argv,
		   GError **error)
{
	g_autoptr(GPtrArray) others = g_ptr_array_new();

	*options = (struct options){
		.mode = 0700,
		.mount_flags = g_string_new(NULL),
	};
	for (int i = 1; i < argc; i++)
		if (!parse_word(options, argc, argv, &i, others, error))
			return false;
	if (options->is_debug)
		options->is_foreground = true;
	if (options->wants_help || options->wants_version)
		return true;
	return take_others(options, others, error);
}

void options_clear(struct options *options)
{
	g_free(options->mountpoint);
	g_free(options->source);
	g_string_free(options->mount_flags, TRUE);
}
