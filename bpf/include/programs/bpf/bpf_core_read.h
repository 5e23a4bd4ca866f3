/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf_core_read.h - libbpf's header of this name. */
#ifndef PROBEFS_BPF_CORE_READ
#define PROBEFS_BPF_CORE_READ

#include __PROBEFS_LIBBPF_CORE_READ_H

#endif
