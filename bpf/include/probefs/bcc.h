/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc.h - the world of a program in the BCC dialect, included before it: the
 * helpers, the map and probe macros, and what of the kernel's own headers
 * every tool takes for granted. After base.h, the types and runtime.h.
 */
#ifndef PROBEFS_BCC_H
#define PROBEFS_BCC_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include <probefs/kernel.h>
#include <probefs/bcc_helpers.h>
#include <probefs/bcc_maps.h>
#include <probefs/bcc_packet_maps.h>
#include <probefs/bcc_probes.h>

#endif
