/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the kernel drops packets. The function names no target:
 *
 *	cp examples/drops.c /mnt/probefs/progs/
 *	echo on_drop > /mnt/probefs/tracepoints/skb/kfree_skb
 *	cat /mnt/probefs/progs/drops/output
 *
 * types/tracepoints/skb/kfree_skb has all its fields, ready to be pasted; these
 * are the first ones, which are the same in all kernels.
 */
struct kfree_skb_args {
	u64 common;
	void *skbaddr;
	void *location;
};

int on_drop(struct kfree_skb_args *args)
{
	bpf_trace_printk("%pS dropped a packet\n", args->location);
	return 0;
}
