/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the kernel drops packets. The function names no target:
 *
 *	cp examples/drops.c /mnt/probefs/progs/
 *	echo on_drop > /mnt/probefs/tracepoints/skb/kfree_skb
 *	cat /mnt/probefs/progs/drops/output
 *
 * The fields are those of types/tracepoints/skb/kfree_skb; this takes the
 * first ones of it, which have not changed for years.
 */
struct kfree_skb_args {
	u64 common;
	void *skbaddr;
	void *location;
	unsigned short protocol;
};

int on_drop(struct kfree_skb_args *args)
{
	bpf_trace_printk("%pS dropped a packet of protocol %04x\n",
			 args->location, args->protocol);
	return 0;
}
