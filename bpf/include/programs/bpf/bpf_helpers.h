/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf_helpers.h - libbpf's header of this name, with a bpf_printk that goes
 * to the program's stream instead of the kernel's one trace_pipe.
 */
#ifndef PROBEFS_BPF_HELPERS
#define PROBEFS_BPF_HELPERS

#include __PROBEFS_LIBBPF_HELPERS_H

#undef bpf_printk
#define bpf_printk(fmt, ...) __probefs_printk(fmt, ##__VA_ARGS__)

#endif
