#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The tools of BCC in numbers: all of them compile; thirty of different kinds
# are attached as they attach themselves. tests/corpus/run does all.

corpus=$top/tests/corpus
thirty="bindsnoop biopattern bitesize cachestat capable cpudist dcsnoop dcstat
	drsnoop execsnoop exitsnoop ext4dist filelife filetop funclatency
	hardirqs killsnoop mountsnoop offcputime oomkill opensnoop+path
	pidpersec runqlat runqslower shmsnoop softirqs statsnoop tcpaccept
	tcpretrans wakeuptime"

case_setup() { needs execsnoop-bpfcc; }

@test "all tools compile" {
	[ ! -d /run/vm ] || skip "one machine is enough: compiling asks nothing of the kernel"
	needs tracepoints
	run "$corpus/run" --compile-only --build "$build"
	not_compiled=$(grep -c $'\tnot compiled\t' <<<"$output") || true
	# Types that this kernel does not have are no fault of the compiler.
	not_here=$(grep -c $'\tnot compiled\t.*types do not have it' <<<"$output") || true
	[ "$not_compiled" -eq "$not_here" ] || fail "$output"
	[ "$(grep -c $'\tcompiled\t' <<<"$output")" -ge 120 ] || fail "$output"
}

@test "thirty tools are attached" {
	needs kprobes
	# shellcheck disable=SC2086 # words
	run "$corpus/run" --build "$build" $thirty
	[ "$status" -eq 0 ] || fail "$output"
	attached=$(sed -n 's/^# \([0-9]*\) of 30 tools attached$/\1/p' <<<"$output")
	[ "${attached:-0}" -ge 28 ] || fail "$output"
}
