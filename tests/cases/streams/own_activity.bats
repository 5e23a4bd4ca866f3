#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# What probefs does itself is in no stream: neither the daemon nor the compiler
# that it starts, nor what that one starts.

# family.c PID: prints whatever PID and its descendants do.
family_c() {
	echo "-DPID=$1" >progs/family.cflags
	cat >progs/family.c <<-'END'
		#include <linux/sched.h>

		static int tell(const char *what)
		{
			struct task_struct *task = (void *)bpf_get_current_task();
			char comm[16];
			int i;

			bpf_get_current_comm(&comm, sizeof(comm));
		#pragma unroll
			for (i = 0; i < 5; i++) {
				if (task->tgid == PID) {
					bpf_trace_printk("%s %d generations below\n",
							 comm, i);
					return 0;
				}
				task = task->real_parent;
			}
			return 0;
		}
		TRACEPOINT_PROBE(raw_syscalls, sys_enter) { return tell("enter"); }
		TRACEPOINT_PROBE(raw_syscalls, sys_exit) { return tell("exit"); }
		TRACEPOINT_PROBE(sched, sched_process_fork) { return tell("fork"); }
		TRACEPOINT_PROBE(sched, sched_process_exec) { return tell("exec"); }
		TRACEPOINT_PROBE(sched, sched_process_exit) { return tell("end"); }
		TRACEPOINT_PROBE(sched, sched_switch) { return tell("switch"); }
	END
	[ ! -s progs/family/errors ] || fail "$(cat progs/family/errors)"
}

@test "the compiler and what it starts are in no stream" {
	needs tracepoints
	hello_c
	# That such a program would see them.
	family_c $BASHPID
	sh -c 'sh -c true; true'
	event progs/family/output '^sh 2 generations below'
	family_c "$daemon_pid"
	: >output
	# The second by the clang that waits, if it waits already.
	cp "$src/hello.c" progs/hello.c
	cp "$src/hello.c" progs/hello.c
	rm progs/hello.c
	ls -lR progs >/dev/null
	no_event progs/family/output 'below'
}
