#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# What was sent in the kernel is what each reader reads and is told to have
# lost, whatever is full and however it reads.

# An emulated machine sends and reads some twenty times slower.
many=200000
some=30000
[ ! -d /run/vm ] || many=20000 some=3000

case_setup() { :; }

# count READERS-OPTIONS...: the readers' report is in $output.
count() {
	cp "$top/tests/lib/numbered.c" progs/
	run "$build/tests/lib/readers" -w $((patience * 5)) "$@" "$M"
	echo "$output"
	[ "$status" -eq 0 ]
}

# lost KIND: how many that reader was told.
lost() { sed -n "s/^$1: .* seen, \([0-9]*\) lost.*/\1/p" <<<"$output"; }
interrupted() { sed -n "s/^$1: .* \([0-9]*\) interrupted.*/\1/p" <<<"$output"; }

@test "readers of all sorts, room for all: nothing is lost" {
	needs tracepoints
	mount_probefs -o ring=16M,backlog=64M
	count -n $some
	for kind in 'fast' 'fast json' 'fast of all' 'slow' 'slow of all' \
		'signalled' 'signalled of all' 'byte by byte' 'polled'; do
		[ "$(lost "$kind")" = 0 ]
	done
	[ "$(interrupted 'signalled')" -gt 0 ]
}

@test "readers of all sorts, the default room: all adds up" {
	needs tracepoints
	mount_probefs
	count -n $some
}

@test "a small backlog: who is slow is told what it lost, and where" {
	needs tracepoints
	mount_probefs -o ring=16M,backlog=128K
	count -n $many
	[ "$(lost slow)" -gt 0 ]
	[ "$(lost 'byte by byte')" -gt 0 ]
}

@test "a small ring and backlog, and two CPUs that send" {
	needs tracepoints
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	mount_probefs -o ring=64K,backlog=128K
	count -n $((many / 2)) -t 2
}

@test "all is full and the daemon stands: who is traced never waits" {
	needs tracepoints
	mount_probefs -o ring=64K,backlog=128K
	count -n $many -p "$daemon_pid"
	# Not even the fast one could have all.
	[ "$(lost fast)" -gt 0 ]
	[ "$(lost 'byte by byte')" -ge "$(lost fast)" ]
}
