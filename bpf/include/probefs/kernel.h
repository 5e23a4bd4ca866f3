/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.h - what kernel headers give beyond the types that BTF carries:
 * constants that are macros, and small functions, here as macros too, so that
 * the types that they name are needed only by those who use them. Every
 * header of the kernel's names (linux/…, net/…, uapi/…, asm/…) is this one,
 * since sources count on what headers include in turn. A constant that is an
 * enumerator in BTF has no place here.
 */
#ifndef PROBEFS_KERNEL_H
#define PROBEFS_KERNEL_H

#include <probefs/kernel/macros.h>
#include <probefs/kernel/errno.h>
#include <probefs/kernel/sched.h>
#include <probefs/kernel/fs.h>
#include <probefs/kernel/block.h>
#include <probefs/kernel/mm.h>
#include <probefs/kernel/net.h>

#endif
