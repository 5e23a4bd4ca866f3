// SPDX-License-Identifier: GPL-2.0-only
/*
 * hand.bpf.c - what somebody would write by hand to send the same record as
 * the program in `run` does, on a tracepoint and on a kprobe: the yardstick for the cost of
 * a hit. And programs that do nothing: what is left for a tracer to save.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/include/probefs/record.h"

struct sys_enter_write {
	__u64 common;
	__s64 number;
	__u64 fd;
	__u64 buffer;
	__u64 n_bytes;
};

struct event {
	struct probefs_record header;
	__u64 pid;
	char comm[16];
	__u64 n_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

__u32 excluded_tgid;

static __always_inline int send(void *ctx, __u64 n_bytes)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct event *event;

	if (pid_tgid >> 32 == excluded_tgid)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event)
		return 0;
	event->header.time_ns = bpf_ktime_get_ns();
	event->header.pid_tgid = pid_tgid;
	event->header.cookie = bpf_get_attach_cookie(ctx);
	event->header.cgroup_id = bpf_get_current_cgroup_id();
	bpf_get_current_comm(event->header.comm, sizeof(event->header.comm));
	event->header.id = 0;
	event->header.cpu = bpf_get_smp_processor_id();
	event->header.lost = 0;
	event->header.payload_bytes = sizeof(*event) - sizeof(event->header);
	event->pid = pid_tgid >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->n_bytes = n_bytes;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_write")
int tracepoint(struct sys_enter_write *ctx)
{
	return send(ctx, ctx->n_bytes);
}

SEC("tracepoint/syscalls/sys_enter_write")
int tracepoint_empty(void *ctx)
{
	return 0;
}

SEC("kprobe/ksys_write")
int kprobe(struct pt_regs *ctx)
{
	return send(ctx, PT_REGS_PARM3(ctx));
}

SEC("kprobe/ksys_write")
int kprobe_empty(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
