/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_helpers.c - calls of helpers that cost more than they need to.
 *
 * Some helpers give the same all through a run of a program: two calls of one
 * of them become one. Who runs is had by loads from the current task, which
 * the runtime has functions for. Must not know what is done with the results.
 */
#include "lower_internal.h"

#define GET_CURRENT_PID_TGID 14
#define GET_CURRENT_COMM     16
#define COMM_BYTES           16 /* TASK_COMM_LEN */

/* A program is not moved to another CPU, nor given another task. */
static bool is_constant_helper(unsigned int number)
{
	switch (number) {
	case 8: /* get_smp_processor_id */
	case GET_CURRENT_PID_TGID:
	case 15:  /* get_current_uid_gid */
	case 35:  /* get_current_task */
	case 80:  /* get_current_cgroup_id */
	case 158: /* get_current_task_btf */
		return true;
	default:
		return false;
	}
}

static void mark_constant(struct lower *lower, LLVMValueRef call)
{
	/* memory(none): its value 0 is no access to any memory. */
	static const char *const names[] = {"memory", "nounwind", "willreturn"};

	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
		LLVMAddCallSiteAttribute(
			call, LLVMAttributeFunctionIndex,
			LLVMCreateEnumAttribute(lower->context,
						lower_attribute_kind(names[i]),
						0));
}

static void replace(struct lower *lower, LLVMValueRef call, const char *name,
		    LLVMValueRef *args, unsigned int n_args)
{
	LLVMValueRef callee = LLVMGetNamedFunction(lower->module, name);
	LLVMTypeRef type = LLVMTypeOf(call);
	LLVMBuilderRef builder;
	LLVMValueRef result;

	if (!callee)
		return;
	builder = lower_builder_before(lower, call);
	result = LLVMBuildCall2(builder, LLVMGlobalGetValueType(callee), callee,
				args, n_args, "");
	/* bpf_get_current_comm gives 0. */
	if (LLVMGetTypeKind(LLVMTypeOf(result)) == LLVMVoidTypeKind)
		result = LLVMConstNull(type);
	if (LLVMGetFirstUse(call))
		LLVMReplaceAllUsesWith(call, result);
	LLVMInstructionEraseFromParent(call);
	LLVMDisposeBuilder(builder);
}

/* Can u32s be stored at @pointer? The verifier wants the stack aligned. */
static bool takes_words(struct lower *lower, LLVMValueRef pointer)
{
	uint64_t offset;
	LLVMValueRef base = lower_base(lower, pointer, &offset);

	if (!base || offset % 4)
		return false;
	if (!LLVMIsAAllocaInst(base))
		return LLVMIsACallInst(base);
	LLVMSetAlignment(base, MAX(LLVMGetAlignment(base), 8));
	return true;
}

static void replace_comm(struct lower *lower, LLVMValueRef call)
{
	LLVMValueRef comm = LLVMGetOperand(call, 0);
	LLVMValueRef size = LLVMGetOperand(call, 1);

	if (LLVMIsAConstantInt(size) &&
	    LLVMConstIntGetZExtValue(size) == COMM_BYTES &&
	    takes_words(lower, comm))
		replace(lower, call, "__probefs_get_comm", &comm, 1);
}

static void visit_mark(struct lower *lower, LLVMValueRef instruction,
		       void *data)
{
	if (is_constant_helper(lower_helper_number(instruction)))
		mark_constant(lower, instruction);
}

static void visit_replace(struct lower *lower, LLVMValueRef instruction,
			  void *data)
{
	switch (lower_helper_number(instruction)) {
	case GET_CURRENT_PID_TGID:
		replace(lower, instruction, "__probefs_pid_tgid", NULL, 0);
		break;
	case GET_CURRENT_COMM:
		replace_comm(lower, instruction);
		break;
	default:
		break;
	}
}

void lower_helpers(struct lower *lower)
{
	bool is_for_tasks = !lower->shares_parts && !lower_has_packets(lower);
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (!lower_is_defined(function))
			continue;
		/* A large program is better off with small code. */
		if (is_for_tasks && !lower_is_runtime(function))
			lower_each_instruction(lower, function, visit_replace,
					       NULL);
		lower_each_instruction(lower, function, visit_mark, NULL);
	}
}
