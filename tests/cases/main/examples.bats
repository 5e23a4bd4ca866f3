#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Each program of examples/, by the commands in its own comment.

# example NAME REGEX: the commands that NAME.c's comment tells.
example() {
	local line
	cd "$top"
	while read -r line; do
		case $line in
		cat*) event "${line#cat }" "$2" ;;
		*) user "$line" ;;
		esac
	done < <(sed -n "s|^ \*\t||p" "examples/$1.c" | sed "s|/mnt/probefs|$M|g")
}

keep_busy() {
	(while :; do
		/bin/true
		cat /etc/hostname >/dev/null
		drop_a_packet
		sleep 0.1
	done) 3>&- &
	streams+=($!)
}

@test "each example has its case" {
	for file in "$top"/examples/*.c; do
		name=${file##*/}
		grep -q "example ${name%.c} " "$BATS_TEST_FILENAME" || fail "$name has none"
	done
}

@test "hello" {
	needs kprobes
	keep_busy
	example hello 'hello: Hello$'
}

@test "opens" {
	needs tracepoints
	keep_busy
	example opens 'opens: /etc/hostname$'
	[ ! -e "$M/progs/opens" ]
}

@test "execs" {
	needs tracepoints
	keep_busy
	example execs 'execs: exec by a process of 1 threads$'
}

@test "drops" {
	needs tracepoints loopback
	keep_busy
	example drops '^[a-z_0-9.]+\+0x[0-9a-f]+(/0x[0-9a-f]+)? dropped a packet$'
}
