/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower.c - from clang's unoptimised bitcode to a BPF object: the order.
 *
 * The first passes bring helpers' numbers, map methods and inlined functions
 * into plain sight and leave addresses as chains of GEP and llvm.preserve.*
 * calls; our steps change those; then LLVM optimises and generates code. What
 * a step does is its own file's.
 */
#include "../error.h"
#include "lower_internal.h"

#include <errno.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>

/* Bounded loops, 32-bit registers and atomics: what Linux 5.8 has. */
#define CPU "v3"

static const char expose_passes[] = "globalopt,function(sroa,early-cse)";
static const char inline_passes[] =
	"always-inline,function(sroa,early-cse,simplifycfg),"
	"always-inline,function(sroa,early-cse,simplifycfg,dce)";
static const char final_passes[] = "always-inline,default<O2>";

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
