/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_origin.c - where a pointer comes from.
 *
 * The verifier lets a program follow some pointers and refuses others; this
 * finds out which is which by walking a pointer's computation backwards. What
 * cannot be told is foreign: a read of our own memory by helper is slow but
 * right, a direct read of kernel memory is refused.
 */
#include "lower_internal.h"

#include <string.h>

struct walk {
	struct lower *lower;
	enum lower_kind kind;
	LLVMValueRef function;
	GHashTable *seen; /* phis under way */
};

static enum lower_origin origin_of(struct walk *walk, LLVMValueRef value);

static enum lower_origin worse(enum lower_origin a, enum lower_origin b)
{
	return MAX(a, b);
}

/* The helpers that return memory which the verifier knows. */
static enum lower_origin origin_of_helper(unsigned int number)
{
	switch (number) {
	case 1:   /* map_lookup_elem */
	case 81:  /* get_local_storage */
	case 107: /* sk_storage_get */
	case 131: /* ringbuf_reserve */
	case 145: /* inode_storage_get */
	case 156: /* task_storage_get */
	case 195: /* map_lookup_percpu_elem */
	case 203: /* dynptr_data */
	case 210: /* cgrp_storage_get */
		return LOWER_ORIGIN_OURS;
	case 84 ... 86:   /* sk_lookup_tcp, _udp, sk_release */
	case 95 ... 96:   /* sk_fullsock, tcp_sock */
	case 98 ... 99:   /* get_listener_sock, skc_lookup_tcp */
	case 136 ... 140: /* skc_to_… */
	case 153 ... 154: /* per_cpu_ptr, this_cpu_ptr */
	case 158:         /* get_current_task_btf */
	case 162:         /* sock_from_file */
	case 175:         /* task_pt_regs */
	case 178:         /* skc_to_unix_sock */
	case 194:         /* kptr_xchg */
	case 196:         /* skc_to_mptcp_sock */
		return LOWER_ORIGIN_BTF;
	default:
		return LOWER_ORIGIN_FOREIGN;
	}
}

static enum lower_origin origin_of_call(struct walk *walk, LLVMValueRef call)
{
	const char *name = lower_callee_name(call);
	unsigned int helper = lower_helper_number(call);
	LLVMValueRef callee = LLVMGetCalledValue(call);

	if (helper)
		return origin_of_helper(helper);
	if (g_str_has_prefix(name, "llvm.preserve."))
		return origin_of(walk, LLVMGetOperand(call, 0));
	if (g_str_has_prefix(name, "llvm.bpf.passthrough"))
		return origin_of(walk, LLVMGetOperand(call, 1));
	/* A barrier, asm("" : "+r"(p)), gives what it was given. */
	if (LLVMIsAInlineAsm(callee) && LLVMGetNumArgOperands(call) == 1)
		return origin_of(walk, LLVMGetOperand(call, 0));
	if (!LLVMIsAFunction(callee) || g_str_has_prefix(name, "llvm."))
		return LOWER_ORIGIN_FOREIGN;
	/* What a subprogram or a kernel function returns, the verifier knows. */
	return lower_is_defined(callee) ? LOWER_ORIGIN_OURS : LOWER_ORIGIN_BTF;
}

static enum lower_origin origin_of_load(struct walk *walk, LLVMValueRef load)
{
	switch (origin_of(walk, LLVMGetOperand(load, 0))) {
	case LOWER_ORIGIN_BTF:
		return LOWER_ORIGIN_BTF;
	case LOWER_ORIGIN_CONTEXT:
		return walk->kind == LOWER_PROBE ? LOWER_ORIGIN_FOREIGN
						 : LOWER_ORIGIN_BTF;
	case LOWER_ORIGIN_NONE:
	case LOWER_ORIGIN_OURS:
	case LOWER_ORIGIN_FOREIGN:
	default:
		return LOWER_ORIGIN_FOREIGN;
	}
}

static enum lower_origin origin_of_phi(struct walk *walk, LLVMValueRef phi)
{
	enum lower_origin origin = LOWER_ORIGIN_NONE;
	unsigned int n = LLVMCountIncoming(phi);

	if (!g_hash_table_add(walk->seen, phi))
		return LOWER_ORIGIN_NONE;
	for (unsigned int i = 0; i < n; i++)
		origin = worse(origin,
			       origin_of(walk, LLVMGetIncomingValue(phi, i)));
	return origin;
}

/* An integer that is computed with: the origin of the pointer in it. */
static enum lower_origin origin_of_sum(struct walk *walk, LLVMValueRef value)
{
	LLVMValueRef left = LLVMGetOperand(value, 0);
	LLVMValueRef right = LLVMGetOperand(value, 1);
	enum lower_origin origin = origin_of(walk, left);

	if (LLVMIsConstant(left))
		return origin_of(walk, right);
	if (LLVMIsConstant(right))
		return origin;
	return worse(origin, origin_of(walk, right));
}

static enum lower_origin origin_of_parameter(struct walk *walk,
					     LLVMValueRef value)
{
	if (walk->kind == LOWER_SUBPROGRAM)
		return LOWER_ORIGIN_OURS;
	return value == LLVMGetParam(walk->function, 0) ? LOWER_ORIGIN_CONTEXT
							: LOWER_ORIGIN_FOREIGN;
}

static enum lower_origin origin_of_operation(struct walk *walk,
					     LLVMValueRef value)
{
	LLVMOpcode opcode = LLVMIsAConstantExpr(value)
				    ? LLVMGetConstOpcode(value)
				    : LLVMGetInstructionOpcode(value);

	/* The dozens of other opcodes compute what is no known pointer. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (opcode) {
	case LLVMAlloca:
		return LOWER_ORIGIN_OURS;
	case LLVMGetElementPtr:
	case LLVMBitCast:
	case LLVMAddrSpaceCast:
	case LLVMPtrToInt:
	case LLVMIntToPtr:
	case LLVMFreeze:
	case LLVMZExt:
	case LLVMSExt:
	case LLVMTrunc:
		return origin_of(walk, LLVMGetOperand(value, 0));
	case LLVMAdd:
	case LLVMSub:
	case LLVMAnd:
	case LLVMOr:
		return origin_of_sum(walk, value);
	case LLVMPHI:
		return origin_of_phi(walk, value);
	case LLVMSelect:
		return worse(origin_of(walk, LLVMGetOperand(value, 1)),
			     origin_of(walk, LLVMGetOperand(value, 2)));
	case LLVMLoad:
		return origin_of_load(walk, value);
	case LLVMCall:
		return origin_of_call(walk, value);
	default:
		return LOWER_ORIGIN_FOREIGN;
	}
#pragma GCC diagnostic pop
}

static enum lower_origin origin_of(struct walk *walk, LLVMValueRef value)
{
	if (LLVMIsAGlobalVariable(value)) {
		const char *section = LLVMGetSection(value);

		return g_strcmp0(section, ".ksyms") ? LOWER_ORIGIN_OURS
						    : LOWER_ORIGIN_BTF;
	}
	if (LLVMIsAArgument(value))
		return origin_of_parameter(walk, value);
	if (LLVMIsAInstruction(value) || LLVMIsAConstantExpr(value))
		return origin_of_operation(walk, value);
	if (LLVMIsAConstantInt(value) && !LLVMIsNull(value))
		return LOWER_ORIGIN_FOREIGN;
	return LOWER_ORIGIN_NONE;
}

enum lower_origin lower_origin(struct lower *lower, LLVMValueRef function,
			       LLVMValueRef pointer)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct walk walk = {
		.lower = lower,
		.kind = lower_kind(function),
		.function = function,
		.seen = seen,
	};

	return origin_of(&walk, pointer);
}

/* Add the constant offset of the address computation @gep; false: variable. */
static bool add_gep_offset(struct lower *lower, LLVMValueRef gep,
			   uint64_t *offset)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	int n = LLVMGetNumOperands(gep);

	for (int i = 1; i < n; i++) {
		LLVMValueRef operand = LLVMGetOperand(gep, i);
		int64_t index;

		if (!LLVMIsAConstantInt(operand))
			return false;
		index = LLVMConstIntGetSExtValue(operand);
		if (i == 1) {
			*offset += index *
				   LLVMABISizeOfType(lower->data_layout, type);
		} else if (LLVMGetTypeKind(type) == LLVMStructTypeKind) {
			*offset += LLVMOffsetOfElement(lower->data_layout, type,
						       index);
			type = LLVMStructGetTypeAtIndex(type, index);
		} else {
			type = LLVMGetElementType(type);
			*offset += index *
				   LLVMABISizeOfType(lower->data_layout, type);
		}
	}
	return true;
}

/* The same for a llvm.preserve.*.access.index call. */
static bool add_preserved_offset(struct lower *lower, LLVMValueRef call,
				 uint64_t *offset)
{
	const char *name = lower_callee_name(call);
	unsigned int kind = lower_attribute_kind("elementtype");
	LLVMAttributeRef attribute;
	LLVMTypeRef type;

	if (g_str_has_prefix(name, "llvm.preserve.union."))
		return true;
	attribute = LLVMGetCallSiteEnumAttribute(call, 1, kind);
	if (!attribute || !g_str_has_prefix(name, "llvm.preserve.struct."))
		return false;
	type = LLVMGetTypeAttributeValue(attribute);
	*offset += LLVMOffsetOfElement(lower->data_layout, type,
				       LLVMConstIntGetZExtValue(
					       LLVMGetOperand(call, 1)));
	return true;
}

static bool is_gep(LLVMValueRef value)
{
	return LLVMIsAGetElementPtrInst(value) ||
	       (LLVMIsAConstantExpr(value) &&
		LLVMGetConstOpcode(value) == LLVMGetElementPtr);
}

LLVMValueRef lower_base(struct lower *lower, LLVMValueRef pointer,
			uint64_t *offset)
{
	*offset = 0;
	for (;;) {
		if (is_gep(pointer)) {
			if (!add_gep_offset(lower, pointer, offset))
				return NULL;
		} else if (g_str_has_prefix(lower_callee_name(pointer),
					    "llvm.preserve.")) {
			if (!add_preserved_offset(lower, pointer, offset))
				return NULL;
		} else {
			return pointer;
		}
		pointer = LLVMGetOperand(pointer, 0);
	}
}
