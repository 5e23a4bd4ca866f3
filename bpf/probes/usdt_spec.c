/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usdt_spec.c - owns the text of USDT arguments, which is the assembler's:
 * SIZE@OPERAND, separated by spaces; SIZE is the number of bytes, negative
 * where the argument is signed, with an 'f' where it is no integer.
 */
#include "usdt_spec.h"

#include <asm/ptrace.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

#define REGISTER(field, ...)                     \
	{                                        \
		offsetof(struct pt_regs, field), \
		{                                \
			__VA_ARGS__              \
		}                                \
	}

static const struct {
	int16_t offset;
	const char *names[4];
} registers[] = {
	REGISTER(rax, "rax", "eax", "ax", "al"),
	REGISTER(rbx, "rbx", "ebx", "bx", "bl"),
	REGISTER(rcx, "rcx", "ecx", "cx", "cl"),
	REGISTER(rdx, "rdx", "edx", "dx", "dl"),
	REGISTER(rsi, "rsi", "esi", "si", "sil"),
	REGISTER(rdi, "rdi", "edi", "di", "dil"),
	REGISTER(rbp, "rbp", "ebp", "bp", "bpl"),
	REGISTER(rsp, "rsp", "esp", "sp", "spl"),
	REGISTER(r8, "r8", "r8d", "r8w", "r8b"),
	REGISTER(r9, "r9", "r9d", "r9w", "r9b"),
	REGISTER(r10, "r10", "r10d", "r10w", "r10b"),
	REGISTER(r11, "r11", "r11d", "r11w", "r11b"),
	REGISTER(r12, "r12", "r12d", "r12w", "r12b"),
	REGISTER(r13, "r13", "r13d", "r13w", "r13b"),
	REGISTER(r14, "r14", "r14d", "r14w", "r14b"),
	REGISTER(r15, "r15", "r15d", "r15w", "r15b"),
	REGISTER(rip, "rip", "eip", "ip", "pc"),
};

static bool find_register(const char *name, size_t n, int16_t *offset)
{
	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(registers[i].names); j++) {
			const char *other = registers[i].names[j];

			if (strlen(other) != n || strncmp(other, name, n))
				continue;
			*offset = registers[i].offset;
			return true;
		}
	return false;
}

/* "$5", "%rax", "-8(%rbp)". */
static bool parse_operand(struct usdt_argument *argument, const char *text)
{
	const char *name = strchr(text, '%');
	size_t n = name ? strlen(name + 1) : 0;
	char *end;

	if (*text == '$') {
		argument->type = USDT_CONSTANT;
		argument->value = (uint64_t)strtoll(text + 1, &end, 0);
		return end > text + 1 && !*end;
	}
	if (*text == '%') {
		argument->type = USDT_REGISTER;
		return find_register(text + 1, strlen(text + 1),
				     &argument->register_offset);
	}
	argument->type = USDT_MEMORY;
	argument->value = (uint64_t)strtoll(text, &end, 0);
	return n && *end == '(' && end + 1 == name && name[n] == ')' &&
	       find_register(name + 1, n - 1, &argument->register_offset);
}

#elif defined(__aarch64__)

static bool find_register(const char *name, size_t n, int16_t *offset)
{
	char *end;
	long number;

	if (n == 2 && !strncmp(name, "sp", n)) {
		*offset = offsetof(struct user_pt_regs, sp);
		return true;
	}
	if ((*name != 'x' && *name != 'w') || !g_ascii_isdigit(name[1]))
		return false;
	number = strtol(name + 1, &end, 10);
	*offset = (int16_t)(offsetof(struct user_pt_regs, regs) + number * 8);
	return number <= 30 && end == name + n;
}

/* "5", "x0", "[sp, 16]". */
static bool parse_operand(struct usdt_argument *argument, const char *text)
{
	size_t n;
	char *end;

	if (g_ascii_isdigit(*text) || *text == '-') {
		argument->type = USDT_CONSTANT;
		argument->value = (uint64_t)strtoll(text, &end, 0);
		return !*end;
	}
	if (*text != '[') {
		argument->type = USDT_REGISTER;
		return find_register(text, strlen(text),
				     &argument->register_offset);
	}
	n = strcspn(text, ",]");
	argument->type = USDT_MEMORY;
	if (!find_register(text + 1, n - 1, &argument->register_offset))
		return false;
	if (text[n] != ',')
		return !strcmp(text + n, "]");
	argument->value = (uint64_t)strtoll(text + n + 1, &end, 0);
	return !strcmp(end, "]");
}

#else

static bool parse_operand(struct usdt_argument *argument, const char *text)
{
	return false;
}

#endif

static bool is_size(long n_bytes)
{
	return n_bytes == 1 || n_bytes == 2 || n_bytes == 4 || n_bytes == 8;
}

static bool parse_argument(struct usdt_argument *argument, const char *text)
{
	const char *at = strchr(text, '@');
	long n_bytes = sizeof(long);
	char *end;

	if (at) {
		n_bytes = strtol(text, &end, 10);
		argument->is_signed = n_bytes < 0;
		n_bytes = labs(n_bytes);
		if (end != at || !is_size(n_bytes))
			return false;
		text = at + 1;
	}
	argument->n_shift_bits = (uint8_t)(64 - 8 * n_bytes);
	return parse_operand(argument, text);
}

/* The length of the first argument: a space in brackets belongs to it. */
static size_t argument_length(const char *text)
{
	size_t n = 0;
	int depth = 0;

	for (; text[n] && (depth > 0 || text[n] != ' '); n++) {
		depth += text[n] == '[' || text[n] == '(';
		depth -= text[n] == ']' || text[n] == ')';
	}
	return n;
}

void usdt_spec_parse(struct usdt_spec *spec, const char *text)
{
	memset(spec, 0, sizeof(*spec));
	for (text += strspn(text, " ");
	     *text && spec->n_arguments < USDT_N_ARGUMENTS_MAX;
	     text += strspn(text, " ")) {
		struct usdt_argument *argument =
			&spec->arguments[spec->n_arguments++];
		size_t n = argument_length(text);
		g_autofree char *one = g_strndup(text, n);

		if (!parse_argument(argument, one)) {
			memset(argument, 0, sizeof(*argument));
			argument->type = USDT_UNREADABLE;
		}
		text += n;
	}
}
