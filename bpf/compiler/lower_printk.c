/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_printk.c - each call of printk becomes a record.
 *
 * A call is replaced by one of a function made for it, which reserves room,
 * stores the raw arguments and submits; inlining does the rest. The format
 * goes to the table in PROBEFS_FORMATS_SECTION (record.h has the layouts).
 */
#include "lower_format.h"
#include "lower_internal.h"

#include <linux/types.h>
#include <string.h>

#include "bpf/include/probefs/record.h"

#define PRINTK              "__probefs_printk"
#define HELPER_TRACE_PRINTK 6
#define HELPER_READ_KERNEL  113
#define MAX_DIRECT_BYTES    256  /* copied word by word */
#define MAX_UNALIGNED_BYTES 32   /* copied byte by byte */
#define MAX_STRING_BYTES    4096 /* of an array that is printed */

/* One argument on its way into the record. */
struct piece {
	LLVMValueRef value;  /* i64 to store, or the address to copy from */
	unsigned int bytes;  /* arg_bytes */
	unsigned int offset; /* in the payload */
	unsigned int align;  /* of the address */
	/* 0: store the value; otherwise how the bytes come. */
	enum { STORE, COPY, READ, READ_STRING, READ_OURS } how;
};

struct printk {
	struct lower *lower;
	LLVMValueRef call;
	LLVMValueRef function; /* that has the call */
	LLVMBuilderRef builder;
	char *text;         /* owned */
	unsigned int first; /* operand */
	GArray *pieces;     /* of struct piece */
	unsigned int payload_bytes;
};

/* The bytes of a constant global from @offset on, when they are a string. */
static char *constant_text(LLVMValueRef global, uint64_t offset)
{
	LLVMValueRef initializer = LLVMGetInitializer(global);
	const char *text;
	size_t length;

	if (!initializer)
		return NULL;
	if (LLVMIsNull(initializer))
		return g_strdup("");
	if (!LLVMIsAConstantDataSequential(initializer) ||
	    !LLVMIsConstantString(initializer))
		return NULL;
	text = LLVMGetAsString(initializer, &length);
	return offset < length ? g_strndup(text + offset, length - offset)
			       : NULL;
}

/* `char fmt[] = "…"`: the constant that a stack array is copied from. */
static LLVMValueRef initial_value(LLVMValueRef slot)
{
	for (LLVMUseRef use = LLVMGetFirstUse(slot); use;
	     use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (g_str_has_prefix(lower_callee_name(user), "llvm.memcpy.") &&
		    LLVMGetOperand(user, 0) == slot &&
		    LLVMIsAGlobalVariable(LLVMGetOperand(user, 1)))
			return LLVMGetOperand(user, 1);
	}
	return NULL;
}

static char *format_text(struct lower *lower, LLVMValueRef pointer)
{
	uint64_t offset;
	LLVMValueRef base = lower_base(lower, pointer, &offset);

	if (base && LLVMIsAAllocaInst(base))
		base = initial_value(base);
	if (!base || !LLVMIsAGlobalVariable(base) ||
	    !LLVMIsGlobalConstant(base))
		return NULL;
	return constant_text(base, offset);
}

/* The bytes left of the array of chars at @offset in a @type; 0: none. */
static uint64_t room_in_type(struct lower *lower, LLVMTypeRef type,
			     uint64_t offset)
{
	for (;;) {
		uint64_t size = LLVMABISizeOfType(lower->data_layout, type);
		LLVMTypeKind kind = LLVMGetTypeKind(type);

		if (offset >= size)
			return 0;
		if (kind == LLVMStructTypeKind) {
			unsigned int i = LLVMElementAtOffset(lower->data_layout,
							     type, offset);

			offset -= LLVMOffsetOfElement(lower->data_layout, type,
						      i);
			type = LLVMStructGetTypeAtIndex(type, i);
		} else if (kind == LLVMArrayTypeKind) {
			LLVMTypeRef element = LLVMGetElementType(type);
			uint64_t n = LLVMABISizeOfType(lower->data_layout,
						       element);

			if (n == 1)
				return size - offset;
			offset %= n;
			type = element;
		} else {
			return size - offset;
		}
	}
}

/* The type that an address computation says it points to, or NULL. */
static LLVMTypeRef pointed_type(LLVMValueRef pointer, LLVMValueRef *base)
{
	if (!LLVMIsAGetElementPtrInst(pointer))
		return NULL;
	*base = LLVMGetOperand(pointer, 0);
	return LLVMGetGEPSourceElementType(pointer);
}

/*
 * How many bytes of our own memory a string at @pointer may have; 0 unknown.
 * @align is set to what the address is known to be a multiple of.
 */
static uint64_t string_room(struct lower *lower, LLVMValueRef pointer,
			    unsigned int *align)
{
	LLVMValueRef base, inner;
	uint64_t offset, skipped;
	LLVMTypeRef type;

	*align = 1;
	base = lower_base(lower, pointer, &offset);
	if (base && LLVMIsAAllocaInst(base)) {
		/* The verifier allows only aligned access to the stack. */
		LLVMSetAlignment(base, MAX(LLVMGetAlignment(base), 8));
		*align = offset % 8 ? offset & -offset : 8;
		return room_in_type(lower, LLVMGetAllocatedType(base), offset);
	}
	if (base && LLVMIsAGlobalVariable(base))
		return room_in_type(lower, LLVMGlobalGetValueType(base),
				    offset);
	type = pointed_type(pointer, &inner);
	if (!type || !lower_base(lower, pointer, &offset))
		return 0;
	lower_base(lower, inner, &skipped);
	return room_in_type(lower, type, offset - skipped);
}

static bool is_readable_directly(struct printk *printk, LLVMValueRef pointer)
{
	enum lower_origin origin = lower_origin(printk->lower, printk->function,
						pointer);

	return origin == LOWER_ORIGIN_OURS;
}

/* A string: of ours with a known size, or one that a helper reads. */
static void plan_string(struct printk *printk, struct piece *piece)
{
	uint64_t room = 0;

	piece->how = READ_STRING;
	piece->bytes = PROBEFS_STRING_BYTES;
	if (is_readable_directly(printk, piece->value))
		room = string_room(printk->lower, piece->value, &piece->align);
	if (!room)
		return;
	piece->bytes = MIN(room, MAX_STRING_BYTES);
	if (room <= MAX_UNALIGNED_BYTES ||
	    (piece->align == 8 && room <= MAX_DIRECT_BYTES))
		piece->how = COPY;
	else
		piece->how = READ_OURS;
}

static void plan_bytes(struct printk *printk, struct piece *piece,
		       unsigned int n_bytes)
{
	uint64_t offset;
	LLVMValueRef base;

	piece->bytes = n_bytes;
	piece->how = READ;
	if (!is_readable_directly(printk, piece->value))
		return;
	piece->how = COPY;
	base = lower_base(printk->lower, piece->value, &offset);
	if (!base || !LLVMIsAAllocaInst(base))
		return;
	LLVMSetAlignment(base, MAX(LLVMGetAlignment(base), 8));
	piece->align = offset % 8 ? offset & -offset : 8;
}

static bool is_pointer(LLVMValueRef value)
{
	return LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMPointerTypeKind;
}

/* A number as 64 bits; false when it is none. */
static bool plan_number(struct printk *printk, struct piece *piece,
			const struct lower_conversion *conversion)
{
	LLVMTypeRef type = lower_int_type(printk->lower, 64);
	LLVMValueRef value = piece->value;

	piece->how = STORE;
	piece->bytes = 8;
	if (is_pointer(value)) {
		if (!conversion->is_long)
			return false;
		piece->value = LLVMBuildPtrToInt(printk->builder, value, type,
						 "");
		return true;
	}
	if (LLVMGetTypeKind(LLVMTypeOf(value)) != LLVMIntegerTypeKind ||
	    LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64)
		return false;
	if (LLVMGetIntTypeWidth(LLVMTypeOf(value)) == 64)
		return true;
	piece->value = conversion->type == LOWER_SIGNED
			       ? LLVMBuildSExt(printk->builder, value, type, "")
			       : LLVMBuildZExt(printk->builder, value, type,
					       "");
	return true;
}

static bool plan_piece(struct printk *printk,
		       const struct lower_conversion *conversion,
		       LLVMValueRef value)
{
	struct piece piece = {.value = value, .align = 1};
	const char *wanted = "a number";
	bool fits = true;

	switch (conversion->type) {
	case LOWER_STRING:
	case LOWER_BYTES:
		wanted = "a pointer";
		fits = is_pointer(value);
		if (fits && conversion->type == LOWER_STRING)
			plan_string(printk, &piece);
		else if (fits)
			plan_bytes(printk, &piece, conversion->n_bytes);
		break;
	case LOWER_SIGNED:
	case LOWER_UNSIGNED:
	case LOWER_ADDRESS:
	default:
		fits = plan_number(printk, &piece, conversion);
		break;
	}
	if (!fits) {
		lower_complain(printk->lower, true, printk->call,
			       "printk: argument %u, for %s, must be %s",
			       printk->pieces->len + 1, conversion->text,
			       wanted);
		return false;
	}
	piece.offset = printk->payload_bytes;
	printk->payload_bytes += (piece.bytes + 7) & ~7U;
	g_array_append_val(printk->pieces, piece);
	return true;
}

static bool plan(struct printk *printk)
{
	unsigned int n = LLVMGetNumArgOperands(printk->call) - printk->first;
	g_autofree char *problem = NULL;
	g_autoptr(GArray)
		conversions = lower_format_parse(printk->text, &problem);

	if (!conversions) {
		lower_complain(printk->lower, true, printk->call, "printk: %s",
			       problem);
		return false;
	}
	if (conversions->len != n) {
		lower_complain(printk->lower, true, printk->call,
			       "printk: the format asks for %u argument%s, "
			       "the call has %u",
			       conversions->len,
			       conversions->len == 1 ? "" : "s", n);
		return false;
	}
	for (unsigned int i = 0; i < n; i++)
		if (!plan_piece(printk,
				&g_array_index(conversions,
					       struct lower_conversion, i),
				LLVMGetOperand(printk->call,
					       printk->first + i)))
			return false;
	return true;
}

static void append_u16(GByteArray *bytes, unsigned int value)
{
	guint16 v = MIN(value, G_MAXUINT16);

	g_byte_array_append(bytes, (const guint8 *)&v, sizeof(v));
}

static void add_format(struct printk *printk)
{
	GByteArray *table = printk->lower->formats;
	unsigned int n_args = printk->pieces->len;
	unsigned int text_bytes = strlen(printk->text) + 1;
	unsigned int bytes = sizeof(struct probefs_format) + 2 * n_args +
			     text_bytes;
	static const guint8 zeros[4];

	append_u16(table, (bytes + 3) & ~3U);
	append_u16(table, n_args);
	append_u16(table, text_bytes);
	append_u16(table, lower_line(printk->lower, printk->call));
	for (unsigned int i = 0; i < n_args; i++)
		append_u16(
			table,
			g_array_index(printk->pieces, struct piece, i).bytes);
	g_byte_array_append(table, (const guint8 *)printk->text, text_bytes);
	g_byte_array_append(table, zeros, -bytes & 3);
}

static void fill_piece(struct printk *printk, LLVMBuilderRef builder,
		       const struct piece *piece, LLVMValueRef value,
		       LLVMValueRef record)
{
	struct lower *lower = printk->lower;
	LLVMValueRef to = lower_offset(lower, builder, record,
				       sizeof(struct probefs_record) +
					       piece->offset);
	LLVMValueRef args[] = {to, lower_int(lower, 32, piece->bytes), value};

	switch (piece->how) {
	case COPY:
		LLVMBuildMemCpy(builder, to, 8, value, piece->align,
				lower_int(lower, 64, piece->bytes));
		break;
	case READ:
		lower_call_helper(lower, builder, lower_read_helper(), args, 3);
		break;
	case READ_OURS:
		lower_call_helper(lower, builder, HELPER_READ_KERNEL, args, 3);
		break;
	case READ_STRING:
		lower_call_helper(lower, builder, lower_read_string_helper(),
				  args, 3);
		break;
	case STORE:
	default:
		LLVMSetAlignment(LLVMBuildStore(builder, value, to), 8);
		break;
	}
}

static LLVMValueRef call_runtime(struct lower *lower, LLVMBuilderRef builder,
				 const char *name, LLVMValueRef *args,
				 unsigned int n_args)
{
	LLVMValueRef function = LLVMGetNamedFunction(lower->module, name);

	return LLVMBuildCall2(builder, LLVMGlobalGetValueType(function),
			      function, args, n_args, "");
}

static LLVMValueRef declare_sender(struct printk *printk)
{
	struct lower *lower = printk->lower;
	unsigned int n = printk->pieces->len;
	g_autofree LLVMTypeRef *types = g_new0(LLVMTypeRef, n + 1);
	LLVMValueRef function;

	types[0] = lower_pointer_type(lower);
	for (unsigned int i = 0; i < n; i++)
		types[i + 1] = LLVMTypeOf(
			g_array_index(printk->pieces, struct piece, i).value);
	function = LLVMAddFunction(lower->module, "__probefs_send",
				   LLVMFunctionType(lower_int_type(lower, 32),
						    types, n + 1, false));
	LLVMSetLinkage(function, LLVMInternalLinkage);
	lower_set_attribute(lower, function, "alwaysinline");
	lower_set_attribute(lower, function, "nounwind");
	return function;
}

/* The function that sends this call's record; its first argument is ctx. */
static LLVMValueRef build_sender(struct printk *printk, unsigned int id)
{
	struct lower *lower = printk->lower;
	LLVMValueRef function = declare_sender(printk);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lower->context);
	LLVMBasicBlockRef first, send, out;
	LLVMValueRef args[3], record;

	first = LLVMAppendBasicBlockInContext(lower->context, function, "");
	send = LLVMAppendBasicBlockInContext(lower->context, function, "");
	out = LLVMAppendBasicBlockInContext(lower->context, function, "");
	LLVMPositionBuilderAtEnd(builder, first);
	args[0] = LLVMGetParam(function, 0);
	args[1] = lower_int(lower, 64, printk->payload_bytes);
	args[2] = lower_int(lower, 32, id);
	record = call_runtime(lower, builder, "__probefs_reserve", args, 3);
	LLVMBuildCondBr(builder, LLVMBuildIsNull(builder, record, ""), out,
			send);
	LLVMPositionBuilderAtEnd(builder, out);
	LLVMBuildRet(builder, lower_int(lower, 32, 0));
	LLVMPositionBuilderAtEnd(builder, send);
	for (unsigned int i = 0; i < printk->pieces->len; i++)
		fill_piece(printk, builder,
			   &g_array_index(printk->pieces, struct piece, i),
			   LLVMGetParam(function, i + 1), record);
	call_runtime(lower, builder, "__probefs_submit", &record, 1);
	LLVMBuildRet(builder, lower_int(lower, 32, strlen(printk->text)));
	LLVMDisposeBuilder(builder);
	return function;
}

static void replace_call(struct printk *printk)
{
	unsigned int n = printk->pieces->len;
	g_autofree LLVMValueRef *args = g_new0(LLVMValueRef, n + 1);
	LLVMTypeRef type = LLVMTypeOf(printk->call);
	LLVMValueRef sender, result;

	sender = build_sender(printk, printk->lower->n_formats++);
	add_format(printk);
	args[0] = lower_context(printk->lower, printk->function);
	for (unsigned int i = 0; i < n; i++)
		args[i + 1] =
			g_array_index(printk->pieces, struct piece, i).value;
	result = LLVMBuildCall2(printk->builder, LLVMGlobalGetValueType(sender),
				sender, args, n + 1, "");
	if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind)
		result = LLVMBuildIntCast2(printk->builder, result, type, true,
					   "");
	if (LLVMGetFirstUse(printk->call))
		LLVMReplaceAllUsesWith(printk->call, result);
	LLVMInstructionEraseFromParent(printk->call);
}

static void visit(struct lower *lower, LLVMValueRef instruction, void *data)
{
	struct printk printk = {
		.lower = lower,
		.call = instruction,
		.function = data,
	};

	if (!strcmp(lower_callee_name(instruction), PRINTK))
		printk.first = 1;
	else if (lower_helper_number(instruction) == HELPER_TRACE_PRINTK)
		printk.first = 2;
	else
		return;
	printk.text = format_text(lower, LLVMGetOperand(instruction, 0));
	if (!printk.text) {
		lower_complain(lower, true, instruction,
			       "printk: the format must be a string literal");
		return;
	}
	printk.pieces = g_array_new(false, true, sizeof(struct piece));
	printk.builder = lower_builder_before(lower, instruction);
	if (plan(&printk))
		replace_call(&printk);
	LLVMDisposeBuilder(printk.builder);
	g_array_unref(printk.pieces);
	g_free(printk.text);
}

void lower_printk(struct lower *lower)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(lower->module); function;
	     function = LLVMGetNextFunction(function))
		if (lower_is_defined(function))
			lower_each_instruction(lower, function, visit,
					       function);
}
