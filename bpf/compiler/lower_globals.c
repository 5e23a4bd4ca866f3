/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_globals.c - what is in the object besides the programs.
 *
 * The table of formats and a licence are added; the runtime's own functions,
 * ring and control variable go where the program does not use them, and so
 * does debug information about them: a line of the verifier's log names the
 * user's line, not one of runtime.h.
 */
#include "lower_internal.h"

#include <linux/types.h>
#include <string.h>

#include "bpf/include/probefs/record.h"

#define RUNTIME_PREFIX      "__probefs_"
#define CONTROL             "__probefs_control"
#define RESERVE             "__probefs_reserve"
#define PART_PREFIX         "__probefs_part_" /* of RESERVE */
#define SENDER_PREFIX       "__probefs_send"  /* made by lower_printk.c */

#define HELPER_TAIL_CALL    12
#define MAX_INLINED_SENDERS 2

static void hide_instruction(struct lower *lower, LLVMValueRef instruction,
			     void *data)
{
	if (lower_is_debug_call(instruction))
		LLVMInstructionEraseFromParent(instruction);
	else
		LLVMInstructionSetDebugLoc(instruction, NULL);
}

static void hide(struct lower *lower, LLVMValueRef function)
{
	unsigned int dbg = LLVMGetMDKindIDInContext(lower->context, "dbg", 3);

	LLVMGlobalEraseMetadata(function, dbg);
	lower_each_instruction(lower, function, hide_instruction, NULL);
}

static bool is_part(LLVMValueRef function)
{
	return g_str_has_prefix(lower_name(function), PART_PREFIX);
}

static void set_inlined(struct lower *lower, LLVMValueRef function,
			bool is_inlined)
{
	lower_remove_attribute(function,
			       is_inlined ? "noinline" : "alwaysinline");
	lower_set_attribute(lower, function,
			    is_inlined ? "alwaysinline" : "noinline");
}

void lower_prepare_runtime(struct lower *lower)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (!lower_is_defined(function) || !lower_is_runtime(function))
			continue;
		if (is_part(function))
			set_inlined(lower, function, false);
		else
			hide(lower, function);
		if (!strcmp(lower_name(function), RESERVE))
			set_inlined(lower, function, false);
	}
}

struct senders {
	unsigned int n; /* records that one function sends */
	bool has_tail_calls;
};

static void count_sender(struct lower *lower, LLVMValueRef instruction,
			 void *data)
{
	struct senders *senders = data;

	if (lower_helper_number(instruction) == HELPER_TAIL_CALL)
		senders->has_tail_calls = true;
	if (!strcmp(lower_callee_name(instruction), RESERVE) ||
	    g_str_has_prefix(lower_callee_name(instruction), SENDER_PREFIX))
		senders->n++;
}

/* Does a program send so much that all it sends should share code? */
static bool sends_much(struct lower *lower)
{
	struct senders senders = {};
	unsigned int most = 0;
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (!lower_is_defined(function) || lower_is_runtime(function))
			continue;
		senders.n = 0;
		lower_each_instruction(lower, function, count_sender, &senders);
		most = MAX(most, senders.n);
	}
	/* Tail calls and subprograms do not go together everywhere. */
	return most > MAX_INLINED_SENDERS && !senders.has_tail_calls;
}

/*
 * A program that sends in many places gets the parts of the reservation as
 * subprograms: inlined, they are most of the code, and their values crowd out
 * the stack.
 */
void lower_place_reserve(struct lower *lower)
{
	LLVMValueRef function;

	lower->shares_parts = sends_much(lower);
	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (!strcmp(lower_name(function), RESERVE))
			set_inlined(lower, function, true);
		if (!is_part(function) || lower->shares_parts)
			continue;
		set_inlined(lower, function, true);
		hide(lower, function);
	}
}

static LLVMValueRef add_constant(struct lower *lower, const char *name,
				 const char *section, const void *data,
				 size_t n_bytes)
{
	LLVMValueRef value = LLVMConstStringInContext2(lower->context, data,
						       n_bytes, true);
	LLVMValueRef global = LLVMAddGlobal(lower->module, LLVMTypeOf(value),
					    name);

	LLVMSetInitializer(global, value);
	LLVMSetGlobalConstant(global, true);
	LLVMSetSection(global, section);
	LLVMSetAlignment(global, 4);
	return global;
}

static bool has_licence(struct lower *lower)
{
	LLVMValueRef global;

	for (global = LLVMGetFirstGlobal(lower->module); global;
	     global = LLVMGetNextGlobal(global))
		if (!g_strcmp0(LLVMGetSection(global), "license"))
			return true;
	return false;
}

/* The list @name (llvm.used …) without the runtime's functions and globals. */
static void release_used(struct lower *lower, const char *name)
{
	LLVMValueRef list = LLVMGetNamedGlobal(lower->module, name);
	g_autofree LLVMValueRef *kept = NULL;
	LLVMValueRef initializer, replaced;
	unsigned int n, n_kept = 0;

	if (!list)
		return;
	initializer = LLVMGetInitializer(list);
	n = LLVMGetNumOperands(initializer);
	kept = g_new0(LLVMValueRef, n + 1);
	for (unsigned int i = 0; i < n; i++) {
		LLVMValueRef value = LLVMGetOperand(initializer, i);

		if (!lower_is_runtime(value) &&
		    !g_str_has_suffix(lower_name(value), LOWER_BODY_SUFFIX) &&
		    !g_hash_table_contains(lower->replaced_maps,
					   lower_name(value)))
			kept[n_kept++] = value;
	}
	LLVMSetValueName2(list, "", 0);
	if (n_kept) {
		initializer = LLVMConstArray2(lower_pointer_type(lower), kept,
					      n_kept);
		replaced = LLVMAddGlobal(lower->module, LLVMTypeOf(initializer),
					 name);
		LLVMSetInitializer(replaced, initializer);
		LLVMSetLinkage(replaced, LLVMAppendingLinkage);
		LLVMSetSection(replaced, "llvm.metadata");
	}
	LLVMDeleteGlobal(list);
}

void lower_add_globals(struct lower *lower)
{
	release_used(lower, "llvm.used");
	release_used(lower, "llvm.compiler.used");
	if (lower->formats->len)
		add_constant(lower, "__probefs_formats",
			     PROBEFS_FORMATS_SECTION, lower->formats->data,
			     lower->formats->len);
	if (!has_licence(lower))
		add_constant(lower, "_license", "license", "GPL", 4);
}

static void drop_unused_global(struct lower *lower, const char *name)
{
	LLVMValueRef global = LLVMGetNamedGlobal(lower->module, name);

	if (global && !LLVMGetFirstUse(global))
		LLVMDeleteGlobal(global);
}

void lower_drop_unused(struct lower *lower)
{
	GHashTableIter maps;
	gpointer name;

	drop_unused_global(lower, PROBEFS_RING_MAP);
	drop_unused_global(lower, CONTROL);
	g_hash_table_iter_init(&maps, lower->replaced_maps);
	while (g_hash_table_iter_next(&maps, &name, NULL))
		drop_unused_global(lower, name);
}
