/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_bitfield.c - reads of bit fields in kernel structures.
 *
 * clang loads the storage that a bit field has in the structure as the user's
 * types declare it. In the running kernel it may begin at another bit, which
 * the relocation of an offset in bytes cannot express. So the field itself is
 * read with the relocations made for it (size, left and right shift), and put
 * where clang's code will look for it in the storage.
 */
#include "lower_internal.h"

#include <string.h>

#define COMPOSITE_ELEMENTS 4 /* operand of DICompositeType */

/* enum bpf_core_relo_kind, as llvm.bpf.preserve.field.info takes it. */
enum { FIELD_BYTE_SIZE = 1, FIELD_LEFT_SHIFT = 4, FIELD_RIGHT_SHIFT = 5 };

static unsigned int metadata_kind(struct lower *lower, const char *name)
{
	return LLVMGetMDKindIDInContext(lower->context, name, strlen(name));
}

/* The member that a llvm.preserve.struct.access.index call gives, or NULL. */
static LLVMMetadataRef accessed_member(struct lower *lower, LLVMValueRef call)
{
	LLVMMetadataRef record, elements;
	LLVMValueRef value;

	if (!g_str_has_prefix(lower_callee_name(call), "llvm.preserve.struct."))
		return NULL;
	value = LLVMGetMetadata(
		call, metadata_kind(lower, "llvm.preserve.access.index"));
	record = value ? LLVMValueAsMetadata(value) : NULL;
	if (!record ||
	    LLVMGetMetadataKind(record) != LLVMDICompositeTypeMetadataKind)
		return NULL;
	elements = lower_metadata_operand(lower, record, COMPOSITE_ELEMENTS);
	return elements ? lower_metadata_operand(lower, elements,
						 LLVMConstIntGetZExtValue(
							 LLVMGetOperand(call,
									2)))
			: NULL;
}

bool lower_is_bitfield(struct lower *lower, LLVMValueRef address)
{
	LLVMMetadataRef member = accessed_member(lower, address);

	return member && (LLVMDITypeGetFlags(member) & LLVMDIFlagBitField);
}

/* A fact about the field at @address in the running kernel, as 64 bits. */
static LLVMValueRef field_info(struct lower *lower, LLVMBuilderRef builder,
			       LLVMValueRef address, unsigned int fact)
{
	static const char name[] = "llvm.bpf.preserve.field.info";
	LLVMTypeRef pointer = lower_pointer_type(lower);
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef args[2], value;

	/* Each its own chain of accesses: the BPF back end counts on that. */
	args[0] = LLVMInstructionClone(address);
	args[1] = lower_int(lower, 64, fact);
	LLVMInsertIntoBuilder(builder, args[0]);
	value = LLVMBuildCall2(
		builder, LLVMIntrinsicGetType(lower->context, id, &pointer, 1),
		LLVMGetIntrinsicDeclaration(lower->module, id, &pointer, 1),
		args, 2, "");
	return value;
}

static uint64_t storage_offset_bits(struct lower *lower, LLVMValueRef address)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName(
		"elementtype", strlen("elementtype"));
	LLVMAttributeRef attribute = LLVMGetCallSiteEnumAttribute(address, 1,
								  kind);

	return 8 * LLVMOffsetOfElement(lower->data_layout,
				       LLVMGetTypeAttributeValue(attribute),
				       LLVMConstIntGetZExtValue(
					       LLVMGetOperand(address, 1)));
}

LLVMValueRef lower_read_bitfield(struct lower *lower, LLVMBuilderRef builder,
				 LLVMValueRef address, LLVMValueRef slot,
				 LLVMTypeRef type)
{
	LLVMMetadataRef member = accessed_member(lower, address);
	uint64_t n_bits = LLVMDITypeGetSizeInBits(member);
	uint64_t shift = LLVMDITypeGetOffsetInBits(member) -
			 storage_offset_bits(lower, address);
	LLVMTypeRef u64 = lower_int_type(lower, 64);
	LLVMValueRef args[3], value, by;

	LLVMBuildStore(builder, lower_int(lower, 64, 0), slot);
	args[0] = slot;
	args[1] = field_info(lower, builder, address, FIELD_BYTE_SIZE);
	args[2] = address;
	lower_call_helper(lower, builder, lower_read_helper(), args, 3);
	value = LLVMBuildLoad2(builder, u64, slot, "");
	by = field_info(lower, builder, address, FIELD_LEFT_SHIFT);
	value = LLVMBuildShl(builder, value,
			     LLVMBuildZExt(builder, by, u64, ""), "");
	by = field_info(lower, builder, address, FIELD_RIGHT_SHIFT);
	value = LLVMBuildLShr(builder, value,
			      LLVMBuildZExt(builder, by, u64, ""), "");
	if (n_bits < 64)
		value = LLVMBuildAnd(builder, value,
				     lower_int(lower, 64, (1ULL << n_bits) - 1),
				     "");
	value = LLVMBuildShl(builder, value, lower_int(lower, 64, shift), "");
	return LLVMBuildTrunc(builder, value, type, "");
}
