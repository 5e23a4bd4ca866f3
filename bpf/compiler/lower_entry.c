/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_entry.c - which functions are programs, and of what kind.
 *
 * In the libbpf dialect those are the functions with a section. In the BCC
 * dialect it is also every other function that somebody could attach; all
 * else is inlined there. How a program begins is lower_wrap.c's.
 */
#include "job.h"
#include "lower_internal.h"

#include <string.h>

struct section_kind {
	const char *name; /* up to the first '/' or '.' */
	enum lower_kind kind;
};

static const struct section_kind section_kinds[] = {
	{"kprobe", LOWER_PROBE},
	{"kretprobe", LOWER_PROBE},
	{"ksyscall", LOWER_PROBE},
	{"kretsyscall", LOWER_PROBE},
	{"uprobe", LOWER_PROBE},
	{"uretprobe", LOWER_PROBE},
	{"usdt", LOWER_PROBE},
	{"tracepoint", LOWER_PROBE},
	{"tp", LOWER_PROBE},
	{"raw_tracepoint", LOWER_PROBE},
	{"raw_tp", LOWER_PROBE},
	{"perf_event", LOWER_PROBE},
	{"fentry", LOWER_TRACING},
	{"fexit", LOWER_TRACING},
	{"tp_btf", LOWER_TRACING},
	{"fmod_ret", LOWER_TRACING_DECIDES},
	{"lsm", LOWER_TRACING_DECIDES},
	{"iter", LOWER_TRACING_DECIDES},
	{"struct_ops", LOWER_TRACING_DECIDES},
};

/* What the prefix of a BCC function's name says about its target. */
struct name_prefix {
	const char *prefix;
	const char *section;
	bool has_group; /* the first "__" of the rest is a '/' */
};

static const struct name_prefix name_prefixes[] = {
	{"kprobe__", "kprobe/", false},
	{"kretprobe__", "kretprobe/", false},
	{"tracepoint__", "tracepoint/", true},
	{"raw_tracepoint__", "raw_tracepoint/", false},
	{"kfunc__vmlinux__", "fentry/", false},
	{"kretfunc__vmlinux__", "fexit/", false},
	{"kfunc__", "fentry/", false},
	{"kretfunc__", "fexit/", false},
	{"kmod_ret__", "fmod_ret/", false},
	{"lsm__", "lsm/", false},
	{"bpf_iter__", "iter/", false},
};

static bool has_name_prefix(LLVMValueRef function)
{
	for (size_t i = 0; i < G_N_ELEMENTS(name_prefixes); i++)
		if (g_str_has_prefix(lower_name(function),
				     name_prefixes[i].prefix))
			return true;
	return false;
}

static bool section_is(const char *section, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(section, name, n) &&
	       (section[n] == '\0' || section[n] == '/' || section[n] == '.');
}

static enum lower_kind kind_of_section(const char *section)
{
	if (!section || !strcmp(section, ".text"))
		return LOWER_SUBPROGRAM;
	if (*section == '?')
		section++;
	if (g_str_has_prefix(section, JOB_SECTION_PREFIX))
		return g_str_has_suffix(section, JOB_VARIANT_TRACING)
			       ? LOWER_TRACING
			       : LOWER_PROBE;
	for (size_t i = 0; i < G_N_ELEMENTS(section_kinds); i++)
		if (section_is(section, section_kinds[i].name))
			return section_kinds[i].kind;
	return LOWER_OTHER;
}

enum lower_kind lower_kind(LLVMValueRef function)
{
	return kind_of_section(LLVMGetSection(function));
}

/* Is @function called or its address used in code? */
static bool is_used_in_code(LLVMValueRef function)
{
	for (LLVMUseRef use = LLVMGetFirstUse(function); use;
	     use = LLVMGetNextUse(use))
		if (LLVMIsAInstruction(LLVMGetUser(use)))
			return true;
	return false;
}

bool lower_is_runtime(LLVMValueRef value)
{
	return g_str_has_prefix(lower_name(value), "__probefs_");
}

bool lower_has_packets(struct lower *lower)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function))
		if (lower_is_defined(function) &&
		    lower_kind(function) == LOWER_OTHER)
			return true;
	return false;
}

LLVMValueRef lower_context(struct lower *lower, LLVMValueRef function)
{
	enum lower_kind kind = lower_kind(function);

	if (kind == LOWER_SUBPROGRAM || kind == LOWER_OTHER)
		return LLVMConstNull(lower_pointer_type(lower));
	return LLVMGetParam(function, 0);
}

/* A program's first parameter, if it has any, is its context. */
static bool takes_context(LLVMValueRef function)
{
	return LLVMCountParams(function) == 0 ||
	       LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(function, 0))) ==
		       LLVMPointerTypeKind;
}

static bool is_bcc_entry(struct lower *lower, LLVMValueRef function)
{
	g_autofree char *context = NULL;

	if (LLVMGetSection(function))
		return lower_kind(function) != LOWER_SUBPROGRAM;
	if (LLVMGetLinkage(function) != LLVMExternalLinkage ||
	    lower_has_attribute(function, "alwaysinline") ||
	    (!takes_context(function) && !has_name_prefix(function)))
		return false;
	if (!is_used_in_code(function))
		return true;
	/* Called by others, but it could be attached as well. */
	context = lower_parameter_type(lower, function, 0);
	return context && !strcmp(context, "pt_regs");
}

/*
 * BCC's programs for packets and sockets say in Python what they are; here
 * the type of their context tells. One for a socket filter is fit for tc too.
 */
static const char *section_of_context(struct lower *lower,
				      LLVMValueRef function)
{
	static const struct {
		const char *type, *section;
	} contexts[] = {
		{"__sk_buff", "tc"},
		{"xdp_md", "xdp"},
		{"sk_msg_md", "sk_msg"},
		{"bpf_sock_ops", "sockops"},
	};
	g_autofree char *type = lower_parameter_type(lower, function, 0);

	for (size_t i = 0; type && i < G_N_ELEMENTS(contexts); i++)
		if (!strcmp(type, contexts[i].type))
			return contexts[i].section;
	return NULL;
}

/* The section of a BCC function: its target, if its name has one. */
static char *bcc_section(struct lower *lower, LLVMValueRef function)
{
	const char *name = lower_name(function);
	const char *section = section_of_context(lower, function);

	if (section)
		return g_strdup(section);
	for (size_t i = 0; i < G_N_ELEMENTS(name_prefixes); i++) {
		const struct name_prefix *prefix = &name_prefixes[i];
		const char *rest = name + strlen(prefix->prefix);
		const char *event;

		if (!g_str_has_prefix(name, prefix->prefix) || !*rest)
			continue;
		event = strstr(rest, "__");
		if (prefix->has_group && event)
			return g_strdup_printf("%s%.*s/%s", prefix->section,
					       (int)(event - rest), rest,
					       event + 2);
		return g_strconcat(prefix->section, rest, NULL);
	}
	return g_strconcat(JOB_SECTION_PREFIX, name, NULL);
}

void lower_make_inlined(struct lower *lower, LLVMValueRef function)
{
	lower_remove_attribute(function, "noinline");
	LLVMSetLinkage(function, LLVMInternalLinkage);
	LLVMSetVisibility(function, LLVMDefaultVisibility);
	lower_set_attribute(lower, function, "alwaysinline");
}

static bool calls_itself(struct lower *lower, LLVMValueRef function,
			 LLVMValueRef start, GHashTable *seen);

static bool block_calls(struct lower *lower, LLVMBasicBlockRef block,
			LLVMValueRef start, GHashTable *seen)
{
	for (LLVMValueRef i = LLVMGetFirstInstruction(block); i;
	     i = LLVMGetNextInstruction(i)) {
		LLVMValueRef callee;

		if (!LLVMIsACallInst(i))
			continue;
		callee = LLVMGetCalledValue(i);
		if (callee == start)
			return true;
		if (LLVMIsAFunction(callee) && lower_is_defined(callee) &&
		    g_hash_table_add(seen, callee) &&
		    calls_itself(lower, callee, start, seen))
			return true;
	}
	return false;
}

/* Does a chain of calls lead from @function to @start? */
static bool calls_itself(struct lower *lower, LLVMValueRef function,
			 LLVMValueRef start, GHashTable *seen)
{
	for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block;
	     block = LLVMGetNextBasicBlock(block))
		if (block_calls(lower, block, start, seen))
			return true;
	return false;
}

static void refuse_recursion(struct lower *lower, LLVMValueRef function)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	if (calls_itself(lower, function, function, seen))
		lower_complain_function(
			lower, function,
			"%s calls itself, directly or through others; BPF "
			"programs cannot: use a loop with a fixed bound",
			lower_name(function));
}

/* -O0 and __attribute__((noinline)) must not keep the lowering from seeing. */
static void prepare_function(struct lower *lower, LLVMValueRef function)
{
	bool keeps_noinline = !lower->options->bcc_dialect &&
			      !lower_has_attribute(function, "optnone");

	lower_remove_attribute(function, "optnone");
	if (!keeps_noinline)
		lower_remove_attribute(function, "noinline");
	refuse_recursion(lower, function);
}

static void add_entry(struct lower *lower, LLVMValueRef function,
		      GPtrArray *entries)
{
	if (takes_context(function))
		g_ptr_array_add(entries, function);
	else
		lower_complain_function(lower, function,
					"%s: the first parameter of a program "
					"is its context, a pointer",
					lower_name(function));
}

static void find_bcc_entry(struct lower *lower, LLVMValueRef function,
			   GPtrArray *entries)
{
	g_autofree char *section = NULL;

	if (is_bcc_entry(lower, function)) {
		if (!LLVMGetSection(function)) {
			section = bcc_section(lower, function);
			LLVMSetSection(function, section);
		}
		add_entry(lower, function, entries);
	} else if (!LLVMGetSection(function)) {
		lower_make_inlined(lower, function);
	}
}

GPtrArray *lower_find_entries(struct lower *lower)
{
	GPtrArray *entries = g_ptr_array_new();
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (!lower_is_defined(function) || lower_is_runtime(function))
			continue;
		prepare_function(lower, function);
		if (lower->options->bcc_dialect)
			find_bcc_entry(lower, function, entries);
		else if (lower_kind(function) != LOWER_SUBPROGRAM)
			add_entry(lower, function, entries);
	}
	return entries;
}
