#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The README's own commands and programs, taken out of it and run.

# block N: the commands of its N-th sh block, for this mount.
block() {
	awk -v n="$1" '/^```sh/ { i++; inside = 1; next } /^```/ { inside = 0 }
		inside && i == n' "$top/README.md" | sed "s|/mnt/probefs|$M|g"
}

c_file() {
	awk -v name="$1" '/^```c/ { getline; inside = $0 == "/* " name " */" }
		/^```$/ { inside = 0 } inside' "$top/README.md" >"$src/$1"
	[ -s "$src/$1" ] || fail "the README has no $1"
}

# run_block N REGEX: each command must succeed; the stream that is read must
# have a line that matches.
run_block() {
	local line seen=
	while read -r line; do
		case $line in
		cat*/output*)
			line=${line%%#*}
			event "$(sed 's/^cat *//; s/ *$//' <<<"$line")" "$2"
			seen=1
			;;
		?*) user "$line" ;;
		esac
		[[ $line != *attached ]] || listed=$output
	done < <(block "$1")
	[ -n "$seen" ] || fail "block $1 reads no stream"
}

keep_busy() {
	(while :; do /bin/true; cat /etc/hostname >/dev/null; sleep 0.1; done) 3>&- &
	streams+=($!)
}

@test "the five commands" {
	needs kprobes
	cd "$top"
	keep_busy
	run_block 1 Hello
	[ ! -e "$M/progs/hello" ]
}

@test "the histogram on its first screen" {
	needs tracepoints
	c_file sizes.c
	cd "$src"
	user "$(block 2 | head -n 1)"
	cat /etc/hostname >/dev/null
	user "$(block 2 | tail -n 1)"
	[[ $output == *' bytes               : count     distribution'* ]] || fail "$output"
	[[ $output == *'|****************************************|'* ]] || fail "$output"
}

@test "the scripts that it names are there" {
	[ "$(block 3)" = 'sudo examples/quickstart.sh' ]
	[ "$(block 4)" = 'sudo tests/run.sh' ]
	[ -x "$top/examples/quickstart.sh" ]
	[ -x "$top/tests/run.sh" ]
	[[ $(block 5) == *build/fs/probefs* ]]
	[ -x "$build/fs/probefs" ]
}

@test "quickstart in the guest says that its mount ends there" {
	[ -d /run/vm ] || skip "this is not the guest"
	needs kprobes
	PROBEFS_BUILD=$build run -0 timeout "$patience" "$top/examples/quickstart.sh" --here 3>&-
	umount /mnt/probefs
	[[ $output == *'virtual machine, which ends now, and its mount with it'* ]]
	[[ $output != *'stays mounted'* ]]
}

@test "the BCC dialect" {
	needs tracepoints
	c_file opens.c
	cd "$src"
	keep_busy
	run_block 6 '^/etc/hostname$'
	[ ! -e "$M/progs/opens" ]
}

@test "the libbpf dialect" {
	needs tracepoints
	c_file execs.c
	cd "$src"
	keep_busy
	run_block 7 'exec by a process of 1 threads'
	[ "$listed" = $'tracepoints/sched/sched_process_exec\texecs:on_exec' ]
}

@test "the table's lines for who knows bcc or bpftrace" {
	needs kprobes tracepoints
	echo 'int f(void *ctx) { return X; }' >"$src/prog.c"
	user 'echo -DX=0 > progs/prog.cflags'
	user 'cp $src/prog.c progs/'
	shows progs/prog/errors
	user 'echo f > kprobes/vfs_read'
	user 'echo f maxactive=64 > kretprobes/vfs_read'
	user 'echo f > tracepoints/sched/sched_switch'
	user 'ls tracepoints/skb'
	user 'cat types/tracepoints/skb/kfree_skb'
	for word in kprobes/vfs_read maxactive=64 tracepoints/sched/sched_switch \
		progs/prog.cflags 'ls tracepoints/skb' types/tracepoints/skb/kfree_skb; do
		grep -q "$word" "$top/README.md" || fail "the README has no $word"
	done
}
