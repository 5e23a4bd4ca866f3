/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* string.h - what of C's string.h becomes code without a library. */
#ifndef PROBEFS_STRING_H
#define PROBEFS_STRING_H

#define memcpy(to, from, n_bytes)  __builtin_memcpy(to, from, n_bytes)
#define memset(to, byte, n_bytes)  __builtin_memset(to, byte, n_bytes)
#define memmove(to, from, n_bytes) __builtin_memmove(to, from, n_bytes)

#endif
