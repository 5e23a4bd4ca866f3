/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf_helpers.h - libbpf's header of this name, with a bpf_printk that goes
 * to the program's stream instead of the kernel's one trace_pipe, and what
 * newer ones have.
 */
#ifndef PROBEFS_BPF_HELPERS
#define PROBEFS_BPF_HELPERS

#include __PROBEFS_LIBBPF_HELPERS_H

#undef bpf_printk
#define bpf_printk(fmt, ...) __probefs_printk(fmt, ##__VA_ARGS__)

/* Of a __ksym that is __weak: does this kernel have it? */
#ifndef bpf_ksym_exists
#define bpf_ksym_exists(symbol) (!!(symbol))
#endif
#ifndef __kptr_untrusted
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#endif
#ifndef __percpu_kptr
#define __percpu_kptr    __attribute__((btf_type_tag("percpu_kptr")))
#endif
#ifndef __arg_ctx
#define __arg_ctx        __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull    __attribute__((btf_decl_tag("arg:nonnull")))
#endif

#endif
