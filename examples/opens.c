/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who opens which file (BCC dialect). It names its target, so copying starts
 * it and removing stops it:
 *
 *	cp examples/opens.c /mnt/probefs/progs/
 *	cat /mnt/probefs/output
 *	rm /mnt/probefs/progs/opens.c
 */
TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	bpf_trace_printk("%s\n", args->filename);
	return 0;
}
