/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* macros.h - what linux/kernel.h and its like give to every kernel source. */
#ifndef PROBEFS_KERNEL_MACROS_H
#define PROBEFS_KERNEL_MACROS_H

/* A version is a number; the kernel's own is in LINUX_VERSION_CODE. */
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) \
	(((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

/* What any kernel with BTF that runs this has; sources ask for it. */
#define CONFIG_64BIT                    1
#define CONFIG_BLOCK                    1
#define CONFIG_CGROUPS                  1
#define CONFIG_INET                     1
#define CONFIG_IPV6                     1
#define CONFIG_MMU                      1
#define CONFIG_NET                      1
#define CONFIG_NET_NS                   1
#define CONFIG_NUMA                     1
#define CONFIG_PID_NS                   1
#define CONFIG_SLUB                     1
#define CONFIG_SMP                      1
#define CONFIG_ARCH_HAS_SYSCALL_WRAPPER 1
#ifdef __TARGET_ARCH_x86
#define CONFIG_X86    1
#define CONFIG_X86_64 1
#endif
#ifdef __TARGET_ARCH_arm64
#define CONFIG_ARM64 1
#endif
#define IS_ENABLED(option) (option)

/* Marks for sparse and for the linker, which mean nothing here. */
#ifndef __user
#define __user
#endif
#ifndef __kernel
#define __kernel
#endif
#ifndef __rcu
#define __rcu
#endif
#ifndef __percpu
#define __percpu
#endif
#ifndef __iomem
#define __iomem
#endif
#ifndef __force
#define __force
#endif
#ifndef __bitwise
#define __bitwise
#endif
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#ifndef noinline
#define noinline __attribute__((noinline))
#endif
#ifndef notrace
#define notrace
#endif
#ifndef asmlinkage
#define asmlinkage
#endif
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#define READ_ONCE(x)           (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)   (*(volatile typeof(x) *)&(x) = (value))
#define rcu_dereference(p)     (p)
#define rcu_dereference_raw(p) (p)

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef container_of
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#endif
#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define sizeof_field(type, member)        sizeof(((type *)0)->member)
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define min(a, b)                      \
	({                             \
		typeof(a) __a = (a);   \
		typeof(b) __b = (b);   \
		__a < __b ? __a : __b; \
	})
#define max(a, b)                      \
	({                             \
		typeof(a) __a = (a);   \
		typeof(b) __b = (b);   \
		__a > __b ? __a : __b; \
	})
#define min_t(type, a, b)              \
	({                             \
		type __a = (a);        \
		type __b = (b);        \
		__a < __b ? __a : __b; \
	})
#define max_t(type, a, b)              \
	({                             \
		type __a = (a);        \
		type __b = (b);        \
		__a > __b ? __a : __b; \
	})
#define clamp(value, low, high) min(max(value, low), high)
#define div_u64(a, b)           ((__u64)(a) / (__u32)(b))
#define div64_u64(a, b)         ((__u64)(a) / (__u64)(b))
#define DIV_ROUND_UP(a, b)      (((a) + (b)-1) / (b))
#define BIT(n)                  (1UL << (n))
#define BIT_ULL(n)              (1ULL << (n))
#define GENMASK(high, low)      ((~0UL << (low)) & (~0UL >> (63 - (high))))
#define BITS_PER_LONG           64
#define BITS_PER_BYTE           8
#define upper_32_bits(n)        ((__u32)((__u64)(n) >> 32))
#define lower_32_bits(n)        ((__u32)(n))

#define U8_MAX                  ((__u8)~0U)
#define U16_MAX                 ((__u16)~0U)
#define U32_MAX                 ((__u32)~0U)
#define U64_MAX                 ((__u64)~0ULL)
#define SHRT_MAX                32767
#define INT_MAX                 2147483647
#define INT_MIN                 (-INT_MAX - 1)
#define UINT_MAX                (~0U)
#define LONG_MAX                ((long)(~0UL >> 1))
#define LONG_MIN                (-LONG_MAX - 1)
#define ULONG_MAX               (~0UL)
#define LLONG_MAX               ((long long)(~0ULL >> 1))
#define ULLONG_MAX              (~0ULL)

#define NSEC_PER_SEC            1000000000L
#define NSEC_PER_MSEC           1000000L
#define NSEC_PER_USEC           1000L
#define USEC_PER_SEC            1000000L
#define USEC_PER_MSEC           1000L
#define MSEC_PER_SEC            1000L

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __PROBEFS_TO_BE(bits, x) __builtin_bswap##bits(x)
#define __PROBEFS_TO_LE(bits, x) ((__u##bits)(x))
#else
#define __PROBEFS_TO_BE(bits, x) ((__u##bits)(x))
#define __PROBEFS_TO_LE(bits, x) __builtin_bswap##bits(x)
#endif
#define cpu_to_be16(x) __PROBEFS_TO_BE(16, x)
#define be16_to_cpu(x) __PROBEFS_TO_BE(16, x)
#define cpu_to_be32(x) __PROBEFS_TO_BE(32, x)
#define be32_to_cpu(x) __PROBEFS_TO_BE(32, x)
#define cpu_to_be64(x) __PROBEFS_TO_BE(64, x)
#define be64_to_cpu(x) __PROBEFS_TO_BE(64, x)
#define cpu_to_le16(x) __PROBEFS_TO_LE(16, x)
#define le16_to_cpu(x) __PROBEFS_TO_LE(16, x)
#define cpu_to_le32(x) __PROBEFS_TO_LE(32, x)
#define le32_to_cpu(x) __PROBEFS_TO_LE(32, x)
#define cpu_to_le64(x) __PROBEFS_TO_LE(64, x)
#define le64_to_cpu(x) __PROBEFS_TO_LE(64, x)
#ifndef htons
#define htons(x) __PROBEFS_TO_BE(16, x)
#endif
#ifndef ntohs
#define ntohs(x) __PROBEFS_TO_BE(16, x)
#endif
#ifndef htonl
#define htonl(x) __PROBEFS_TO_BE(32, x)
#endif
#ifndef ntohl
#define ntohl(x) __PROBEFS_TO_BE(32, x)
#endif
#define swab16(x) __builtin_bswap16(x)
#define swab32(x) __builtin_bswap32(x)
#define swab64(x) __builtin_bswap64(x)

#endif
