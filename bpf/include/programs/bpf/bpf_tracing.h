/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf_tracing.h - libbpf's header of this name, and what newer ones have. */
#ifndef PROBEFS_BPF_TRACING
#define PROBEFS_BPF_TRACING

#include __PROBEFS_LIBBPF_TRACING_H

#ifndef BPF_UPROBE
#define BPF_UPROBE BPF_KPROBE
#endif
#ifndef BPF_URETPROBE
#define BPF_URETPROBE BPF_KRETPROBE
#endif

#endif
