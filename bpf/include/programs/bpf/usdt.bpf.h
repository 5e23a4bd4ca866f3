/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* usdt.bpf.h - libbpf's header of this name. */
#ifndef PROBEFS_BPF_USDT
#define PROBEFS_BPF_USDT

#include __PROBEFS_LIBBPF_USDT_H

#endif
