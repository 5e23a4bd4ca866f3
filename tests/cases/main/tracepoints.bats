#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Tracepoints and the arguments of probes.

@test "kfree_skb with a struct written by hand from its format" {
	needs tracepoints loopback
	# Newer kernels have a field more.
	rx_sk=
	! tracefs events/skb/kfree_skb/format | grep -q rx_sk || rx_sk='void *rx_sk;'
	source_file drops.c <<-END
		struct kfree_skb_args {
			u64 common;
			void *skbaddr;
			void *location;
			$rx_sk
			unsigned short protocol;
		};
		int on_drop(struct kfree_skb_args *args)
		{
			bpf_trace_printk("drop protocol %x skb %d\\n",
					 args->protocol, args->skbaddr != 0);
			return 0;
		}
	END
	user 'cp $src/drops.c progs/'
	user 'echo on_drop > tracepoints/skb/kfree_skb'
	drop_a_packet
	event progs/drops/output '^drop protocol 800 skb 1$'
}

@test "kfree_skb with the struct from types/" {
	needs tracepoints loopback
	says types/tracepoints/skb/kfree_skb 'protocol;'
	struct=$(grep -oE 'struct [a-z0-9_]+' types/tracepoints/skb/kfree_skb | head -n 1)
	{
		cat types/tracepoints/skb/kfree_skb
		cat <<-END
			int on_drop($struct *args)
			{
				bpf_trace_printk("drop protocol %x\\n", args->protocol);
				return 0;
			}
		END
	} | source_file drops.c
	user 'cp $src/drops.c progs/'
	user 'echo on_drop > tracepoints/skb/kfree_skb'
	drop_a_packet
	event progs/drops/output '^drop protocol 800$'
}

@test "TRACEPOINT_PROBE attaches itself, with args" {
	needs tracepoints loopback
	source_file drops.c <<-'END'
		TRACEPOINT_PROBE(skb, kfree_skb)
		{
			bpf_trace_printk("drop protocol %x\n", args->protocol);
			return 0;
		}
	END
	user 'cp $src/drops.c progs/'
	shows progs/drops/errors
	[ -s tracepoints/skb/kfree_skb ]
	drop_a_packet
	event progs/drops/output '^drop protocol 800$'
	user 'rm progs/drops.c'
	shows tracepoints/skb/kfree_skb
}

@test "stats says when the kernel does not count runs" {
	hello_c
	user 'cp $src/hello.c progs/'
	says progs/hello/stats '^hello: runs=[0-9]+ ns=[0-9]+ missed=0$'
	if [ "$(cat /proc/sys/kernel/bpf_stats_enabled)" -eq 0 ]; then
		says progs/hello/stats '^# runs .* sysctl kernel.bpf_stats_enabled=1$'
	else
		run ! grep sysctl progs/hello/stats
	fi
}

@test "sys_enter_openat prints who opens what" {
	needs tracepoints
	source_file opens.c <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_openat)
		{
			bpf_trace_printk("open %s\n", args->filename);
			return 0;
		}
	END
	user 'cp $src/opens.c progs/'
	shows progs/opens/errors
	open_a_file "$src/a file of its own"
	event progs/opens/output "^open $src/a file of its own\$"
	event output 'opens.*a file of its own'
}

@test "plain dereference of kernel memory, implicit and relocated" {
	needs kprobes loopback
	source_file connects.c <<-'END'
		#include <net/sock.h>

		int on_connect(struct pt_regs *ctx, struct sock *sk)
		{
			bpf_trace_printk("family %d port %d\n",
					 sk->__sk_common.skc_family,
					 ntohs(sk->__sk_common.skc_dport));
			return 0;
		}
	END
	user 'cp $src/connects.c progs/'
	shows progs/connects/errors
	# The port is the socket's only after tcp_v4_connect has set it.
	user 'echo on_connect > kprobes/tcp_v4_connect'
	user 'echo on_connect > kprobes/tcp_connect'
	run bash -c 'exec 3<>/dev/tcp/127.0.0.1/4242'
	event progs/connects/output '^family 2 port 0$'
	event progs/connects/output '^family 2 port 4242$'
}

@test "a system call's own arguments" {
	needs kprobes
	source_file kills.c <<-'END'
		int on_kill(struct pt_regs *ctx, int pid, int sig)
		{
			bpf_trace_printk("kill %d with %d\n", pid, sig);
			return 0;
		}
	END
	user 'cp $src/kills.c progs/'
	user 'echo on_kill > kprobes/sys_kill'
	kill -0 $$
	event progs/kills/output "^kill $$ with 0\$"
}

@test "a program whose licence is not the GPL prints too" {
	needs tracepoints
	source_file closed.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		char LICENSE[] SEC("license") = "Proprietary";

		SEC("tracepoint/sched/sched_process_fork")
		int on_fork(void *ctx)
		{
			bpf_printk("forked");
			return 0;
		}
	END
	user 'cp $src/closed.c progs/'
	clone_a_process
	event progs/closed/output '^forked$'
}
