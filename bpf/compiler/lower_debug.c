/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_debug.c - the user's places and types, from debug information.
 *
 * Owns the way from an instruction to the line that a person wrote: macros
 * and inlined functions of our headers lie between. The operands of metadata
 * nodes are those of LLVM 19's DISubprogram and DISubroutineType.
 */
#include "lower_internal.h"

#include <stdio.h>
#include <string.h>

#define SUBPROGRAM_TYPE   4
#define SUBROUTINE_ARRAY  3
#define DERIVED_BASE_TYPE 3
#define MAX_TYPEDEFS      32

void lower_message_free(struct lower_message *message)
{
	if (!message)
		return;
	g_free(message->file);
	g_free(message->text);
	g_free(message);
}

static void add_message(struct lower *lower, bool is_error, char *file,
			unsigned int line, unsigned int column, char *text)
{
	struct lower_message *message = g_new0(struct lower_message, 1);

	message->file = file;
	message->line = line;
	message->column = column;
	message->is_error = is_error;
	message->text = text;
	g_ptr_array_add(lower->messages, message);
	if (is_error)
		lower->n_errors++;
}

static const char *scope_file(LLVMMetadataRef scope)
{
	LLVMMetadataRef file = scope ? LLVMDIScopeGetFile(scope) : NULL;
	unsigned int length;

	return file ? LLVMDIFileGetFilename(file, &length) : "";
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The innermost place in the user's own file, else the innermost place. */
static LLVMMetadataRef user_location(struct lower *lower,
				     LLVMValueRef instruction)
{
	LLVMMetadataRef innermost = LLVMInstructionGetDebugLoc(instruction);
	LLVMMetadataRef location;

	for (location = innermost; location;
	     location = LLVMDILocationGetInlinedAt(location)) {
		LLVMMetadataRef scope = LLVMDILocationGetScope(location);

		if (!strcmp(base_name(scope_file(scope)),
			    base_name(lower->options->source_name)))
			return location;
	}
	return innermost;
}

unsigned int lower_line(struct lower *lower, LLVMValueRef instruction)
{
	LLVMMetadataRef location = user_location(lower, instruction);

	return location ? LLVMDILocationGetLine(location) : 0;
}

void lower_complain(struct lower *lower, bool is_error,
		    LLVMValueRef instruction, const char *format, ...)
{
	LLVMMetadataRef location = user_location(lower, instruction);
	char *text, *file = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (location)
		file = g_strdup(scope_file(LLVMDILocationGetScope(location)));
	add_message(lower, is_error, file,
		    location ? LLVMDILocationGetLine(location) : 0,
		    location ? LLVMDILocationGetColumn(location) : 0, text);
}

void lower_complain_function(struct lower *lower, LLVMValueRef function,
			     const char *format, ...)
{
	LLVMMetadataRef subprogram = LLVMGetSubprogram(function);
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	add_message(lower, true, g_strdup(scope_file(subprogram)),
		    subprogram ? LLVMDISubprogramGetLine(subprogram) : 0, 0,
		    text);
}

void lower_complain_text(struct lower *lower, bool is_error, const char *text)
{
	unsigned int line = 0, column = 0;
	const char *colon = strchr(text, ':');
	int length = 0;

	if (colon && sscanf(colon, ":%u:%u:%n", &line, &column, &length) == 2 &&
	    length > 0)
		add_message(lower, is_error, g_strndup(text, colon - text),
			    line, column,
			    g_strdup(g_strchug(g_strdup(colon + length))));
	else
		add_message(lower, is_error, NULL, 0, 0, g_strdup(text));
}

LLVMMetadataRef lower_metadata_operand(struct lower *lower,
				       LLVMMetadataRef node, unsigned int i)
{
	LLVMValueRef value = LLVMMetadataAsValue(lower->context, node);
	unsigned int n = LLVMGetMDNodeNumOperands(value);
	g_autofree LLVMValueRef *operands = g_new0(LLVMValueRef, n + 1);

	LLVMGetMDNodeOperands(value, operands);
	if (i >= n || !operands[i])
		return NULL;
	return LLVMValueAsMetadata(operands[i]);
}

LLVMMetadataRef lower_parameter_metadata(struct lower *lower,
					 LLVMValueRef function, int i)
{
	LLVMMetadataRef node = LLVMGetSubprogram(function);

	if (node)
		node = lower_metadata_operand(lower, node, SUBPROGRAM_TYPE);
	if (node)
		node = lower_metadata_operand(lower, node, SUBROUTINE_ARRAY);
	return node ? lower_metadata_operand(lower, node, i + 1) : NULL;
}

char *lower_parameter_type(struct lower *lower, LLVMValueRef function, int i)
{
	LLVMMetadataRef type = lower_parameter_metadata(lower, function, i);
	const char *name;
	size_t length;

	/* Through the pointer, qualifiers and typedefs to the struct. */
	for (int depth = 0; type && depth < MAX_TYPEDEFS; depth++) {
		switch (LLVMGetMetadataKind(type)) {
		case LLVMDIDerivedTypeMetadataKind:
			type = lower_metadata_operand(lower, type,
						      DERIVED_BASE_TYPE);
			break;
		case LLVMDICompositeTypeMetadataKind:
			name = LLVMDITypeGetName(type, &length);
			return length ? g_strndup(name, length) : NULL;
		default:
			return NULL;
		}
	}
	return NULL;
}
