#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Attach files: one function on many points, many functions on one.

do_trace_c() {
	source_file trace.c <<-'END'
		int do_trace(void *ctx)
		{
			bpf_trace_printk("trace\n");
			return 0;
		}
		int also(void *ctx)
		{
			bpf_trace_printk("also\n");
			return 0;
		}
	END
	user 'cp $src/trace.c progs/'
	shows progs/trace/errors
}

@test "one function on two kprobes" {
	needs kprobes
	do_trace_c
	user 'echo do_trace > kprobes/vfs_unlink'
	user 'echo do_trace > kprobes/vfs_mkdir'
	shows attached $'kprobes/vfs_mkdir\ttrace:do_trace' \
		$'kprobes/vfs_unlink\ttrace:do_trace'
	stream progs/trace/output lines
	mkdir "$src/directory"
	eventually test "$(wc -l <"$src/lines")" -ge 0
	eventually grep -q trace "$src/lines"
	: >"$src/file" && rm "$src/file"
	eventually lines_are 2 "$src/lines"
}
lines_are() { [ "$(wc -l <"$2")" -eq "$1" ]; }

@test "two functions on one kprobe" {
	needs kprobes
	do_trace_c
	user 'echo do_trace > kprobes/vfs_mkdir'
	user 'echo also >> kprobes/vfs_mkdir'
	shows kprobes/vfs_mkdir trace:do_trace trace:also
	mkdir "$src/directory"
	event progs/trace/output '^trace$'
	event progs/trace/output '^also$'
}

@test "an event names its attachment, whether it is the only one or not" {
	needs tracepoints jq
	do_trace_c
	probe_of() { jq -r .probe "$src/lines" | uniq; }
	user 'echo do_trace > tracepoints/syscalls/sys_enter_kill'
	stream progs/trace/output.json lines
	kill -0 $$
	eventually lines_are 1 "$src/lines"
	[ "$(probe_of)" = tracepoints/syscalls/sys_enter_kill ]

	user 'echo do_trace > tracepoints/syscalls/sys_exit_kill'
	kill -0 $$
	eventually lines_are 3 "$src/lines"
	[ "$(probe_of | tail -n 2 | sort | tr '\n' ' ')" = \
		'tracepoints/syscalls/sys_enter_kill tracepoints/syscalls/sys_exit_kill ' ]

	user ': > tracepoints/syscalls/sys_enter_kill'
	kill -0 $$
	eventually lines_are 4 "$src/lines"
	[ "$(probe_of | tail -n 1)" = tracepoints/syscalls/sys_exit_kill ]

	user 'echo also > tracepoints/syscalls/sys_enter_kill'
	user ': > tracepoints/syscalls/sys_exit_kill'
	kill -0 $$
	eventually lines_are 5 "$src/lines"
	[ "$(probe_of | tail -n 1)" = tracepoints/syscalls/sys_enter_kill ]
}

@test "two functions on one tracepoint, one is taken away" {
	needs tracepoints
	do_trace_c
	user 'printf "do_trace\nalso\n" > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:do_trace trace:also
	clone_a_process
	event progs/trace/output '^trace$'
	event progs/trace/output '^also$'
	user "echo '!also' >> tracepoints/sched/sched_process_fork"
	shows tracepoints/sched/sched_process_fork trace:do_trace
	user ': > output'
	clone_a_process
	event progs/trace/output '^trace$'
	no_event progs/trace/output '^also$'
}

@test "one function on points of several kinds at once" {
	needs kprobes tracepoints
	do_trace_c
	user 'echo do_trace > kprobes/vfs_mkdir'
	user 'echo do_trace > kretprobes/vfs_mkdir'
	user 'echo do_trace > tracepoints/syscalls/sys_enter_mkdirat'
	user 'echo do_trace > tracepoints/syscalls/sys_enter_mkdir'
	[ "$(wc -l <attached)" -eq 4 ]
	stream progs/trace/output lines
	mkdir "$src/directory"
	eventually lines_are 3 "$src/lines"
}

@test "a kretprobe with maxactive" {
	needs kprobes
	do_trace_c
	user 'echo do_trace maxactive=64 > kretprobes/vfs_read'
	shows kretprobes/vfs_read 'trace:do_trace maxactive=64'
	tracefs kprobe_events | grep -Eq '^r64:.*vfs_read'
	event progs/trace/output '^trace$'
	user ': > kretprobes/vfs_read'
	shows kretprobes/vfs_read
	run ! grep -E '^r64:' <(tracefs kprobe_events)
}

@test "what reading prints, written back, restores" {
	needs tracepoints
	do_trace_c
	user 'printf "also\ntrace:do_trace\n" > tracepoints/sched/sched_process_fork'
	user 'cat tracepoints/sched/sched_process_fork > $src/saved'
	user ': > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork
	user 'cat $src/saved > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:also trace:do_trace
	user 'cat $src/saved > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:also trace:do_trace
}

@test "attached restores everything by a shell loop" {
	needs tracepoints
	do_trace_c
	user 'echo do_trace > tracepoints/sched/sched_process_fork'
	user 'echo also > tracepoints/sched/sched_process_exec'
	user 'cp attached $src/saved'
	user 'for f in tracepoints/sched/sched_process_*; do : > $f; done'
	shows attached
	user 'while IFS=$(printf "\t") read -r path line; do
		echo "$line" >> "$path"; done < $src/saved'
	diff attached "$src/saved"
}

@test "an attachment that is already there is success and stays one" {
	needs tracepoints
	do_trace_c
	user 'echo do_trace > tracepoints/sched/sched_process_fork'
	user 'echo do_trace >> tracepoints/sched/sched_process_fork'
	user 'echo trace:do_trace >> tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:do_trace
}

@test "> replaces, and the first user's line is gone" {
	needs tracepoints
	do_trace_c
	user 'echo do_trace > tracepoints/sched/sched_process_fork'
	user 'echo also > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:also
}

@test "a replace that fails leaves the old in place" {
	needs tracepoints
	do_trace_c
	user 'echo do_trace > tracepoints/sched/sched_process_fork'
	refused ENOENT 'echo nothing > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:do_trace
	refused ENOENT 'printf "also\nnothing\n" > tracepoints/sched/sched_process_fork'
	shows tracepoints/sched/sched_process_fork trace:do_trace
	clone_a_process
	event progs/trace/output '^trace$'
	no_event progs/trace/output '^also$'
}

@test "find -size +0 lists what is attached" {
	needs tracepoints
	do_trace_c
	user 'echo do_trace > tracepoints/sched/sched_process_fork'
	user 'find tracepoints/sched -type f -size +0'
	[ "$output" = tracepoints/sched/sched_process_fork ]
}

@test "the directories list what can be attached to" {
	needs tracepoints
	user 'ls tracepoints/sched'
	[[ $output == *sched_process_fork* ]]
	user 'ls tracepoints'
	[[ $output == *syscalls* ]]
	[ -d tracepoints/skb ]
	[ -f tracepoints/skb/kfree_skb ]
}

@test "kprobes lists the kernel's functions, quickly" {
	needs kprobes
	user 'ls -U kprobes | wc -l'
	[ "$output" -gt 10000 ]
	user 'ls kprobes | grep -x vfs_read'
}

@test "a kprobe at an offset that is not listed" {
	needs kprobes
	do_trace_c
	local offset
	user 'echo do_trace > kprobes/vfs_mkdir+0x0'
	user 'cat attached'
	[[ $output == *trace:do_trace* ]]
	mkdir "$src/directory"
	event progs/trace/output '^trace$'
}
