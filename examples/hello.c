/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The smallest program. Where and when it runs is decided by the file that
 * its name is written to:
 *
 *	cp examples/hello.c /mnt/probefs/progs/
 *	echo hello > /mnt/probefs/kprobes/sys_clone
 *	cat /mnt/probefs/output
 */
int hello(void *ctx)
{
	bpf_trace_printk("Hello\n");
	return 0;
}
