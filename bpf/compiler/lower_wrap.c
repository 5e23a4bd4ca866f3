/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_wrap.c - how a program begins.
 *
 * A program's body becomes an internal function NAME.body, to be inlined into
 * new functions of one argument, the context: NAME and, when the user's
 * function has arguments of its own, NAME__syscall and NAME__tracing (see
 * job.h). They ask whether the program is to run at all and fetch the
 * arguments. Knows calling conventions, nothing of what bodies do.
 */
#include "job.h"
#include "lower_internal.h"

#include <string.h>

/* Offsets in struct pt_regs of the arguments; the layouts are ABI. */
#if defined(__x86_64__)
static const unsigned int call_registers[] = {112, 104, 96, 88, 72, 64};
/* The system call instruction overwrites rcx: r10 has the fourth. */
static const unsigned int syscall_registers[] = {112, 104, 96, 56, 72, 64};
#elif defined(__aarch64__)
static const unsigned int call_registers[] = {0, 8, 16, 24, 32, 40, 48, 56};
static const unsigned int syscall_registers[] = {0, 8, 16, 24, 32, 40};
#else
#error "no calling convention for this architecture"
#endif

#define READ_KERNEL 113 /* bpf_probe_read_kernel */

enum arguments { FROM_REGISTERS, FROM_SYSCALL, FROM_TRACING };

struct wrap {
	struct lower *lower;
	LLVMDIBuilderRef debug;
	LLVMMetadataRef file;
	LLVMValueRef body;
	const char *name; /* the user's */
	unsigned int line;
	/* of the wrapper under construction */
	LLVMValueRef function, context;
	LLVMBuilderRef builder;
};

/* Functions that BCC's users attach to system calls' own symbols. */
static bool is_syscall_name(const char *name)
{
	return g_str_has_prefix(name, "syscall__") ||
	       g_str_has_prefix(name, "kprobe____x64_sys_") ||
	       g_str_has_prefix(name, "kprobe____arm64_sys_");
}

/*
 * Volatile: LLVM would make one load of two in different branches, from an
 * address that the verifier no longer takes for a field of the context.
 */
static LLVMValueRef load_u64(struct wrap *wrap, LLVMValueRef base,
			     unsigned int offset)
{
	LLVMValueRef address = lower_offset(wrap->lower, wrap->builder, base,
					    offset);
	LLVMValueRef load = LLVMBuildLoad2(wrap->builder,
					   lower_int_type(wrap->lower, 64),
					   address, "");

	LLVMSetVolatile(load, true);
	return load;
}

/* From the pt_regs that the first argument of a system call points to. */
static LLVMValueRef read_syscall_argument(struct wrap *wrap, unsigned int i)
{
	LLVMValueRef regs = load_u64(wrap, wrap->context, call_registers[0]);
	LLVMValueRef slot = lower_scratch(wrap->lower, wrap->function, 8);
	LLVMValueRef args[3];

	args[0] = slot;
	args[1] = lower_int(wrap->lower, 32, 8);
	args[2] = LLVMBuildAdd(wrap->builder, regs,
			       lower_int(wrap->lower, 64, syscall_registers[i]),
			       "");
	lower_call_helper(wrap->lower, wrap->builder, READ_KERNEL, args, 3);
	return load_u64(wrap, slot, 0);
}

static LLVMValueRef fetch_argument(struct wrap *wrap, enum arguments from,
				   unsigned int i)
{
	switch (from) {
	case FROM_SYSCALL:
		return read_syscall_argument(wrap, i);
	case FROM_TRACING:
		return load_u64(wrap, wrap->context, 8 * i);
	case FROM_REGISTERS:
	default:
		return load_u64(wrap, wrap->context, call_registers[i]);
	}
}

/* As the type of the parameter; NULL: not something a register holds. */
static LLVMValueRef convert_argument(struct wrap *wrap, LLVMValueRef value,
				     LLVMTypeRef type)
{
	if (LLVMGetTypeKind(type) == LLVMPointerTypeKind)
		return LLVMBuildIntToPtr(wrap->builder, value, type, "");
	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind ||
	    LLVMGetIntTypeWidth(type) > 64)
		return NULL;
	return LLVMBuildTrunc(wrap->builder, value, type, "");
}

static unsigned int max_arguments(enum arguments from)
{
	switch (from) {
	case FROM_SYSCALL:
		return G_N_ELEMENTS(syscall_registers);
	case FROM_TRACING:
		return 12; /* MAX_BPF_FUNC_ARGS */
	case FROM_REGISTERS:
	default:
		return G_N_ELEMENTS(call_registers);
	}
}

/* Fill @args[1…]; an unused parameter costs nothing. */
static bool fetch_arguments(struct wrap *wrap, enum arguments from,
			    LLVMValueRef *args, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		LLVMValueRef parameter = LLVMGetParam(wrap->body, i);
		LLVMTypeRef type = LLVMTypeOf(parameter);

		if (!LLVMGetFirstUse(parameter)) {
			args[i] = LLVMGetUndef(type);
			continue;
		}
		if (i > max_arguments(from)) {
			lower_complain_function(
				wrap->lower, wrap->body,
				"%s: argument %u is not in a register; at "
				"most %u can be had",
				wrap->name, i, max_arguments(from));
			return false;
		}
		args[i] = convert_argument(wrap,
					   fetch_argument(wrap, from, i - 1),
					   type);
		if (!args[i]) {
			lower_complain_function(
				wrap->lower, wrap->body,
				"%s: argument %u is not a number or a pointer",
				wrap->name, i);
			return false;
		}
	}
	return true;
}

static LLVMMetadataRef make_subprogram(struct wrap *wrap, const char *name)
{
	LLVMMetadataRef types[2], type, subprogram;

	types[0] = lower_parameter_metadata(wrap->lower, wrap->body, -1);
	types[1] = lower_parameter_metadata(wrap->lower, wrap->body, 0);
	type = LLVMDIBuilderCreateSubroutineType(
		wrap->debug, wrap->file, types,
		LLVMCountParams(wrap->body) ? 2 : 1, LLVMDIFlagZero);
	subprogram = LLVMDIBuilderCreateFunction(wrap->debug, wrap->file, name,
						 strlen(name), NULL, 0,
						 wrap->file, wrap->line, type,
						 false, true, wrap->line,
						 LLVMDIFlagPrototyped, true);
	/* The kernel refuses BTF of a function whose argument has no name. */
	if (LLVMCountParams(wrap->body))
		LLVMDIBuilderCreateParameterVariable(
			wrap->debug, subprogram, "ctx", strlen("ctx"), 1,
			wrap->file, wrap->line, types[1], true, LLVMDIFlagZero);
	return subprogram;
}

static void start_wrapper(struct wrap *wrap, const char *name,
			  const char *section)
{
	struct lower *lower = wrap->lower;
	LLVMTypeRef pointer = lower_pointer_type(lower);
	LLVMTypeRef result = LLVMGetReturnType(
		LLVMGlobalGetValueType(wrap->body));
	LLVMMetadataRef subprogram;

	if (LLVMGetTypeKind(result) == LLVMVoidTypeKind)
		result = lower_int_type(lower, 32);
	wrap->function = LLVMAddFunction(lower->module, name,
					 LLVMFunctionType(result, &pointer, 1,
							  false));
	LLVMSetSection(wrap->function, section);
	lower_set_attribute(lower, wrap->function, "nounwind");
	wrap->context = LLVMGetParam(wrap->function, 0);
	subprogram = make_subprogram(wrap, name);
	LLVMSetSubprogram(wrap->function, subprogram);
	LLVMSetCurrentDebugLocation2(
		wrap->builder,
		LLVMDIBuilderCreateDebugLocation(lower->context, wrap->line, 0,
						 subprogram, NULL));
}

/* To @run when the program is active, otherwise to @out. */
static void build_gate(struct wrap *wrap, LLVMBasicBlockRef run,
		       LLVMBasicBlockRef out)
{
	LLVMValueRef enter = LLVMGetNamedFunction(wrap->lower->module,
						  "__probefs_enter");
	LLVMValueRef active;

	if (!enter) {
		LLVMBuildBr(wrap->builder, run);
		return;
	}
	active = LLVMBuildCall2(wrap->builder, LLVMGlobalGetValueType(enter),
				enter, NULL, 0, "");
	active = LLVMBuildICmp(wrap->builder, LLVMIntNE, active,
			       LLVMConstNull(LLVMTypeOf(active)), "");
	LLVMBuildCondBr(wrap->builder, active, run, out);
}

static void build_return(struct wrap *wrap, LLVMValueRef value)
{
	LLVMTypeRef type = LLVMGetReturnType(
		LLVMGlobalGetValueType(wrap->function));

	if (!value || LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVoidTypeKind)
		value = LLVMConstNull(type);
	LLVMBuildRet(wrap->builder, value);
}

static bool build_wrapper(struct wrap *wrap, enum arguments from, bool has_gate)
{
	LLVMContextRef context = wrap->lower->context;
	unsigned int n = LLVMCountParams(wrap->body);
	g_autofree LLVMValueRef *args = g_new0(LLVMValueRef, n + 1);
	LLVMBasicBlockRef first, run, out;
	LLVMValueRef result;

	first = LLVMAppendBasicBlockInContext(context, wrap->function, "");
	run = LLVMAppendBasicBlockInContext(context, wrap->function, "");
	out = LLVMAppendBasicBlockInContext(context, wrap->function, "");
	LLVMPositionBuilderAtEnd(wrap->builder, first);
	if (has_gate)
		build_gate(wrap, run, out);
	else
		LLVMBuildBr(wrap->builder, run);
	LLVMPositionBuilderAtEnd(wrap->builder, out);
	build_return(wrap, NULL);
	LLVMPositionBuilderAtEnd(wrap->builder, run);
	args[0] = wrap->context;
	if (!fetch_arguments(wrap, from, args, n))
		return false;
	result = LLVMBuildCall2(wrap->builder,
				LLVMGlobalGetValueType(wrap->body), wrap->body,
				args, n, "");
	build_return(wrap, result);
	return true;
}

static void wrap_variant(struct wrap *wrap, const char *suffix,
			 enum arguments from)
{
	g_autofree char *name = g_strconcat(wrap->name, suffix, NULL);
	g_autofree char *section = g_strconcat(JOB_SECTION_PREFIX, name, NULL);

	start_wrapper(wrap, name, section);
	build_wrapper(wrap, from, true);
}

/*
 * Initialisers (of a table of tail calls, say) must name the program. Calls,
 * which have other arguments, go on to the body.
 */
static void replace_in_initialisers(LLVMValueRef body, LLVMValueRef program)
{
	for (LLVMUseRef use = LLVMGetFirstUse(body); use;
	     use = LLVMGetNextUse(use))
		if (LLVMIsAInstruction(LLVMGetUser(use)))
			return;
	LLVMReplaceAllUsesWith(body, program);
}

/* Where the arguments of the user's function are, as its section says. */
static enum arguments arguments_of(const char *name, const char *section,
				   enum lower_kind kind)
{
	if (is_syscall_name(name))
		return FROM_SYSCALL;
	if (kind != LOWER_PROBE || g_str_has_prefix(section, "raw_t"))
		return FROM_TRACING;
	return FROM_REGISTERS;
}

static void wrap_entry(struct wrap *wrap, LLVMValueRef entry)
{
	enum lower_kind kind = lower_kind(entry);
	bool has_gate = kind == LOWER_PROBE || kind == LOWER_TRACING;
	bool has_arguments = LLVMCountParams(entry) > 1;
	g_autofree char *section = g_strdup(LLVMGetSection(entry));
	g_autofree char *name = g_strdup(lower_name(entry));
	g_autofree char *body_name = g_strconcat(name, LOWER_BODY_SUFFIX, NULL);

	if (!has_gate && !has_arguments)
		return;
	wrap->body = entry;
	wrap->name = name;
	wrap->line = LLVMDISubprogramGetLine(LLVMGetSubprogram(entry));
	LLVMSetValueName2(entry, body_name, strlen(body_name));
	LLVMSetSection(entry, NULL);
	lower_make_inlined(wrap->lower, entry);
	start_wrapper(wrap, name, section);
	replace_in_initialisers(entry, wrap->function);
	if (!build_wrapper(wrap, arguments_of(name, section, kind), has_gate))
		return;
	if (!has_arguments || kind != LOWER_PROBE || is_syscall_name(name))
		return;
	if (!g_str_has_prefix(section, JOB_SECTION_PREFIX) &&
	    !g_str_has_prefix(section, "kprobe/"))
		return;
	wrap_variant(wrap, JOB_VARIANT_SYSCALL, FROM_SYSCALL);
	wrap_variant(wrap, JOB_VARIANT_TRACING, FROM_TRACING);
}

void lower_wrap_entries(struct lower *lower, GPtrArray *entries)
{
	struct wrap wrap = {.lower = lower};

	if (entries->len == 0)
		return;
	wrap.file = LLVMDIScopeGetFile(
		LLVMGetSubprogram(g_ptr_array_index(entries, 0)));
	wrap.builder = LLVMCreateBuilderInContext(lower->context);
	wrap.debug = LLVMCreateDIBuilder(lower->module);
	LLVMDIBuilderCreateCompileUnit(wrap.debug, LLVMDWARFSourceLanguageC11,
				       wrap.file, "probefs", 7, true, "", 0, 0,
				       "", 0, LLVMDWARFEmissionFull, 0, false,
				       false, "", 0, "", 0);
	for (guint i = 0; i < entries->len; i++)
		wrap_entry(&wrap, g_ptr_array_index(entries, i));
	LLVMDIBuilderFinalize(wrap.debug);
	LLVMDisposeDIBuilder(wrap.debug);
	LLVMDisposeBuilder(wrap.builder);
}
