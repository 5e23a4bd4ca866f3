/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc.h - the world of a program in the BCC dialect; included before it.
 */
#ifndef PROBEFS_BCC_H
#define PROBEFS_BCC_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#define bpf_trace_printk(fmt, ...) __probefs_printk(fmt, ##__VA_ARGS__)
#endif
