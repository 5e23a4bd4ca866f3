/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_events.c - what a program sends through buffers of its own.
 *
 * bpf_perf_event_output, bpf_ringbuf_output and reserve, submit and discard
 * become calls of the runtime, so that all events of a program go through its
 * one ring with our header and the BTF type of the value, which is that of
 * the variable that the user's code has it in. The buffers themselves go when
 * nothing else uses them. Programs for packets, which this project does not
 * attach, keep theirs.
 */
#include "lower_internal.h"

#include <linux/types.h>
#include <string.h>

#include "bpf/include/probefs/record.h"

enum {
	PERF_EVENT_OUTPUT = 25,
	RINGBUF_OUTPUT = 130,
	RINGBUF_RESERVE = 131,
	RINGBUF_SUBMIT = 132,
	RINGBUF_DISCARD = 133,
};

#define LOCAL_VARIABLE_TYPE 3 /* operand of DILocalVariable */
#define DERIVED_BASE_TYPE   3 /* operand of DIDerivedType */
#define TAG_POINTER         0x0f
#define TAG_STRUCT          0x13
#define TAG_UNION           0x17
#define MAX_DEPTH           32

/* A search for the type of the value at an address. */
struct type_search {
	LLVMValueRef address;
	uint64_t n_bytes; /* that are sent; 0: not a constant */
	LLVMMetadataRef found;
	bool is_exact; /* its size is n_bytes */
};

/* Through typedefs and qualifiers; NULL: void. */
static LLVMMetadataRef plain_type(struct lower *lower, LLVMMetadataRef type)
{
	for (int depth = 0; type && depth < MAX_DEPTH; depth++) {
		if (LLVMGetMetadataKind(type) !=
			    LLVMDIDerivedTypeMetadataKind ||
		    LLVMGetDINodeTag(type) == TAG_POINTER)
			return type;
		type = lower_metadata_operand(lower, type, DERIVED_BASE_TYPE);
	}
	return NULL;
}

static LLVMMetadataRef pointed_type(struct lower *lower, LLVMMetadataRef type)
{
	type = plain_type(lower, type);
	if (!type || LLVMGetMetadataKind(type) != LLVMDIDerivedTypeMetadataKind)
		return NULL;
	return plain_type(lower, lower_metadata_operand(lower, type,
							DERIVED_BASE_TYPE));
}

/*
 * A structure of the size that is sent is best, then one that may be sent in
 * part; numbers and arrays say nothing that bytes do not.
 */
static void consider_type(struct type_search *search, LLVMMetadataRef type)
{
	uint64_t n_bytes;

	if (!type || search->is_exact ||
	    LLVMGetMetadataKind(type) != LLVMDICompositeTypeMetadataKind)
		return;
	if (LLVMGetDINodeTag(type) != TAG_STRUCT &&
	    LLVMGetDINodeTag(type) != TAG_UNION)
		return;
	n_bytes = LLVMDITypeGetSizeInBits(type) / 8;
	if (n_bytes == search->n_bytes) {
		search->found = type;
		search->is_exact = true;
	} else if (!search->found && n_bytes > search->n_bytes) {
		search->found = type;
	}
}

/* The value that an operand of a llvm.dbg.* call wraps, or NULL. */
static LLVMValueRef wrapped_value(LLVMValueRef operand)
{
	LLVMMetadataRef metadata = LLVMValueAsMetadata(operand);
	LLVMValueRef value;

	if (LLVMGetMetadataKind(metadata) != LLVMLocalAsMetadataMetadataKind ||
	    LLVMGetMDNodeNumOperands(operand) != 1)
		return NULL;
	LLVMGetMDNodeOperands(operand, &value);
	return value;
}

static void visit_variable(struct lower *lower, LLVMValueRef instruction,
			   void *data)
{
	struct type_search *search = data;
	const char *name = lower_callee_name(instruction);
	LLVMMetadataRef variable, type;

	if (!lower_is_debug_call(instruction) ||
	    wrapped_value(LLVMGetOperand(instruction, 0)) != search->address)
		return;
	variable = LLVMValueAsMetadata(LLVMGetOperand(instruction, 1));
	type = lower_metadata_operand(lower, variable, LOCAL_VARIABLE_TYPE);
	if (!strcmp(name, "llvm.dbg.declare"))
		consider_type(search, plain_type(lower, type));
	else if (!strcmp(name, "llvm.dbg.value"))
		consider_type(search, pointed_type(lower, type));
}

/* The type of the variable at @address, NULL: unknown. */
static LLVMMetadataRef type_at(struct lower *lower, LLVMValueRef function,
			       LLVMValueRef address, LLVMValueRef size)
{
	struct type_search search = {.address = address};

	if (LLVMIsAConstantInt(size))
		search.n_bytes = LLVMConstIntGetZExtValue(size);
	lower_each_instruction(lower, function, visit_variable, &search);
	return search.found;
}

/* The BTF id of @type in the object, by a relocation; 0: unknown. */
static LLVMValueRef build_type_id(struct lower *lower, LLVMBuilderRef builder,
				  LLVMMetadataRef type)
{
	static const char name[] = "llvm.bpf.btf.type.id";
	static const char kind[] = "llvm.preserve.access.index";
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef args[2], value;

	if (!type)
		return lower_int(lower, 32, 0);
	/* The number only keeps calls for two types from becoming one. */
	args[0] = lower_int(lower, 32, G_MAXINT32 - lower->n_type_ids++);
	args[1] = lower_int(lower, 64, 0);
	value = LLVMBuildCall2(
		builder, LLVMIntrinsicGetType(lower->context, id, NULL, 0),
		LLVMGetIntrinsicDeclaration(lower->module, id, NULL, 0), args,
		2, "");
	LLVMSetMetadata(value,
			LLVMGetMDKindIDInContext(lower->context, kind,
						 strlen(kind)),
			LLVMMetadataAsValue(lower->context, type));
	return LLVMBuildTrunc(builder, value, lower_int_type(lower, 32), "");
}

struct replacement {
	LLVMValueRef call; /* of the helper */
	LLVMValueRef function;
	LLVMBuilderRef builder;
};

/* Call @name instead, with @args as its parameters' types. */
static void replace(struct lower *lower, struct replacement *replacement,
		    const char *name, LLVMValueRef *args, unsigned int n)
{
	LLVMValueRef callee = LLVMGetNamedFunction(lower->module, name);
	LLVMTypeRef type = LLVMGlobalGetValueType(callee);
	LLVMTypeRef wanted = LLVMTypeOf(replacement->call);
	LLVMValueRef result;

	g_assert(n == LLVMCountParams(callee));
	for (unsigned int i = 0; i < n; i++)
		if (LLVMGetTypeKind(LLVMTypeOf(args[i])) == LLVMIntegerTypeKind)
			args[i] = LLVMBuildIntCast2(
				replacement->builder, args[i],
				LLVMTypeOf(LLVMGetParam(callee, i)), false, "");
	result = LLVMBuildCall2(replacement->builder, type, callee, args, n,
				"");
	if (LLVMGetTypeKind(wanted) == LLVMIntegerTypeKind &&
	    LLVMGetTypeKind(LLVMTypeOf(result)) == LLVMIntegerTypeKind)
		result = LLVMBuildIntCast2(replacement->builder, result, wanted,
					   true, "");
	if (LLVMGetFirstUse(replacement->call))
		LLVMReplaceAllUsesWith(replacement->call, result);
	LLVMInstructionEraseFromParent(replacement->call);
	lower->n_events++;
}

static void forget_map(struct lower *lower, LLVMValueRef map)
{
	uint64_t offset;
	LLVMValueRef base = lower_base(lower, map, &offset);

	if (base && LLVMIsAGlobalVariable(base))
		g_hash_table_add(lower->replaced_maps,
				 g_strdup(lower_name(base)));
}

static void replace_output(struct lower *lower, struct replacement *replacement,
			   LLVMValueRef map, LLVMValueRef data,
			   LLVMValueRef size)
{
	LLVMMetadataRef type = type_at(lower, replacement->function, data,
				       size);
	LLVMValueRef args[] = {
		lower_context(lower, replacement->function), data, size,
		build_type_id(lower, replacement->builder, type)};

	forget_map(lower, map);
	replace(lower, replacement, "__probefs_emit", args, G_N_ELEMENTS(args));
}

static void replace_reserve(struct lower *lower,
			    struct replacement *replacement)
{
	LLVMValueRef size = LLVMGetOperand(replacement->call, 1);
	LLVMMetadataRef type = type_at(lower, replacement->function,
				       replacement->call, size);
	LLVMValueRef args[] = {
		lower_context(lower, replacement->function), size,
		build_type_id(lower, replacement->builder, type)};

	forget_map(lower, LLVMGetOperand(replacement->call, 0));
	replace(lower, replacement, "__probefs_ring_reserve", args,
		G_N_ELEMENTS(args));
}

/* Is @record what the runtime itself, inlined here, has reserved? */
static bool is_of_runtime(struct lower *lower, LLVMValueRef record)
{
	uint64_t offset;
	LLVMValueRef base = lower_base(lower, record, &offset);

	return base && !strcmp(lower_callee_name(base), "__probefs_reserve");
}

static void replace_end(struct lower *lower, struct replacement *replacement,
			const char *name)
{
	LLVMValueRef record = LLVMGetOperand(replacement->call, 0);

	if (!is_of_runtime(lower, record))
		replace(lower, replacement, name, &record, 1);
}

static void visit(struct lower *lower, LLVMValueRef instruction, void *data)
{
	unsigned int helper = lower_helper_number(instruction);
	struct replacement replacement = {
		.call = instruction,
		.function = data,
	};

	if (helper != PERF_EVENT_OUTPUT &&
	    (helper < RINGBUF_OUTPUT || helper > RINGBUF_DISCARD))
		return;
	replacement.builder = lower_builder_before(lower, instruction);
	if (helper == PERF_EVENT_OUTPUT)
		replace_output(lower, &replacement,
			       LLVMGetOperand(instruction, 1),
			       LLVMGetOperand(instruction, 3),
			       LLVMGetOperand(instruction, 4));
	else if (helper == RINGBUF_OUTPUT)
		replace_output(lower, &replacement,
			       LLVMGetOperand(instruction, 0),
			       LLVMGetOperand(instruction, 1),
			       LLVMGetOperand(instruction, 2));
	else if (helper == RINGBUF_RESERVE)
		replace_reserve(lower, &replacement);
	else
		replace_end(lower, &replacement,
			    helper == RINGBUF_SUBMIT
				    ? "__probefs_ring_submit"
				    : "__probefs_ring_discard");
	LLVMDisposeBuilder(replacement.builder);
}

void lower_events(struct lower *lower)
{
	LLVMValueRef function;

	/* A subprogram may serve all programs: for all of them or for none. */
	if (lower_has_packets(lower) ||
	    !LLVMGetNamedFunction(lower->module, "__probefs_reserve"))
		return;
	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function))
		if (lower_is_defined(function) && !lower_is_runtime(function))
			lower_each_instruction(lower, function, visit,
					       function);
}
