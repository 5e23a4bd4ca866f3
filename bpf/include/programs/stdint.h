/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stdint.h - the integer types of C. */
#ifndef PROBEFS_STDINT_H
#define PROBEFS_STDINT_H

/* As the kernel has them, where clang's own differ in rank. */
typedef __s8 int8_t;
typedef __s16 int16_t;
typedef __s32 int32_t;
typedef __s64 int64_t;
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;

#define INT8_MAX   127
#define INT16_MAX  32767
#define INT32_MAX  2147483647
#define INT64_MAX  9223372036854775807LL
#define UINT8_MAX  255
#define UINT16_MAX 65535
#define UINT32_MAX 4294967295U
#define UINT64_MAX 18446744073709551615ULL

#endif
