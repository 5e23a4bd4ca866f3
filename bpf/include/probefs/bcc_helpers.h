/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc_helpers.h - functions that BCC gives to programs besides the kernel's
 * helpers.
 */
#ifndef PROBEFS_BCC_HELPERS_H
#define PROBEFS_BCC_HELPERS_H

#define __PROBEFS_FN                                            \
	static inline __attribute__((always_inline, nodebug,    \
				     unused))

/*
 * A literal is the format alone; an array comes with its size behind it. The
 * arm that is not taken makes no code; the integer keeps clang from checking
 * a constant array against the arguments of the wrong arm.
 */
int __probefs_printk_array(const char *format, ...)
	__asm__("__probefs_printk");
#undef bpf_trace_printk
#define bpf_trace_printk(fmt, ...)                                        \
	(#fmt[0] == '"' ? __probefs_printk(                               \
				  _Generic(&(fmt)[0],                     \
					   const char *: (const char *)   \
						(unsigned long)(fmt),     \
					   default: (fmt)),               \
				  ##__VA_ARGS__)                          \
			: __probefs_printk_array(                         \
				  fmt __PROBEFS_BEHIND_SIZE(__VA_ARGS__)))
#define __PROBEFS_BEHIND_SIZE(size, ...) __VA_OPT__(, ) __VA_ARGS__

#define lock_xadd(ptr, value)      ((void)__sync_fetch_and_add(ptr, value))

/* 0 for 0 and 1; the highest bit's number. */
__PROBEFS_FN unsigned int bpf_log2(unsigned int value)
{
	unsigned int log = 0;

#define __PROBEFS_LOG2_STEP(n)        \
	if (value >> (n)) {           \
		value >>= (n);        \
		log += (n);           \
	}
	__PROBEFS_LOG2_STEP(16)
	__PROBEFS_LOG2_STEP(8)
	__PROBEFS_LOG2_STEP(4)
	__PROBEFS_LOG2_STEP(2)
	__PROBEFS_LOG2_STEP(1)
#undef __PROBEFS_LOG2_STEP
	return log;
}

/* One more than the logarithm: the slot of a histogram, as in BCC. */
__PROBEFS_FN unsigned int bpf_log2l(unsigned long value)
{
	unsigned int high = value >> 32;

	if (high)
		return bpf_log2(high) + 32 + 1;
	return bpf_log2(value) + 1;
}

/* Packet bytes of a socket filter, in the host's order. */
unsigned long long __probefs_load_byte(void *skb, unsigned long long offset)
	__asm__("llvm.bpf.load.byte");
unsigned long long __probefs_load_half(void *skb, unsigned long long offset)
	__asm__("llvm.bpf.load.half");
unsigned long long __probefs_load_word(void *skb, unsigned long long offset)
	__asm__("llvm.bpf.load.word");

#define load_byte(skb, offset) __probefs_load_byte(skb, offset)
#define load_half(skb, offset) __probefs_load_half(skb, offset)
#define load_word(skb, offset) __probefs_load_word(skb, offset)
#define load_dword(skb, offset)                     \
	(load_word(skb, offset) << 32 |             \
	 load_word(skb, (offset) + 4))

#define cursor_advance(cursor, n_bytes)             \
	({                                          \
		void *__cursor = cursor;            \
		cursor += (n_bytes);                \
		__cursor;                           \
	})

/* Arguments of a USDT probe are counted from 1 here, from 0 by libbpf. */
#define bpf_usdt_readarg(n, ctx, destination)                          \
	({                                                             \
		long __value = 0;                                      \
		int __error = bpf_usdt_arg(ctx, (n)-1, &__value);      \
		*(destination) = (typeof(*(destination)))__value;      \
		__error;                                               \
	})
#define bpf_usdt_readarg_p(n, ctx, buffer, n_bytes)                    \
	({                                                             \
		long __pointer = 0;                                    \
		int __error = bpf_usdt_arg(ctx, (n)-1, &__pointer);    \
		if (!__error)                                          \
			__error = bpf_probe_read_user(                 \
				buffer, n_bytes, (void *)__pointer);   \
		__error;                                               \
	})

/* BCC's own additions to the kernel's PT_REGS_ macros. */
#ifndef PT_REGS_PARM6
#if defined(__TARGET_ARCH_x86)
#define PT_REGS_PARM6(ctx) (__PT_REGS_CAST(ctx)->r9)
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM6(ctx) (__PT_REGS_CAST(ctx)->regs[5])
#endif
#endif
/* A system call's function has one argument: its caller's registers. */
#define PT_REGS_SYSCALL_CTX(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#define bpf_syscall_regs(ctx)    PT_REGS_SYSCALL_CTX(ctx)

#endif
