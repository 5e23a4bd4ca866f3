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

struct reads {
	LLVMValueRef function;
	GHashTable *slots; /* size → the slot of this function */
};

/* One slot a size: its value is used at once, so all reads can share it. */
static LLVMValueRef slot_of_size(struct lower *lower, struct reads *reads,
				 uint64_t size)
{
	gpointer key = GSIZE_TO_POINTER(size);
	LLVMValueRef slot = g_hash_table_lookup(reads->slots, key);

	if (!slot) {
		slot = lower_stack_slot(lower, reads->function, size);
		g_hash_table_insert(reads->slots, key, slot);
	}
	return slot;
}

static void read_by_helper(struct lower *lower, LLVMBuilderRef builder,
			   LLVMValueRef to, LLVMValueRef size,
			   LLVMValueRef from)
{
	LLVMValueRef args[] = {to, size, from};

	lower_call_helper(lower, builder, lower_read_helper(), args, 3);
}

static LLVMValueRef read_value(struct lower *lower, struct reads *reads,
			       LLVMBuilderRef builder, LLVMValueRef address,
			       LLVMTypeRef type)
{
	uint64_t size = LLVMStoreSizeOfType(lower->data_layout, type);
	LLVMValueRef slot = slot_of_size(lower, reads, size);

	read_by_helper(lower, builder, slot, lower_int(lower, 32, size),
		       address);
	return LLVMBuildLoad2(builder, type, slot, "");
}

static void lower_load(struct lower *lower, struct reads *reads,
		       LLVMValueRef load)
{
	LLVMValueRef address = LLVMGetOperand(load, 0);
	LLVMTypeRef type = LLVMTypeOf(load);
	uint64_t size = LLVMStoreSizeOfType(lower->data_layout, type);
	LLVMBuilderRef builder;
	LLVMValueRef value;

	enum lower_origin origin;

	origin = lower_origin(lower, reads->function, address);
	/* Not to be merged with others, see load_u64 in lower_wrap.c. */
	if (origin == LOWER_ORIGIN_CONTEXT)
		LLVMSetVolatile(load, true);
	if (origin != LOWER_ORIGIN_FOREIGN)
		return;
	builder = lower_builder_before(lower, load);
	value = size <= 8 && lower_is_bitfield(lower, address)
			? lower_read_bitfield(lower, builder, address,
					      slot_of_size(lower, reads, 8),
					      type)
			: read_value(lower, reads, builder, address, type);
	LLVMReplaceAllUsesWith(load, value);
	LLVMInstructionEraseFromParent(load);
	LLVMDisposeBuilder(builder);
}

static void lower_copy(struct lower *lower, struct reads *reads,
		       LLVMValueRef copy)
{
	LLVMValueRef size = LLVMGetOperand(copy, 2);
	LLVMValueRef from = LLVMGetOperand(copy, 1);
	LLVMBuilderRef builder;

	if (lower_origin(lower, reads->function, from) != LOWER_ORIGIN_FOREIGN)
		return;
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
	switch (lower_kind(lower, function)) {
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
		enum lower_kind kind = lower_kind(lower, function);

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
		g_autoptr(GHashTable) slots = g_hash_table_new(NULL, NULL);
		struct reads reads = {.function = function, .slots = slots};

		if (lower_is_defined(function) &&
		    wants_reads(lower, function, has_only_probes))
			lower_each_instruction(lower, function, visit, &reads);
	}
}
