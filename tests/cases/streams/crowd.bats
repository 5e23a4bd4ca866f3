#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Thousands wait for one event.

anonymous_kib() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$daemon_pid/status"; }
readers_wait() { [ "$(sed -n 's/^readers: \([0-9]*\).*/\1/p' status)" -ge "$1" ]; }
seen() { [ "$(tail -n 1 "$src/crowd")" = "seen $1" ]; }

@test "10,000 readers wait, the tree answers, each sees the event" {
	needs tracepoints
	n=10000
	[ ! -d /run/vm ] || n=200
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/syscalls/sys_enter_swapoff'
	user 'ls -l progs'
	before=$(anonymous_kib)
	"$build/tests/lib/crowd" $n $((n / 10)) progs/hello/output >"$src/crowd" 2>&1 3>&- &
	streams+=($!)
	eventually grep -q waiting "$src/crowd" || fail "$(cat "$src/crowd")"
	readers_wait $n
	# 4 KiB a reader, and what ls itself may leave behind.
	each=$((($(anonymous_kib) - before) * 1024 / n))
	echo "$each bytes a reader"
	[ -d /run/vm ] || [[ $build == *asan* ]] || [ $each -lt 4096 ]
	user 'ls -l progs'
	swapoff "$src/nothing" 2>/dev/null || true
	eventually seen $n || fail "$(cat "$src/crowd")"
	eventually no_reader_is_left
}
no_reader_is_left() { ! readers_wait 1; }
