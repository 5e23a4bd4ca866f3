/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_log.c - owns the reading of libbpf's and the verifier's messages.
 * Knows nothing of programs; the mapping to source lines is in version.c.
 */
#include "kernel_log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_KEPT_BYTES (64 << 10)

/* The callback has no argument of ours; a thread runs one job at a time. */
static _Thread_local GString *kept;

static int keep_message(enum libbpf_print_level level, const char *format,
			va_list args)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!kept || level == LIBBPF_DEBUG || kept->len > N_KEPT_BYTES)
		return 0;
	text = g_strdup_vprintf(format, args);
	at = g_str_has_prefix(text, "libbpf: ") ? text + 8 : text;
	g_string_append(kept, at);
	return 0;
}

void kernel_log_init(void)
{
	libbpf_set_print(keep_message);
}

void kernel_log_begin(void)
{
	kept = g_string_new(NULL);
}

char *kernel_log_end(void)
{
	GString *text = g_steal_pointer(&kept);

	g_strchomp(text->str);
	return g_string_free(text, FALSE);
}

/* "12: (85) call …" and what else is not a reason. */
static bool is_trace_line(const char *line)
{
	static const char *const starts[] = {
		"processed ",  "verification time",
		"stack depth", "max_states",
		"; ",          "--",
		"last_idx ",   "regs=",
		"parent ",     "mark_precise",
		"func#",       "from ",
	};

	if (!*line)
		return true;
	for (guint i = 0; i < G_N_ELEMENTS(starts); i++)
		if (g_str_has_prefix(line, starts[i]))
			return true;
	if (isdigit((unsigned char)*line)) {
		line += strspn(line, "0123456789");
		return *line == ':';
	}
	return false;
}

char *kernel_log_reason(const char *log)
{
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);

	guint end = g_strv_length(lines);

	while (end && is_trace_line(lines[end - 1]))
		end--;
	if (!end)
		return NULL;
	/* It may take several lines; the first has the most to say. */
	while (end > 1 && !is_trace_line(lines[end - 2]))
		end--;
	return g_strdup(lines[end - 1]);
}

static const struct {
	const char *reason; /* a part of it */
	const char *hint;
} hints[] = {
	{"infinite loop", "a loop needs an end that the verifier can prove"},
	{"back-edge", "a loop needs an end that the verifier can prove"},
	{"too large", "too many instructions to verify; bound its loops"},
	{"sequence of", "too many jumps to verify; bound its loops"},
	{"_or_null", "compare the pointer with NULL before using it"},
	{"invalid access to map value",
	 "compare the offset with the size of the value first"},
	{"makes pkt pointer", "compare the offset with the bounds first"},
	{"min value is negative", "make the index unsigned and bound it"},
	{"unbounded memory access", "bound the index or size first"},
	{"invalid mem access 'scalar'",
	 "a kernel pointer is read with bpf_probe_read_kernel"},
	{"invalid mem access 'inv'",
	 "a kernel pointer is read with bpf_probe_read_kernel"},
	{"invalid bpf_context access",
	 "the context of this kind of probe has no such field"},
	{"!read_ok", "give the variable a value before it is used"},
	{"invalid indirect read from stack",
	 "give all bytes of the variable a value (also its padding)"},
	{"unknown func", "this kernel has no such helper for this probe"},
	{"cannot use helper", "this helper is not for this kind of probe"},
	{"GPL-restricted",
	 "the kernel asks for char LICENSE[] SEC(\"license\") = \"GPL\""},
	{"stack", "at most 512 bytes of variables fit on the stack"},
};

const char *kernel_log_hint(const char *reason)
{
	for (guint i = 0; i < G_N_ELEMENTS(hints); i++)
		if (strstr(reason, hints[i].reason))
			return hints[i].hint;
	return NULL;
}

long kernel_log_instruction(const char *log)
{
	const char *line = log;
	long last = -1;

	while (line && *line) {
		if (isdigit((unsigned char)*line)) {
			char *end;
			long at = strtol(line, &end, 10);

			if (!strncmp(end, ": (", 3))
				last = at;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return last;
}

const char *kernel_log_tail(const char *log, unsigned n_lines)
{
	const char *at = log + strlen(log);

	while (at > log) {
		if (at[-1] == '\n' && *at && !--n_lines)
			break;
		at--;
	}
	return at;
}

int kernel_log_refused_helper(const char *log)
{
	g_autofree char *reason = kernel_log_reason(log);
	const char *at;

	if (!reason)
		return -1;
	if (strstr(reason, "unknown func ") ||
	    strstr(reason, "cannot use helper "))
		at = strrchr(reason, '#');
	else if (strstr(reason, "GPL-restricted"))
		/* Only the instruction, the line before, names it. */
		at = g_strrstr_len(log, strstr(log, reason) - log, "#");
	else
		return -1;
	return at ? atoi(at + 1) : -1;
}

bool kernel_lets_read_memory(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT,
				       BPF_FUNC_probe_read_kernel, NULL) == 1;
}

bool kernel_has_fentry(const char *function)
{
	const struct bpf_insn instructions[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = BPF_TRACE_FENTRY);
	int fd, id = libbpf_find_vmlinux_btf_id(function, BPF_TRACE_FENTRY);

	if (id < 0)
		return false;
	options.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", instructions,
			   G_N_ELEMENTS(instructions), &options);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
