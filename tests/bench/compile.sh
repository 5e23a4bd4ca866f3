#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/bench/compile.sh [N] — from nothing to the first event: bpftrace with a
# one-liner, and probefs from the beginning of a cp to progs/. A process opens
# files all along, so the first event comes as soon as the probe is there.
# N times each, the medians.
# lib.sh sets what is not set here, and its functions' arguments are optional.
# shellcheck disable=SC2154,SC2119
set -u
# shellcheck source=tests/bench/lib.sh
. "${0%/*}/lib.sh"

n=${1:-9}
build_tools

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Without a process for each pause, which would take a CPU from both.
opens() {
	local never
	exec {never}<> <(:)
	while :; do
		read -r _ </dev/null
		read -r -t 0.001 -u "$never" _
	done
}

# One struct read: the exit code of the current task's parent.
cat >"$work/opens.c" <<'END'
TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	bpf_trace_printk("%d %s\n", task->real_parent->tgid, args->filename);
	return 0;
}
END
bpftrace_program='tracepoint:syscalls:sys_enter_openat {
	printf("%d %s\n", ((struct task_struct *)curtask)->real_parent->tgid,
		str(args->filename)); }'

# first_line FILE: waits for it, in microseconds from $begin. Skips what
# bpftrace says before.
first_line() {
	local line
	while read -r line; do
		case $line in
		[0-9]*) echo $(($(now) - begin)) && return ;;
		esac
	done
}

bpftrace_once() {
	local begin
	begin=$(now)
	coproc peer { exec bpftrace -B none -e "$bpftrace_program" 2>&1; }
	first_line <&"${peer[0]}"
	kill "${peer_PID:?}"
	wait "$peer_PID" 2>/dev/null
}

# Prints three times: when a cp of the source ended; when the first event was
# read; how long a shell's own printf took from its open to its close.
probefs_once() {
	local begin source
	source=$(<"$work/opens.c")
	begin=$(now)
	cp "$work/opens.c" "$M/progs/" || cat "$M/progs/opens/errors" >&2
	echo "closed $(($(now) - begin))"
	echo "event $(first_line <"$M/progs/opens/output")"
	rm "$M/progs/opens.c"
	# As a user would: not at once again.
	sleep 0.6
	begin=$(now)
	printf '%s\n' "$source" >"$M/progs/opens.c"
	echo "loaded $(($(now) - begin))"
	rm "$M/progs/opens.c"
	sleep 0.6
}

opens &
opener=$!
start_probefs
for ((i = 0; i <= n; i++)); do
	probefs_once >"$work/once"
	# The first also starts the compiler.
	[ $i = 0 ] && first=$(awk '$1 == "closed" { print $2 }' "$work/once")
	[ $i = 0 ] || cat "$work/once"
done >"$work/ours"
stop_probefs
if command -v bpftrace >/dev/null; then
	for ((i = 0; i < n; i++)); do
		bpftrace_once
	done >"$work/peers"
fi
kill "$opener"

closed=$(awk '$1 == "closed" { print $2 }' "$work/ours" | median)
event=$(awk '$1 == "event" { print $2 }' "$work/ours" | median)
loaded=$(awk '$1 == "loaded" { print $2 }' "$work/ours" | median)
printf '%-44s %10s\n' "probefs, source open to loaded, ms" \
	"$(calc "$loaded / 1000" 1)"
printf '%-44s %10s\n' "probefs, cp to close, ms" "$(calc "$closed / 1000" 1)"
printf '%-44s %10s\n' "probefs, the first cp after a start, ms" \
	"$(calc "$first / 1000" 1)"
printf '%-44s %10s\n' "probefs, cp to the first event, ms" \
	"$(calc "$event / 1000" 1)"
if [ -s "$work/peers" ]; then
	theirs=$(median <"$work/peers")
	printf '%-44s %10s\n' "bpftrace, start to the first event, ms" \
		"$(calc "$theirs / 1000" 1)"
	printf '%-44s %10s\n' "ratio to loaded (4; goal: 6)" \
		"$(calc "$theirs / $loaded" 1)" \
		"ratio to the first event" "$(calc "$theirs / $event" 1)"
fi
