/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - a few of the kernel's types, for the sources of test_lower.c: the
 * test must not depend on the kernel that it runs on.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num, skc_family;
};
struct sock {
	struct sock_common __sk_common;
	u32 sk_padding : 1, sk_kern_sock : 1, sk_protocol : 8, sk_type : 16;
};
struct name {
	u32 len;
	const char *text;
};
struct entry {
	struct entry *parent;
	struct name name;
	u32 table[8];
};
#pragma clang attribute pop

#include <probefs/runtime.h>

#define SEC(name) __attribute__((section(name), used))
#define printk    __probefs_printk
#define HASH(name, key_type, value_type) \
	struct {                         \
		int (*type)[1];          \
		int (*max_entries)[64];  \
		key_type *key;           \
		value_type *value;       \
	} name SEC(".maps")

static void *(*const map_lookup)(void *, const void *) = (void *)1;
static long (*map_update)(void *, const void *, const void *, u64) = (void *)2;
static u64 (*pid_tgid)(void) = (void *)14;
static u64 (*current_task)(void) = (void *)35;
static long (*current_comm)(void *, u32) = (void *)16;
