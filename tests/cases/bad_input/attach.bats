#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Lines that attach files must refuse, with nothing lost.

case_setup() {
	mount_probefs
	needs tracepoints
	hello_c
	cp "$src/hello.c" progs/
	point=tracepoints/sched/sched_process_fork
	export point
	echo hello >"$point"
}

still_attached() {
	shows "$point" hello:hello
	: >output
	clone_a_process
	event progs/hello/output '^Hello$'
}

@test "a function that does not exist, the nearest is suggested" {
	refused ENOENT 'echo helo > $point'
	says errors "$point.*helo.*did you mean hello"
	still_attached
}

@test "a function that the program has not" {
	refused ENOENT 'echo hello:goodbye >> $point'
	says errors "$point.*goodbye"
	still_attached
}

@test "a program that does not exist" {
	refused ENOENT 'echo helo:hello >> $point'
	says errors "$point.*helo.*hello"
	still_attached
}

@test "a function whose name is in two programs" {
	user 'cp $src/hello.c progs/second.c'
	refused EEXIST 'echo hello >> tracepoints/sched/sched_process_exec'
	says errors 'hello:hello'
	says errors 'second:hello'
	user 'echo second:hello >> tracepoints/sched/sched_process_exec'
	shows tracepoints/sched/sched_process_exec second:hello
	still_attached
}

@test "a kernel function that does not exist" {
	needs kprobes
	refused ENOENT 'echo hello > kprobes/vfs_raed'
	says errors 'kprobes/vfs_raed.*did you mean vfs_read'
	refused ENOENT 'echo hello > kretprobes/vfs_raed'
	says errors 'kretprobes/vfs_raed.*did you mean vfs_read'
}

@test "kprobes on a kernel that has none" {
	! has kprobes || skip "this kernel has kprobes"
	refused EOPNOTSUPP 'echo hello > kprobes/vfs_read'
	says errors 'CONFIG_KPROBES'
	says status 'kprobes.*CONFIG_KPROBES'
}

@test "a tracepoint that does not exist" {
	refused ENOENT 'echo hello > tracepoints/sched/sched_process_fokr'
	says errors 'sched_process_fokr.*sched_process_fork'
	refused ENOENT 'echo hello > tracepoints/shced/sched_process_fork'
	says errors 'shced.*sched'
}

@test "a program type that does not fit" {
	source_file typed.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>
		char LICENSE[] SEC("license") = "GPL";
		SEC("tracepoint/sched/sched_process_exec")
		int on_exec(void *ctx) { return 0; }
		SEC("xdp")
		int on_packet(struct xdp_md *ctx) { return 2; }
	END
	user 'cp $src/typed.c progs/'
	refused EINVAL 'echo on_packet >> $point'
	says errors "$point.*on_packet"
	says errors 'xdp'
	still_attached
}

@test "a line of 5,000 characters" {
	long=$(printf 'x%.0s' {1..5000})
	export long
	refused E2BIG 'echo "$long" > $point'
	says errors "$point.*(long|4096|4,096)"
	still_attached
}

@test "binary bytes" {
	refused EINVAL "printf 'hel\\001\\377lo\\n' > \$point"
	says errors "$point"
	refused EINVAL "printf 'hello\\0\\n' > \$point"
	run grep -P '[\x00-\x08\x0b-\x1f]' errors
	[ "$status" -ne 0 ]
	still_attached
}

@test "lines with CR LF, as another system ends them" {
	user "printf '# saved\\r\\nhello\\r\\n' > tracepoints/sched/sched_process_exec"
	shows tracepoints/sched/sched_process_exec hello:hello
	refused EINVAL "printf 'hel\\rlo\\n' >> \$point"
	still_attached
}

@test "a blank after the !" {
	refused EINVAL 'echo "! hello" >> $point'
	says errors "$point.*follows the ! directly, as !hello"
	still_attached
}

@test "what this kernel cannot trace gets the same sentence as in status" {
	for kind in kprobes fentry; do
		why=$(sed -n "s/^$kind: no, //p" status)
		[ -n "$why" ] || continue
		export kind
		refused EOPNOTSUPP 'echo hello > $kind/vfs_read'
		grep -F "$kind/vfs_read uid 0: $why" errors
	done
	still_attached
}

@test "an unknown option" {
	refused EINVAL 'echo hello colour=red > $point'
	says errors "$point.*colour"
	still_attached
}

@test "maxactive where it means nothing" {
	refused EINVAL 'echo hello maxactive=4 > $point'
	says errors "$point.*maxactive"
	still_attached
}

@test "maxactive that is no number in range" {
	needs kprobes
	for value in -1 abc '' 99999999999999999999; do
		export value
		refused EINVAL 'echo hello maxactive=$value > kretprobes/vfs_read'
		says errors "kretprobes/vfs_read.*maxactive"
		shows kretprobes/vfs_read
	done
}

@test "detaching what is not attached" {
	refused ENOENT "echo '!hello' >> tracepoints/sched/sched_process_exec"
	says errors 'sched_process_exec.*hello'
	refused ENOENT "echo '!goodbye' >> \$point"
	still_attached
}

@test "one failure makes one sentence" {
	refused ENOENT 'echo nonsense > $point'
	[ "$(grep -c nonsense errors)" -eq 1 ]
}
