/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc_probes.h - BCC's macros that begin a function which names its target.
 * Those that have no macro (kprobe__vfs_read) are known to the lowering.
 */
#ifndef PROBEFS_BCC_PROBES_H
#define PROBEFS_BCC_PROBES_H

#define TRACEPOINT_PROBE(subsystem, event)                               \
	SEC("tracepoint/" #subsystem "/" #event)                         \
	int tracepoint__##subsystem##__##event(                          \
		struct tracepoint__##subsystem##__##event *args)

/* Where a __data_loc field's bytes are: offset below, length above. */
#define TP_DATA_LOC(field)        ((char *)args + (args->data_loc_##field & 0xFFFF))
#define TP_DATA_LOC_LENGTH(field) ((__u32)args->data_loc_##field >> 16)
#define TP_DATA_LOC_READ_CONST(destination, field, length) \
	bpf_probe_read_kernel(destination, length, TP_DATA_LOC(field))
#define TP_DATA_LOC_READ(destination, field)                              \
	bpf_probe_read_kernel(destination, TP_DATA_LOC_LENGTH(field),     \
			      TP_DATA_LOC(field))
#define TP_DATA_LOC_READ_STR(destination, field, length) \
	bpf_probe_read_kernel_str(destination, length, TP_DATA_LOC(field))

#define RAW_TRACEPOINT_PROBE(event)                                      \
	SEC("raw_tracepoint/" #event)                                    \
	int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)

#define KFUNC_PROBE(event, args...)    \
	SEC("fentry/" #event)          \
	int BPF_PROG(kfunc__##event, ##args)
#define KRETFUNC_PROBE(event, args...) \
	SEC("fexit/" #event)           \
	int BPF_PROG(kretfunc__##event, ##args)
#define KMOD_RET(event, args...)       \
	SEC("fmod_ret/" #event)        \
	int BPF_PROG(kmod_ret__##event, ##args)
#define LSM_PROBE(event, args...)      \
	SEC("lsm/" #event)             \
	int BPF_PROG(lsm__##event, ##args)
#define BPF_ITER(target)               \
	SEC("iter/" #target)           \
	int bpf_iter__##target(struct bpf_iter__##target *ctx)

/* The module of a function is found by the function's name. */
#define MODULE_KFUNC_PROBE(module, event, args...)    KFUNC_PROBE(event, ##args)
#define MODULE_KRETFUNC_PROBE(module, event, args...) KRETFUNC_PROBE(event, ##args)

#endif
