/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What readers sends, numbered in the kernel: one counter a thread, which
 * only that thread's system calls move. The first argument tells a number
 * from the call that ends a thread's.
 */
#define SEQ 4711
#define END 4712

static unsigned long sent[8];

TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
{
	unsigned thread = args->who & 7;

	if (args->which == SEQ)
		bpf_trace_printk("seq %u %lu\n", thread, ++sent[thread]);
	else if (args->which == END)
		bpf_trace_printk("end %u %lu\n", thread, ++sent[thread]);
	return 0;
}
