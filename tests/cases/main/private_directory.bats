#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The compiler runs as nobody; what it is made of may lie in a home directory.
case_setup() {
	local home=$BATS_TEST_TMPDIR/home
	mkdir -m 700 "$home"
	install -D "$build/fs/probefs" "$home/bin/probefs"
	install -D "$build/bpf/compiler/probefs-compile" "$home/libexec/probefs/probefs-compile"
	mkdir -p "$home/share/probefs"
	cp -r "$top/bpf/include" "$home/share/probefs/include"
	mkdir -m 700 "$home/tmp"
	TMPDIR=$home/tmp probefs=$home/bin/probefs mount_probefs
}

@test "an installation that only root can enter compiles" {
	needs tracepoints
	source_file drops.c <<-'END'
		#include <net/sock.h>
		TRACEPOINT_PROBE(skb, kfree_skb)
		{
			bpf_trace_printk("protocol %d\n", args->protocol);
			return 0;
		}
	END
	user 'cp $src/drops.c progs/'
	shows attached 'tracepoints/skb/kfree_skb	drops:tracepoint__skb__kfree_skb'
}
