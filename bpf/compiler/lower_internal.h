/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_internal.h - what the parts of the lowering pass share.
 *
 * The order of the steps is lower.c's; each part changes the module in
 * struct lower and reports the user's mistakes through lower_complain.
 */
#ifndef PROBEFS_COMPILER_LOWER_INTERNAL_H
#define PROBEFS_COMPILER_LOWER_INTERNAL_H

#include "lower.h"

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

struct lower {
	const struct lower_options *options; /* borrowed */
	GPtrArray *messages;                 /* borrowed */
	unsigned int n_errors;
	LLVMContextRef context;        /* owned */
	LLVMModuleRef module;          /* owned */
	LLVMTargetMachineRef machine;  /* owned */
	LLVMTargetDataRef data_layout; /* owned */
	GByteArray *formats;           /* owned; PROBEFS_FORMATS_SECTION */
	unsigned int n_formats;
	unsigned int n_type_ids;
	unsigned int n_events;     /* replaced by lower_events */
	bool shares_parts;         /* see lower_place_reserve */
	GHashTable *replaced_maps; /* owned; their names */
};

/* What a function's program type means for the code in it. */
enum lower_kind {
	/* No program: a subprogram or callback in .text. */
	LOWER_SUBPROGRAM,
	/* kprobe, tracepoint…: what it finds in its context are numbers. */
	LOWER_PROBE,
	/* fentry, tp_btf…: pointers in its context may be followed. */
	LOWER_TRACING,
	/* As before, but a return of 0 would change the system. */
	LOWER_TRACING_DECIDES,
	/* XDP, TC, cgroup…: nothing is changed in it. */
	LOWER_OTHER,
};

enum lower_kind lower_kind(LLVMValueRef function);

/* The context in @function's code; a null pointer where it has none. */
LLVMValueRef lower_context(struct lower *lower, LLVMValueRef function);
/* Is a program for packets or sockets in the module? */
bool lower_has_packets(struct lower *lower);
/* Is it of probefs/runtime.h, or made by us? */
bool lower_is_runtime(LLVMValueRef value);

/* --- lower_debug.c: the user's places and types ------------------------ */

/* An error (or warning) of the user's at the place of @instruction. */
void lower_complain(struct lower *lower, bool is_error,
		    LLVMValueRef instruction, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
/* The same at the line of @function's definition. */
void lower_complain_function(struct lower *lower, LLVMValueRef function,
			     const char *format, ...) G_GNUC_PRINTF(3, 4);
/* An error whose place is in its text, "FILE:LINE:COLUMN: …", or nowhere. */
void lower_complain_text(struct lower *lower, bool is_error, const char *text);
/* The line in the user's source; 0 unknown. */
unsigned int lower_line(struct lower *lower, LLVMValueRef instruction);

/* Operand @i of a metadata node; NULL: none. */
LLVMMetadataRef lower_metadata_operand(struct lower *lower,
				       LLVMMetadataRef node, unsigned int i);
/* The type of parameter @i (-1: the result) of @function; NULL: void. */
LLVMMetadataRef lower_parameter_metadata(struct lower *lower,
					 LLVMValueRef function, int i);
/* The name of the struct that parameter @i points to, NULL: none; owned. */
char *lower_parameter_type(struct lower *lower, LLVMValueRef function, int i);

/* --- lower_ir.c: small things that LLVM's C API lacks ------------------ */

typedef void (*lower_instruction_fn)(struct lower *lower,
				     LLVMValueRef instruction, void *data);
/*
 * Call @visit for each instruction of @function; it may remove the one that
 * it is called with.
 */
void lower_each_instruction(struct lower *lower, LLVMValueRef function,
			    lower_instruction_fn visit, void *data);

bool lower_is_defined(LLVMValueRef function);
bool lower_is_static(LLVMValueRef function);
const char *lower_name(LLVMValueRef value);
/* The name of a directly called function, or "". */
const char *lower_callee_name(LLVMValueRef call);
/* The number of a called helper, 0 when it is none. */
unsigned int lower_helper_number(LLVMValueRef call);
bool lower_is_debug_call(LLVMValueRef instruction);
unsigned int lower_attribute_kind(const char *name);
bool lower_has_attribute(LLVMValueRef function, const char *name);
void lower_set_attribute(struct lower *lower, LLVMValueRef function,
			 const char *name);
void lower_remove_attribute(LLVMValueRef function, const char *name);

LLVMTypeRef lower_int_type(struct lower *lower, unsigned int bits);
LLVMTypeRef lower_pointer_type(struct lower *lower);
LLVMValueRef lower_int(struct lower *lower, unsigned int bits, uint64_t value);
/* The call of helper @number with @args at @builder's place; returns i64. */
LLVMValueRef lower_call_helper(struct lower *lower, LLVMBuilderRef builder,
			       unsigned int number, LLVMValueRef *args,
			       unsigned int n_args);
/* @base + @offset bytes. */
LLVMValueRef lower_offset(struct lower *lower, LLVMBuilderRef builder,
			  LLVMValueRef base, uint64_t offset);
/*
 * A stack slot of @function with room for @n_bytes, 8-aligned, whose value is
 * used at once, so that all who need one can share it: a stack has 512 bytes.
 */
LLVMValueRef lower_scratch(struct lower *lower, LLVMValueRef function,
			   uint64_t n_bytes);
/* A builder before @instruction, with its debug location. */
LLVMBuilderRef lower_builder_before(struct lower *lower,
				    LLVMValueRef instruction);

/* Helpers that read memory which the verifier does not know. */
unsigned int lower_read_helper(void);
unsigned int lower_read_string_helper(void);

/* --- lower_origin.c: where a pointer comes from ------------------------ */

enum lower_origin {
	LOWER_ORIGIN_NONE,    /* null, undefined */
	LOWER_ORIGIN_OURS,    /* stack, map value, global: plain memory */
	LOWER_ORIGIN_CONTEXT, /* the program's context */
	LOWER_ORIGIN_BTF,     /* a kernel pointer that the verifier follows */
	LOWER_ORIGIN_FOREIGN, /* all else: kernel or user memory */
};

enum lower_origin lower_origin(struct lower *lower, LLVMValueRef function,
			       LLVMValueRef pointer);

/*
 * The object that @pointer points into at a constant offset (an alloca, a
 * global, a call …), NULL when there is none such.
 */
LLVMValueRef lower_base(struct lower *lower, LLVMValueRef pointer,
			uint64_t *offset);

/* --- lower_bitfield.c: bit fields of kernel structures ----------------- */

/* Is @address that of a bit field in a structure that is relocated? */
bool lower_is_bitfield(struct lower *lower, LLVMValueRef address);
/* What a load of @type from there would give; @slot has 8 bytes. */
LLVMValueRef lower_read_bitfield(struct lower *lower, LLVMBuilderRef builder,
				 LLVMValueRef address, LLVMValueRef slot,
				 LLVMTypeRef type);

/* What is left of a program's function when it is wrapped, to be inlined. */
#define LOWER_BODY_SUFFIX ".body"

/* --- The steps --------------------------------------------------------- */

/* The functions that are programs, borrowed, in the order of the source. */
GPtrArray *lower_find_entries(struct lower *lower);
void lower_make_inlined(struct lower *lower, LLVMValueRef function);
void lower_wrap_entries(struct lower *lower, GPtrArray *entries);
void lower_events(struct lower *lower);
void lower_reads(struct lower *lower);
void lower_printk(struct lower *lower);
/*
 * Remove debug information about the runtime's code, which is not the user's,
 * and keep __probefs_reserve out of line until all who call it are known: it
 * or its parts are inlined then.
 */
void lower_prepare_runtime(struct lower *lower);
void lower_place_reserve(struct lower *lower);
/* Fewer and cheaper calls of helpers; behind lower_place_reserve. */
void lower_helpers(struct lower *lower);
/* Add the formats and a licence; let go what only the runtime keeps. */
void lower_add_globals(struct lower *lower);
/* Remove the runtime's variables that no code uses. */
void lower_drop_unused(struct lower *lower);
/* Debug information becomes BTF alone: nobody reads a BPF object's DWARF. */
void lower_drop_dwarf(struct lower *lower);

#endif
