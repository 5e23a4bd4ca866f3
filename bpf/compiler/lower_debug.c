/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_debug.c - the user's places and types, from debug information.
 *
 * Owns the way from an instruction to the line that a person wrote: macros
 * and inlined functions of our headers lie between. The operands of metadata
 * nodes are those of LLVM 19's DISubprogram and DISubroutineType.
 */
#include "job.h"
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

struct plain_words {
	const char *theirs;
	const char *ours; /* after the function's name */
};

static const struct plain_words plain_words[] = {
	{"BPF stack limit",
	 "needs more than the 512 bytes of a BPF program's stack for its "
	 "variables; move the large ones into a map of one element"},
	{"call to built-in function 'mem",
	 "sets or copies more bytes, or a number of bytes not known here, "
	 "than BPF code can without a helper; use a constant size below 1024, "
	 "or a loop"},
	{"too many arguments",
	 "has, or calls a function with, more than 5 arguments: a BPF "
	 "function that is not inlined cannot"},
	{"variadic functions",
	 "takes a variable number of arguments: a BPF function cannot"},
	{"pass by value not supported",
	 "takes or gives a structure by value: use a pointer to it"},
};

/* The NAME of "in function NAME TYPE: WHAT"; NULL: the text has none. */
static char *function_in(const char *text)
{
	static const char prefix[] = "in function ";
	const char *name = text + strlen(prefix);

	if (!g_str_has_prefix(text, prefix))
		return NULL;
	return g_strndup(name, strcspn(name, " ."));
}

/* The user's name of @function, which may be a variant of it. */
static char *user_name(const char *function)
{
	char *name = g_strdup(function);

	if (g_str_has_suffix(name, JOB_VARIANT_SYSCALL))
		name[strlen(name) - strlen(JOB_VARIANT_SYSCALL)] = '\0';
	if (g_str_has_suffix(name, JOB_VARIANT_TRACING))
		name[strlen(name) - strlen(JOB_VARIANT_TRACING)] = '\0';
	return name;
}

/* What the code generator says about @function, in plain words. */
static char *explain(const char *text, const char *function)
{
	g_autofree char *name = function ? user_name(function) : NULL;

	for (size_t i = 0; name && i < G_N_ELEMENTS(plain_words); i++)
		if (strstr(text, plain_words[i].theirs))
			return g_strconcat(name, " ", plain_words[i].ours,
					   NULL);
	return g_strchomp(g_strdup(text));
}

/* One mistake is reported once for each access to the stack, say. */
static bool was_said(struct lower *lower, const char *text)
{
	for (guint i = 0; i < lower->messages->len; i++) {
		const struct lower_message *message =
			g_ptr_array_index(lower->messages, i);

		if (!strcmp(message->text, text))
			return true;
	}
	return false;
}

static LLVMMetadataRef function_subprogram(struct lower *lower,
					   const char *name)
{
	LLVMValueRef function = name ? LLVMGetNamedFunction(lower->module, name)
				     : NULL;

	return function ? LLVMGetSubprogram(function) : NULL;
}

void lower_complain_text(struct lower *lower, bool is_error, const char *text)
{
	unsigned int line = 0, column = 0;
	const char *colon = strchr(text, ':');
	g_autofree char *words = NULL, *function = NULL, *file = NULL;
	LLVMMetadataRef subprogram;
	int length = 0;

	if (colon)
		sscanf(colon, ":%u:%u: %n", &line, &column, &length);
	if (length) {
		file = g_strndup(text, colon - text);
		text = colon + length;
	}
	function = function_in(text);
	words = explain(text, function);
	subprogram = function_subprogram(lower, function);
	if (line == 0 && subprogram) {
		g_free(file);
		file = g_strdup(scope_file(subprogram));
		line = LLVMDISubprogramGetLine(subprogram);
	}
	if (!was_said(lower, words))
		add_message(lower, is_error, g_steal_pointer(&file), line,
			    column, g_steal_pointer(&words));
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

static LLVMMetadataRef number(struct lower *lower, unsigned int value)
{
	return LLVMValueAsMetadata(lower_int(lower, 32, value));
}

/*
 * LLVM has no switch for DWARF, but leaves it out of a module that wants
 * CodeView alone, and writes that one for Windows only. A module's flag is
 * {behaviour, name, value}.
 */
void lower_drop_dwarf(struct lower *lower)
{
	static const char flags[] = "llvm.module.flags";
	static const char dwarf[] = "Dwarf Version", codeview[] = "CodeView";
	unsigned int n = LLVMGetNamedMetadataNumOperands(lower->module, flags);
	g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, n + 1);

	LLVMGetNamedMetadataOperands(lower->module, flags, nodes);
	for (unsigned int i = 0; i < n; i++) {
		LLVMValueRef parts[3] = {};
		unsigned int length = 0;
		const char *name = NULL;

		if (LLVMGetMDNodeNumOperands(nodes[i]) == G_N_ELEMENTS(parts))
			LLVMGetMDNodeOperands(nodes[i], parts);
		if (parts[1])
			name = LLVMGetMDString(parts[1], &length);
		if (name && length == strlen(dwarf) &&
		    !memcmp(name, dwarf, length))
			LLVMReplaceMDNodeOperandWith(nodes[i], 2,
						     number(lower, 0));
	}
	LLVMAddModuleFlag(lower->module, LLVMModuleFlagBehaviorWarning,
			  codeview, strlen(codeview), number(lower, 1));
}
