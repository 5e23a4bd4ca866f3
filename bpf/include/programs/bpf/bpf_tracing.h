/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf_tracing.h - libbpf's header of this name. */
#ifndef PROBEFS_BPF_TRACING
#define PROBEFS_BPF_TRACING

#include __PROBEFS_LIBBPF_TRACING_H

#endif
