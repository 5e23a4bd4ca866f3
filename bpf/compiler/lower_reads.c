/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_reads.c - plain reads of kernel memory become reads by helper.
 *
 * A load from a foreign pointer becomes a stack slot, a helper's call with
 * the same address and a load of the slot. The address keeps its calls of
 * llvm.preserve.*, so the offsets in it are still CO-RE relocated. A read
 * that fails gives zeros, as the helper does.
 */
#include "lower_internal.h"

#include <string.h>

#define READ_KERNEL       113 /* bpf_probe_read_kernel */

/* A copy that takes more loads and stores than this is done by helper. */
#define MAX_DIRECT_COPIES 64

static void read_by_helper(struct lower *lower, LLVMBuilderRef builder,
			   LLVMValueRef to, LLVMValueRef size,
			   LLVMValueRef from)
{
	LLVMValueRef args[] = {to, size, from};

	lower_call_helper(lower, builder, lower_read_helper(), args, 3);
}

static LLVMValueRef read_value(struct lower *lower, LLVMValueRef function,
			       LLVMBuilderRef builder, LLVMValueRef address,
			       LLVMTypeRef type)
{
	uint64_t size = LLVMStoreSizeOfType(lower->data_layout, type);
	LLVMValueRef slot = lower_scratch(lower, function, size);

	read_by_helper(lower, builder, slot, lower_int(lower, 32, size),
		       address);
	return LLVMBuildLoad2(builder, type, slot, "");
}

/*
 * May @address, which comes from a pointer that the verifier follows, be
 * loaded from? It follows fields of structures at known places, but no plain
 * pointer to numbers and no variable index.
 */
static bool can_be_followed(LLVMValueRef address)
{
	bool has_field = false;

	for (;;) {
		const char *name = lower_callee_name(address);
		int n = LLVMGetNumOperands(address);

		if (LLVMIsAGetElementPtrInst(address)) {
			for (int i = 1; i < n; i++)
				if (!LLVMIsAConstantInt(
					    LLVMGetOperand(address, i)))
					return false;
		} else if (g_str_has_prefix(name, "llvm.preserve.array.")) {
			if (!LLVMIsAConstantInt(LLVMGetOperand(address, 2)))
				return false;
		} else if (g_str_has_prefix(name, "llvm.preserve.")) {
			has_field = true;
		} else {
			return has_field;
		}
		address = LLVMGetOperand(address, 0);
	}
}

static bool needs_helper(struct lower *lower, enum lower_origin origin,
			 LLVMValueRef address)
{
	return origin == LOWER_ORIGIN_FOREIGN ||
	       (origin == LOWER_ORIGIN_BTF && lower->options->bcc_dialect &&
		!can_be_followed(address));
}

static bool is_compared(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use;
	     use = LLVMGetNextUse(use)) {
		if (LLVMIsAICmpInst(LLVMGetUser(use)))
			return true;
	}
	return false;
}

/* Make @half, an i32, one of which LLVM does not know where it comes from. */
static void hide_origin(struct lower *lower, LLVMValueRef half)
{
	/* An instruction, which zeroes the upper half. */
	static const char copy[] = "$0 = $1";
	LLVMTypeRef i32 = LLVMTypeOf(half);
	LLVMTypeRef type = LLVMFunctionType(i32, &i32, 1, false);
	LLVMBuilderRef builder =
		lower_builder_before(lower, LLVMGetNextInstruction(half));
	LLVMValueRef identity, hidden;

	identity = LLVMGetInlineAsm(type, copy, strlen(copy), "=w,w",
				    strlen("=w,w"), false, false,
				    LLVMInlineAsmDialectATT, false);
	hidden = LLVMBuildCall2(builder, type, identity, &half, 1, "");
	LLVMReplaceAllUsesWith(half, hidden);
	LLVMSetOperand(hidden, 0, half);
	LLVMDisposeBuilder(builder);
}

/*
 * The low half of an argument, compared and then used as an index: LLVM
 * compares the half and masks the whole, with more bits than the comparison
 * allows, and up to Linux 6.7 the verifier does not know that the whole is as
 * small as the half.
 */
static void part_halves(struct lower *lower, LLVMValueRef load)
{
	for (LLVMUseRef use = LLVMGetFirstUse(load); use;
	     use = LLVMGetNextUse(use)) {
		LLVMValueRef part = LLVMGetUser(use);

		if (LLVMIsATruncInst(part) &&
		    LLVMTypeOf(part) == lower_int_type(lower, 32) &&
		    is_compared(part))
			hide_origin(lower, part);
	}
}

static void lower_load(struct lower *lower, LLVMValueRef function,
		       LLVMValueRef load)
{
	LLVMValueRef address = LLVMGetOperand(load, 0);
	LLVMTypeRef type = LLVMTypeOf(load);
	uint64_t size = LLVMStoreSizeOfType(lower->data_layout, type);
	LLVMBuilderRef builder;
	enum lower_origin origin;
	LLVMValueRef value;

	origin = lower_origin(lower, function, address);
	/* Not to be merged with others, see load_u64 in lower_wrap.c. */
	if (origin == LOWER_ORIGIN_CONTEXT) {
		LLVMSetVolatile(load, true);
		part_halves(lower, load);
	}
	if (!needs_helper(lower, origin, address))
		return;
	builder = lower_builder_before(lower, load);
	value = size <= 8 && lower_is_bitfield(lower, address)
			? lower_read_bitfield(lower, builder, address,
					      lower_scratch(lower, function, 8),
					      type)
			: read_value(lower, function, builder, address, type);
	LLVMReplaceAllUsesWith(load, value);
	LLVMInstructionEraseFromParent(load);
	LLVMDisposeBuilder(builder);
}

/*
 * What our memory at @pointer is known to be aligned to. Map values are at
 * multiples of 8, and what is on the stack is put there: the verifier allows
 * no unaligned access to it, and code that copies bytes is long.
 */
static unsigned int alignment_of(struct lower *lower, LLVMValueRef pointer)
{
	uint64_t offset;
	LLVMValueRef base = lower_base(lower, pointer, &offset);

	if (!base)
		return 1;
	if (LLVMIsAAllocaInst(base))
		LLVMSetAlignment(base, MAX(LLVMGetAlignment(base), 8));
	else if (!lower_helper_number(base))
		return 1;
	return offset % 8 ? offset & -offset : 8;
}

/* What the copy itself says of its operand @i. */
static unsigned int said_alignment(LLVMValueRef copy, unsigned int i)
{
	LLVMAttributeRef attribute = LLVMGetCallSiteEnumAttribute(
		copy, i + 1, lower_attribute_kind("align"));

	return attribute ? LLVMGetEnumAttributeValue(attribute) : 1;
}

/* A copy of our own memory: in a few instructions, or by helper. */
static void improve_copy(struct lower *lower, LLVMValueRef copy)
{
	LLVMValueRef size = LLVMGetOperand(copy, 2);
	LLVMValueRef args[] = {LLVMGetOperand(copy, 0), size,
			       LLVMGetOperand(copy, 1)};
	unsigned int align = 8;
	LLVMBuilderRef builder;
	uint64_t n_bytes;

	if (!LLVMIsAConstantInt(size))
		return;
	n_bytes = LLVMConstIntGetZExtValue(size);
	for (unsigned int i = 0; i < 2; i++) {
		LLVMValueRef pointer = LLVMGetOperand(copy, i);
		unsigned int known = said_alignment(copy, i);

		known = MAX(known, alignment_of(lower, pointer));
		LLVMSetInstrParamAlignment(copy, i + 1, known);
		align = MIN(align, known);
	}
	if (n_bytes <= MAX_DIRECT_COPIES * align ||
	    LLVMIsAGlobalVariable(args[2]))
		return;
	builder = lower_builder_before(lower, copy);
	args[1] = lower_int(lower, 32, n_bytes);
	lower_call_helper(lower, builder, READ_KERNEL, args, 3);
	LLVMInstructionEraseFromParent(copy);
	LLVMDisposeBuilder(builder);
}

static void lower_copy(struct lower *lower, LLVMValueRef function,
		       LLVMValueRef copy)
{
	LLVMValueRef size = LLVMGetOperand(copy, 2);
	LLVMValueRef from = LLVMGetOperand(copy, 1);
	LLVMBuilderRef builder;

	switch (lower_origin(lower, function, from)) {
	case LOWER_ORIGIN_FOREIGN:
	case LOWER_ORIGIN_BTF: /* a structure is not followed as a whole */
		break;
	case LOWER_ORIGIN_OURS:
		improve_copy(lower, copy);
		return;
	case LOWER_ORIGIN_NONE:
	case LOWER_ORIGIN_CONTEXT:
	default:
		return;
	}
	builder = lower_builder_before(lower, copy);
	if (LLVMGetIntTypeWidth(LLVMTypeOf(size)) > 32)
		size = LLVMBuildTrunc(builder, size, lower_int_type(lower, 32),
				      "");
	read_by_helper(lower, builder, LLVMGetOperand(copy, 0), size, from);
	LLVMInstructionEraseFromParent(copy);
	LLVMDisposeBuilder(builder);
}

static void visit(struct lower *lower, LLVMValueRef instruction, void *data)
{
	const char *name;

	if (LLVMIsALoadInst(instruction)) {
		if (LLVMGetOrdering(instruction) == LLVMAtomicOrderingNotAtomic)
			lower_load(lower, data, instruction);
		return;
	}
	name = lower_callee_name(instruction);
	if (g_str_has_prefix(name, "llvm.memcpy.") ||
	    g_str_has_prefix(name, "llvm.memmove."))
		lower_copy(lower, data, instruction);
}

/*
 * In the libbpf dialect a direct read is meant where the verifier follows
 * pointers, and a subprogram may serve such programs.
 */
static bool wants_reads(struct lower *lower, LLVMValueRef function,
			bool has_only_probes)
{
	switch (lower_kind(function)) {
	case LOWER_PROBE:
		return true;
	case LOWER_SUBPROGRAM:
		return has_only_probes;
	case LOWER_TRACING:
	case LOWER_TRACING_DECIDES:
		return lower->options->bcc_dialect;
	case LOWER_OTHER:
	default:
		return false;
	}
}

static bool module_has_only_probes(struct lower *lower)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		enum lower_kind kind = lower_kind(function);

		if (lower_is_defined(function) && kind != LOWER_PROBE &&
		    kind != LOWER_SUBPROGRAM)
			return false;
	}
	return true;
}

void lower_reads(struct lower *lower)
{
	bool has_only_probes = module_has_only_probes(lower);
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (lower_is_defined(function) &&
		    wants_reads(lower, function, has_only_probes))
			lower_each_instruction(lower, function, visit,
					       function);
	}
}
