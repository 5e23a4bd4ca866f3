/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spare.h - what the clang that waits for a source is started on. It reads
 * the headers that no source changes, and then, from a pipe, the types and
 * the source itself, of which line markers say where they are from. Only for
 * sources that would include these headers anyway, but for two of libbpf's
 * whose macros' names nobody else has.
 */
#define __VMLINUX_H__
#include <probefs/base.h>
#include <probefs/runtime.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "/proc/self/fd/0"
