/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf_helper_defs.h - libbpf's header of this name. */
#ifndef PROBEFS_BPF_HELPER_DEFS
#define PROBEFS_BPF_HELPER_DEFS

#include __PROBEFS_LIBBPF_HELPER_DEFS_H

#endif
