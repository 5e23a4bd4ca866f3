/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mm.h - pages and their allocation. */
#ifndef PROBEFS_KERNEL_MM_H
#define PROBEFS_KERNEL_MM_H

#define PAGE_SHIFT       12
#define PAGE_SIZE        (1UL << PAGE_SHIFT)
#define PAGE_MASK        (~(PAGE_SIZE - 1))

#define PROT_READ        0x1
#define PROT_WRITE       0x2
#define PROT_EXEC        0x4
#define MAP_SHARED       0x01
#define MAP_PRIVATE      0x02
#define MAP_FIXED        0x10
#define MAP_ANONYMOUS    0x20

#define VM_READ          0x00000001
#define VM_WRITE         0x00000002
#define VM_EXEC          0x00000004
#define VM_SHARED        0x00000008

#define FAULT_FLAG_WRITE 0x01

/* Where the kernel's half begins; the real start moves with KASLR. */
#if defined(__TARGET_ARCH_x86)
#define __PAGE_OFFSET_BASE_L4 0xffff888000000000UL
#define __PAGE_OFFSET_BASE_L5 0xff11000000000000UL
#define PAGE_OFFSET           __PAGE_OFFSET_BASE_L4
#elif defined(__TARGET_ARCH_arm64)
#define PAGE_OFFSET 0xffff000000000000UL
#endif

#endif
