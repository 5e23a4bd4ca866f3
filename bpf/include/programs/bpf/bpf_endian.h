/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf_endian.h - libbpf's header of this name. */
#ifndef PROBEFS_BPF_ENDIAN
#define PROBEFS_BPF_ENDIAN

#include __PROBEFS_LIBBPF_ENDIAN_H

#endif
