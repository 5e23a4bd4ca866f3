/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which programs are started, by a process of how many threads (libbpf
 * dialect):
 *
 *	cp examples/execs.c /mnt/probefs/progs/
 *	cat /mnt/probefs/output
 *	rm /mnt/probefs/progs/execs.c
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	bpf_printk("exec by a process of %d threads",
		   BPF_CORE_READ(task, signal, nr_threads));
	return 0;
}
