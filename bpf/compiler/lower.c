/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower.c - from clang's unoptimised bitcode to a BPF object: the order.
 *
 * The first passes bring helpers' numbers, map methods and inlined functions
 * into plain sight and leave addresses as chains of GEP and llvm.preserve.*
 * calls; our steps change those; then LLVM optimises and generates code. What
 * a step does is its own file's.
 */
#include "bpf/error.h"
#include "lower_internal.h"

#include <errno.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>

/* Bounded loops, 32-bit registers and atomics: what Linux 5.8 has. */
#define CPU "v3"

static const char expose_passes[] = "globalopt,function(sroa,early-cse)";
static const char inline_passes[] =
	"always-inline,function(sroa,early-cse,simplifycfg),"
	"always-inline,function(sroa,early-cse,simplifycfg,dce)";
/* What the runtime has and nobody calls costs no pass more than the first. */
static const char final_passes[] = "globaldce,always-inline,globaldce,"
				   "default<O2>";

static void take_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
	char *text;

	if (severity != LLVMDSError && severity != LLVMDSWarning)
		return;
	text = LLVMGetDiagInfoDescription(info);
	lower_complain_text(data, severity == LLVMDSError, text);
	LLVMDisposeMessage(text);
}

static void free_lower(struct lower *lower)
{
	if (lower->data_layout)
		LLVMDisposeTargetData(lower->data_layout);
	if (lower->machine)
		LLVMDisposeTargetMachine(lower->machine);
	if (lower->module)
		LLVMDisposeModule(lower->module);
	LLVMContextDispose(lower->context);
	g_byte_array_unref(lower->formats);
	g_hash_table_unref(lower->replaced_maps);
}

static bool parse(struct lower *lower, const void *bitcode, size_t n_bytes,
		  GError **error)
{
	LLVMMemoryBufferRef buffer =
		LLVMCreateMemoryBufferWithMemoryRangeCopy(bitcode, n_bytes, "");
	bool failed;

	failed = LLVMParseBitcodeInContext2(lower->context, buffer,
					    &lower->module);
	LLVMDisposeMemoryBuffer(buffer);
	if (failed) {
		lower->module = NULL;
		probefs_set_error(error, EBADMSG,
				  "clang's output is not bitcode that this "
				  "version of LLVM reads");
		return false;
	}
	LLVMSetIsNewDbgInfoFormat(lower->module, false);
	return true;
}

static bool make_machine(struct lower *lower, GError **error)
{
	const char *triple = LLVMGetTarget(lower->module);
	LLVMTargetRef target;
	char *problem = NULL;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	if (LLVMGetTargetFromTriple(triple, &target, &problem)) {
		probefs_set_error(error, EBADMSG,
				  "the bitcode is not for BPF: %s", problem);
		LLVMDisposeMessage(problem);
		return false;
	}
	lower->machine = LLVMCreateTargetMachine(target, triple, CPU, "",
						 LLVMCodeGenLevelDefault,
						 LLVMRelocDefault,
						 LLVMCodeModelDefault);
	lower->data_layout = LLVMCreateTargetDataLayout(lower->machine);
	LLVMSetModuleDataLayout(lower->module, lower->data_layout);
	return true;
}

/* The user is not at fault when this fails: our steps broke the module. */
static bool run_passes(struct lower *lower, const char *passes, GError **error)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef failure = LLVMRunPasses(lower->module, passes,
					     lower->machine, options);
	char *text;

	LLVMDisposePassBuilderOptions(options);
	if (!failure)
		return true;
	text = LLVMGetErrorMessage(failure);
	probefs_set_error(error, EBADMSG, "LLVM's passes %s: %s", passes, text);
	LLVMDisposeErrorMessage(text);
	return false;
}

static bool verify(struct lower *lower, GError **error)
{
	char *problem = NULL;
	bool is_broken = LLVMVerifyModule(lower->module, LLVMReturnStatusAction,
					  &problem);

	if (is_broken)
		probefs_set_error(error, EBADMSG,
				  "the lowering made invalid code: %s",
				  problem);
	LLVMDisposeMessage(problem);
	return !is_broken;
}

/* A call that no linker and no kernel will resolve. */
static void refuse_undefined(struct lower *lower)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		const char *name = lower_name(function);
		LLVMUseRef use = LLVMGetFirstUse(function);

		if (lower_is_defined(function) || !use ||
		    LLVMGetIntrinsicID(function) ||
		    !g_strcmp0(LLVMGetSection(function), ".ksyms"))
			continue;
		if (LLVMIsAInstruction(LLVMGetUser(use)))
			lower_complain(lower, true, LLVMGetUser(use),
				       "%s is called but not defined here; a "
				       "BPF program can call only its own "
				       "functions and helpers",
				       name);
	}
}

static bool has_failed(struct lower *lower, GError **error)
{
	if (lower->n_errors == 0)
		return false;
	for (guint i = 0; i < lower->messages->len; i++) {
		const struct lower_message *message =
			g_ptr_array_index(lower->messages, i);

		if (!message->is_error)
			continue;
		probefs_set_error(error, EINVAL, "%s:%u: %s",
				  message->file ? message->file
						: lower->options->source_name,
				  message->line, message->text);
		break;
	}
	return true;
}

static bool transform(struct lower *lower, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;

	lower_prepare_runtime(lower);
	entries = lower_find_entries(lower);
	if (has_failed(lower, error) ||
	    !run_passes(lower, expose_passes, error))
		return false;
	lower_wrap_entries(lower, entries);
	if (has_failed(lower, error) ||
	    !run_passes(lower, inline_passes, error))
		return false;
	lower_events(lower);
	if (lower->n_events && !run_passes(lower, inline_passes, error))
		return false;
	lower_reads(lower);
	lower_printk(lower);
	lower_place_reserve(lower);
	lower_helpers(lower);
	lower_add_globals(lower);
	if (has_failed(lower, error) || !verify(lower, error) ||
	    !run_passes(lower, final_passes, error))
		return false;
	lower_drop_unused(lower);
	refuse_undefined(lower);
	return !has_failed(lower, error);
}

/* Code generation changes the module: each listing gets a copy. */
static bool write_listings(struct lower *lower, GError **error)
{
	const struct lower_options *options = lower->options;
	LLVMModuleRef copy;
	char *problem = NULL;
	bool failed = false;

	if (options->ir_path)
		failed = LLVMPrintModuleToFile(lower->module, options->ir_path,
					       &problem);
	if (!failed && options->asm_path) {
		copy = LLVMCloneModule(lower->module);
		failed = LLVMTargetMachineEmitToFile(lower->machine, copy,
						     options->asm_path,
						     LLVMAssemblyFile,
						     &problem);
		LLVMDisposeModule(copy);
	}
	if (failed) {
		probefs_set_error(error, EACCES, "cannot write a listing: %s",
				  problem);
		LLVMDisposeMessage(problem);
	}
	return !failed && !has_failed(lower, error);
}

static GBytes *emit(struct lower *lower, GError **error)
{
	LLVMMemoryBufferRef buffer = NULL;
	GBytes *object = NULL;
	char *problem = NULL;

	lower_drop_dwarf(lower);
	if (LLVMTargetMachineEmitToMemoryBuffer(lower->machine, lower->module,
						LLVMObjectFile, &problem,
						&buffer)) {
		probefs_set_error(error, EBADMSG, "no code: %s", problem);
		LLVMDisposeMessage(problem);
		return NULL;
	}
	if (!has_failed(lower, error))
		object = g_bytes_new(LLVMGetBufferStart(buffer),
				     LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	return object;
}

GBytes *lower_bitcode(const void *bitcode, size_t n_bytes,
		      const struct lower_options *options, GPtrArray *messages,
		      GError **error)
{
	struct lower lower = {
		.options = options,
		.messages = messages,
		.context = LLVMContextCreate(),
		.formats = g_byte_array_new(),
		.replaced_maps = g_hash_table_new_full(g_str_hash, g_str_equal,
						       g_free, NULL),
	};
	GBytes *object = NULL;

	LLVMContextSetDiagnosticHandler(lower.context, take_diagnostic, &lower);
	if (parse(&lower, bitcode, n_bytes, error) &&
	    make_machine(&lower, error) && transform(&lower, error) &&
	    write_listings(&lower, error))
		object = emit(&lower, error);
	free_lower(&lower);
	return object;
}

/*
 * A loop, a branch, a call of a helper, something on the stack, and the debug
 * information that BTF is made from; no relocations (see lower_bitcode).
 */
static const char rehearsal[] =
	"target triple = \"bpf\"\n"
	"@table = global [4 x i64] zeroinitializer\n"
	"define internal i64 @inner(ptr %p, i64 %n) !dbg !7 {\n"
	"  %name = alloca [16 x i8]\n"
	"  %at = getelementptr i8, ptr %p, i64 8\n"
	"  %value = load i64, ptr %at, !dbg !9\n"
	"  call void @llvm.memset.p0.i64(ptr %name, i8 0, i64 16, i1 false)\n"
	"  %r = call i64 inttoptr (i64 16 to ptr)(ptr %name, i64 16), !dbg !9\n"
	"  %same = icmp eq i64 %value, %n\n"
	"  br i1 %same, label %yes, label %no\n"
	"yes:\n"
	"  %first = load i8, ptr %name\n"
	"  %wide = zext i8 %first to i64\n"
	"  ret i64 %wide\n"
	"no:\n"
	"  ret i64 0\n"
	"}\n"
	"define i64 @outer(ptr %ctx) section \"probefs/outer\" !dbg !5 {\n"
	"entry:\n"
	"  br label %loop\n"
	"loop:\n"
	"  %i = phi i64 [0, %entry], [%next, %loop]\n"
	"  %sum = phi i64 [0, %entry], [%more, %loop]\n"
	"  %at = getelementptr [4 x i64], ptr @table, i64 0, i64 %i\n"
	"  %got = call i64 @inner(ptr %at, i64 %i), !dbg !8\n"
	"  %more = add i64 %sum, %got\n"
	"  %next = add i64 %i, 1\n"
	"  %goes = icmp ult i64 %next, 3\n"
	"  br i1 %goes, label %loop, label %end\n"
	"end:\n"
	"  ret i64 %more\n"
	"}\n"
	"declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n"
	"!llvm.dbg.cu = !{!0}\n"
	"!llvm.module.flags = !{!2}\n"
	"!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1,\n"
	"  emissionKind: FullDebug)\n"
	"!1 = !DIFile(filename: \"rehearsal.c\", directory: \".\")\n"
	"!2 = !{i32 2, !\"Debug Info Version\", i32 3}\n"
	"!3 = !DISubroutineType(types: !4)\n"
	"!4 = !{!6, !6}\n"
	"!5 = distinct !DISubprogram(name: \"outer\", file: !1, line: 2,\n"
	"  type: !3, unit: !0, spFlags: DISPFlagDefinition)\n"
	"!6 = !DIBasicType(name: \"long\", size: 64, encoding: DW_ATE_signed)\n"
	"!7 = distinct !DISubprogram(name: \"inner\", file: !1, line: 1,\n"
	"  type: !3, unit: !0, spFlags: DISPFlagDefinition)\n"
	"!8 = !DILocation(line: 2, scope: !5)\n"
	"!9 = !DILocation(line: 1, scope: !7)\n";

void lower_rehearse(void)
{
	struct lower_options options = {.source_name = "rehearsal.c"};
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(
		(GDestroyNotify)lower_message_free);
	struct lower lower = {
		.options = &options,
		.messages = messages,
		.context = LLVMContextCreate(),
		.formats = g_byte_array_new(),
		.replaced_maps = g_hash_table_new(NULL, NULL),
	};
	/* The parser takes it over. */
	LLVMMemoryBufferRef text = LLVMCreateMemoryBufferWithMemoryRange(
		rehearsal, sizeof(rehearsal) - 1, "rehearsal", true);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) object = NULL;
	char *problem = NULL;

	LLVMContextSetDiagnosticHandler(lower.context, take_diagnostic, &lower);
	if (LLVMParseIRInContext(lower.context, text, &lower.module,
				 &problem) == 0) {
		if (make_machine(&lower, &error) &&
		    run_passes(&lower, final_passes, &error))
			object = emit(&lower, &error);
	} else {
		lower.module = NULL;
	}
	if (!object)
		g_warning("rehearsal: %s", problem ? problem
					   : error ? error->message
						   : "no object");
	LLVMDisposeMessage(problem);
	free_lower(&lower);
}
