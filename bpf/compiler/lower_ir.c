/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_ir.c - small things that LLVM's C API lacks.
 *
 * Knows LLVM's IR and how BPF helpers are called in it; must not know what
 * the steps of the lowering want with them.
 */
#include "lower_internal.h"

#include <string.h>

void lower_each_instruction(struct lower *lower, LLVMValueRef function,
			    lower_instruction_fn visit, void *data)
{
	LLVMBasicBlockRef block;
	LLVMValueRef instruction, next;

	for (block = LLVMGetFirstBasicBlock(function); block;
	     block = LLVMGetNextBasicBlock(block)) {
		for (instruction = LLVMGetFirstInstruction(block); instruction;
		     instruction = next) {
			next = LLVMGetNextInstruction(instruction);
			visit(lower, instruction, data);
		}
	}
}

bool lower_is_defined(LLVMValueRef function)
{
	return LLVMGetFirstBasicBlock(function) != NULL;
}

bool lower_is_static(LLVMValueRef function)
{
	LLVMLinkage linkage = LLVMGetLinkage(function);

	return linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage;
}

const char *lower_name(LLVMValueRef value)
{
	size_t length;

	return LLVMGetValueName2(value, &length);
}

const char *lower_callee_name(LLVMValueRef call)
{
	LLVMValueRef callee;

	if (!LLVMIsACallInst(call))
		return "";
	callee = LLVMGetCalledValue(call);
	if (!LLVMIsAFunction(callee))
		return "";
	return lower_name(callee);
}

unsigned int lower_helper_number(LLVMValueRef call)
{
	LLVMValueRef callee;

	if (!LLVMIsACallInst(call))
		return 0;
	callee = LLVMGetCalledValue(call);
	if (!LLVMIsAConstantExpr(callee) ||
	    LLVMGetConstOpcode(callee) != LLVMIntToPtr)
		return 0;
	return LLVMConstIntGetZExtValue(LLVMGetOperand(callee, 0));
}

bool lower_is_debug_call(LLVMValueRef instruction)
{
	return g_str_has_prefix(lower_callee_name(instruction), "llvm.dbg.");
}

unsigned int lower_attribute_kind(const char *name)
{
	return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

bool lower_has_attribute(LLVMValueRef function, const char *name)
{
	return LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					   lower_attribute_kind(name)) != NULL;
}

void lower_set_attribute(struct lower *lower, LLVMValueRef function,
			 const char *name)
{
	LLVMAttributeRef attribute = LLVMCreateEnumAttribute(
		lower->context, lower_attribute_kind(name), 0);

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				attribute);
}

void lower_remove_attribute(LLVMValueRef function, const char *name)
{
	LLVMRemoveEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				       lower_attribute_kind(name));
}

LLVMTypeRef lower_int_type(struct lower *lower, unsigned int bits)
{
	return LLVMIntTypeInContext(lower->context, bits);
}

LLVMTypeRef lower_pointer_type(struct lower *lower)
{
	return LLVMPointerTypeInContext(lower->context, 0);
}

LLVMValueRef lower_int(struct lower *lower, unsigned int bits, uint64_t value)
{
	return LLVMConstInt(lower_int_type(lower, bits), value, false);
}

LLVMValueRef lower_call_helper(struct lower *lower, LLVMBuilderRef builder,
			       unsigned int number, LLVMValueRef *args,
			       unsigned int n_args)
{
	LLVMTypeRef types[5], type;
	LLVMValueRef helper;

	g_assert(n_args <= G_N_ELEMENTS(types));
	for (unsigned int i = 0; i < n_args; i++)
		types[i] = LLVMTypeOf(args[i]);
	type = LLVMFunctionType(lower_int_type(lower, 64), types, n_args,
				false);
	helper = LLVMConstIntToPtr(lower_int(lower, 64, number),
				   lower_pointer_type(lower));
	return LLVMBuildCall2(builder, type, helper, args, n_args, "");
}

LLVMValueRef lower_offset(struct lower *lower, LLVMBuilderRef builder,
			  LLVMValueRef base, uint64_t offset)
{
	LLVMValueRef index = lower_int(lower, 64, offset);

	if (offset == 0)
		return base;
	return LLVMBuildInBoundsGEP2(builder, lower_int_type(lower, 8), base,
				     &index, 1, "");
}

#define SCRATCH "probefs.scratch"

/* The slot of @n_bytes that @function already has, or NULL. */
static LLVMValueRef find_scratch(struct lower *lower, LLVMValueRef function,
				 uint64_t n_bytes)
{
	LLVMBasicBlockRef block = LLVMGetEntryBasicBlock(function);
	LLVMValueRef i;

	for (i = LLVMGetFirstInstruction(block); i;
	     i = LLVMGetNextInstruction(i))
		if (LLVMIsAAllocaInst(i) &&
		    g_str_has_prefix(lower_name(i), SCRATCH) &&
		    LLVMABISizeOfType(lower->data_layout,
				      LLVMGetAllocatedType(i)) == n_bytes)
			return i;
	return NULL;
}

LLVMValueRef lower_scratch(struct lower *lower, LLVMValueRef function,
			   uint64_t n_bytes)
{
	LLVMBasicBlockRef block = LLVMGetEntryBasicBlock(function);
	LLVMBuilderRef builder;
	LLVMValueRef slot;

	n_bytes = (n_bytes + 7) & ~7ULL;
	slot = find_scratch(lower, function, n_bytes);
	if (slot)
		return slot;
	builder = LLVMCreateBuilderInContext(lower->context);
	slot = LLVMGetFirstInstruction(block);
	if (slot)
		LLVMPositionBuilderBefore(builder, slot);
	else
		LLVMPositionBuilderAtEnd(builder, block);
	slot = LLVMBuildAlloca(
		builder, LLVMArrayType2(lower_int_type(lower, 8), n_bytes),
		SCRATCH);
	LLVMSetAlignment(slot, 8);
	LLVMDisposeBuilder(builder);
	return slot;
}

LLVMBuilderRef lower_builder_before(struct lower *lower,
				    LLVMValueRef instruction)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lower->context);

	LLVMPositionBuilderBefore(builder, instruction);
	LLVMSetCurrentDebugLocation2(builder,
				     LLVMInstructionGetDebugLoc(instruction));
	return builder;
}

/*
 * bpf_probe_read and bpf_probe_read_str pick user or kernel memory by the
 * address, which is what BCC's programs count on. They exist only where the
 * two do not overlap; elsewhere it is the kernel's.
 */
unsigned int lower_read_helper(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	return 4; /* bpf_probe_read */
#else
	return 113; /* bpf_probe_read_kernel */
#endif
}

unsigned int lower_read_string_helper(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	return 45; /* bpf_probe_read_str */
#else
	return 115; /* bpf_probe_read_kernel_str */
#endif
}
