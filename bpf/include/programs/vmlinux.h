/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vmlinux.h - stands for the header of all the kernel's types. Those that the
 * source needs have been included before its first line.
 */
