#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# progs/NAME/vars/: a program's global variables, read and set by the shell.

case_setup() {
	needs tracepoints
	mount_probefs
	source_file state.c <<-'END'
		struct point { int x, y; };
		enum mode { OFF, ON };

		int counter;
		u64 big = 7;
		char word[16] = "hello";
		struct point where = {1, 2};
		enum mode mode = ON;
		int numbers[4];
		const volatile u32 targ_pid = 0;
		const volatile struct point limits = {3, 4};
		BPF_HASH(seen, u32, u64);

		TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
		{
			u32 who = args->who;

			if (mode == OFF || (targ_pid && targ_pid != who))
				return 0;
			counter++;
			numbers[who & 3]++;
			big += where.x + limits.x;
			seen.increment(who);
			bpf_trace_printk("%s\n", word);
			return 0;
		}
	END
	user 'cp $src/state.c progs/'
	cd progs/state/vars
}

@test "variables are shown by their types, live" {
	[ "$(ls)" = $'big\ncounter\nlimits\nmode\nnumbers\ntarg_pid\nwhere\nword' ]
	shows word hello
	shows where 'x=1 y=2'
	shows mode ON
	getpriority 1 2 2
	shows counter 3
	shows numbers '[0 1 2 0]'
	shows big 19
	[ "$(stat -c %s numbers)" = 10 ]
}

@test "they are set while the program runs" {
	user 'echo 100 > counter; echo "x=5 y=6" > where; echo bye > word; echo "[1 2 3 4]" >> numbers'
	shows where 'x=5 y=6'
	shows numbers '[1 2 3 4]'
	getpriority 1
	shows counter 101
	event ../output '^bye$'
	user 'echo OFF > mode'
	getpriority 1
	shows counter 101
	user ': > counter'
	shows counter 0
}

@test "a constant is a parameter: the program goes on with the new value" {
	getpriority 5 6
	user 'echo 6 > targ_pid'
	shows targ_pid 6
	# Attached as it was, and what it counted is kept.
	shows "$M/attached" $'tracepoints/syscalls/sys_enter_getpriority\tstate:tracepoint__syscalls__sys_enter_getpriority'
	getpriority 5 6
	shows ../maps/seen $'5\t1' $'6\t2'
	user 'echo "x=10 y=20" > limits'
	shows limits 'x=10 y=20'
	shows targ_pid 6
	shows ../errors
	# The source is the user's, and compiles anew with its own values.
	user 'cp $src/state.c $M/progs/'
	shows targ_pid 0
}

@test "a value that the verifier refuses leaves the old one" {
	source_file bound.c <<-'END'
		const volatile u32 n = 4;
		char buffer[16];
		TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
		{
			char on_stack[8] = {};

			if (n > 8)
				bpf_probe_read_kernel(on_stack, 4096, (void *)args->who);
			buffer[0] = on_stack[0];
			return 0;
		}
	END
	user 'cp $src/bound.c $M/progs/'
	refused EINVAL '/bin/echo 9 > $M/progs/bound/vars/n; /bin/echo 9 >> $M/progs/bound/vars/n'
	shows "$M/progs/bound/vars/n" 4
	says "$M/progs/bound/errors" 'bound.c|stack|invalid'
	says "$M/attached" 'bound:'
}

@test "what is wrong is told, and nothing changes" {
	refused EINVAL 'echo x > counter'
	says "$M/errors" 'progs/state/vars/counter uid 0: .*"x" is not a number'
	refused ERANGE 'echo 99999999999 > counter'
	refused EINVAL 'echo "1 2" > counter'
	printf '1\n2\n' >"$src/lines"
	refused EINVAL 'cat $src/lines > counter'
	refused EINVAL 'echo "x=1" > where'
	refused EINVAL 'echo MAYBE > mode'
	shows counter 0
	shows where 'x=1 y=2'
	refused ENOENT 'cat count'
	says "$M/errors" 'no global variable count; did you mean counter\?'
}

@test "libbpf's dialect" {
	source_file tool.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		char LICENSE[] SEC("license") = "GPL";
		const volatile bool on = false;
		__u64 hits = 0;
		__u32 last;

		SEC("tracepoint/syscalls/sys_enter_getpriority")
		int on_call(struct trace_event_raw_sys_enter *ctx)
		{
			if (!on)
				return 0;
			__sync_fetch_and_add(&hits, 1);
			last = ctx->args[1];
			bpf_printk("call %d", last);
			return 0;
		}
	END
	user 'cp $src/tool.c $M/progs/'
	cd "$M/progs/tool/vars"
	[ "$(ls)" = $'hits\nlast\non' ] || fail "it lists:" "$(ls)"
	getpriority 3
	shows hits 0
	user 'echo true > on'
	getpriority 3
	shows hits 1
	shows last 3
}
