#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# perf_events/EVENT/RATE: samples of clocks and counters, and timers.

tick_c() {
	source_file tick.c <<-END
		int tick(struct bpf_perf_event_data *ctx)
		{
			bpf_trace_printk("${1:-tick} %d\\n",
					 (int)(bpf_get_current_pid_tgid() >> 32));
			return 0;
		}
		int also(void *ctx)
		{
			bpf_trace_printk("also\\n");
			return 0;
		}
	END
	user 'cp $src/tick.c progs/'
	shows progs/tick/errors
}

# A process that keeps a CPU busy until the case ends.
busy() {
	while :; do :; done 3>&- &
	streams+=($!)
}

@test "a clock samples what runs on the CPUs" {
	tick_c
	busy
	user 'echo tick > perf_events/cpu-clock/99hz'
	shows perf_events/cpu-clock/99hz tick:tick
	shows attached $'perf_events/cpu-clock/99hz\ttick:tick'
	event progs/tick/output "^tick ${streams[0]}\$"
	# A link for each CPU, and none afterwards.
	! has bpftool || [ "$(bpftool link list | grep -c perf_event)" -ge "$(nproc)" ]
	user "echo '!tick' >> perf_events/cpu-clock/99hz"
	shows perf_events/cpu-clock/99hz
	nothing_is_attached
}
nothing_is_attached() {
	shows attached
	user ': > output'
	no_event progs/tick/output .
}

@test "a timer fires by itself, on one CPU" {
	tick_c
	user 'echo tick > perf_events/timer/10ms'
	event progs/tick/output '^tick'
	user 'rm progs/tick.c'
	shows attached
}

@test "a new source takes over the samples" {
	tick_c
	user 'echo tick > perf_events/timer/10ms'
	event progs/tick/output '^tick'
	tick_c tock
	shows perf_events/timer/10ms tick:tick
	event progs/tick/output '^tock'
}

@test "> replaces, >> adds, what is read restores" {
	tick_c
	user 'echo tick > perf_events/cpu-clock/49hz'
	user 'echo also >> perf_events/cpu-clock/49hz'
	shows perf_events/cpu-clock/49hz tick:tick tick:also
	user 'cat perf_events/cpu-clock/49hz > $src/saved'
	user 'echo also > perf_events/cpu-clock/49hz'
	shows perf_events/cpu-clock/49hz tick:also
	user 'cat $src/saved > perf_events/cpu-clock/49hz'
	shows perf_events/cpu-clock/49hz tick:tick tick:also
}

@test "the samples of one process alone" {
	tick_c
	busy
	local pid=${streams[0]}
	busy
	user "echo tick pid=$pid > perf_events/cpu-clock/99hz"
	shows perf_events/cpu-clock/99hz "tick:tick pid=$pid"
	event progs/tick/output "^tick $pid\$"
	run ! grep -v "^tick $pid\$" <(timeout "$silence" cat progs/tick/output)
	refused EINVAL 'echo tick pid=some > perf_events/cpu-clock/99hz'
	says errors 'pid=some: it must be the number of a process'
	refused EINVAL 'echo tick maxactive=1 > perf_events/cpu-clock/99hz'
	says errors 'unknown option maxactive: perf_events have only pid'
}

@test "every page fault of a process that starts" {
	source_file faults.c <<-'END'
		int on_fault(struct bpf_perf_event_data *ctx)
		{
			bpf_trace_printk("fault at %d\n", ctx->addr != 0);
			return 0;
		}
	END
	user 'cp $src/faults.c progs/'
	user 'echo on_fault > perf_events/page-faults/every-1'
	clone_a_process
	event progs/faults/output '^fault at 1$'
}

@test "any rate can be opened, and an attached one is listed" {
	tick_c
	user 'ls perf_events'
	[[ $output == *cpu-clock* && $output == *cache-misses* && $output == *timer* ]]
	user 'ls perf_events/cpu-clock'
	[[ $output == *99hz* && $output != *37hz* ]]
	user 'echo tick > perf_events/cpu-clock/37hz'
	user 'find perf_events -type f -size +0'
	[ "$output" = perf_events/cpu-clock/37hz ]
}

@test "SEC(perf_event) waits for an echo, and fits nowhere else" {
	source_file sec.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("perf_event") int sample(struct bpf_perf_event_data *ctx)
		{
			bpf_printk("sample");
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	user 'cp $src/sec.c progs/'
	shows progs/sec/errors
	shows progs/sec/functions $'sample\tperf_events\t'
	refused EINVAL 'echo sample > raw_tracepoints/sched_switch'
	says errors 'cannot be attached in raw_tracepoints'
	user 'echo sample > perf_events/timer/10ms'
	event progs/sec/output '^sample$'
}

@test "a mistake gets a sentence" {
	tick_c
	refused ENOENT 'echo tick > perf_events/cpu-clok/99hz'
	says errors 'no such event cpu-clok; did you mean cpu-clock\?'
	refused EINVAL 'echo tick > perf_events/cpu-clock/often'
	says errors 'cpu-clock/often: after the event comes how often, as 99hz, 10ms'
	refused EINVAL 'echo tick > perf_events/page-faults/1s'
	says errors 'page-faults/1s: .* as 99hz or every-1000'
	refused EINVAL 'echo tick > perf_events/cpu-clock/999999999hz'
	says errors "at most $(cat /proc/sys/kernel/perf_event_max_sample_rate)hz"
	refused ESRCH "echo tick pid=4194303 > perf_events/cpu-clock/99hz"
	says errors 'there is no process 4194303'
	shows attached
}

@test "a counter that the machine lacks" {
	[ ! -e /sys/bus/event_source/devices/cpu ] || skip "this machine has counters"
	tick_c
	refused EOPNOTSUPP 'echo tick > perf_events/cache-misses/every-100'
	says errors 'this machine has no counter for cache-misses'
	shows attached
}
