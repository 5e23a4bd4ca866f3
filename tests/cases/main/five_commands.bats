#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The main job, as the README begins.

@test "cp, echo, cat, echo !, rm on a system call" {
	needs kprobes
	hello_c
	user 'cp $src/hello.c progs/'
	shows progs/hello/errors
	user 'echo hello > kprobes/sys_clone'
	shows kprobes/sys_clone hello:hello
	clone_a_process
	event output 'Hello'
	event progs/hello/output '^Hello$'
	user "echo '!hello' >> kprobes/sys_clone"
	shows kprobes/sys_clone
	user 'rm progs/hello.c'
	[ ! -e progs/hello.c ]
	[ ! -e progs/hello ]
}

@test "cp, echo, cat, echo !, rm on a tracepoint" {
	needs tracepoints
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/syscalls/sys_enter_openat'
	shows tracepoints/syscalls/sys_enter_openat hello:hello
	open_a_file /etc/hostname
	event output 'Hello'
	event progs/hello/output '^Hello$'
	user "echo '!hello' >> tracepoints/syscalls/sys_enter_openat"
	shows tracepoints/syscalls/sys_enter_openat
	user ': > progs/hello/output'
	open_a_file /etc/hostname
	no_event progs/hello/output Hello
	user 'rm progs/hello.c'
	[ ! -e progs/hello ]
}

@test "rm of a program detaches what it had attached" {
	needs tracepoints
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/syscalls/sys_enter_openat'
	user 'echo hello > tracepoints/sched/sched_process_fork'
	[ "$(wc -l <attached)" -eq 2 ]
	user 'rm progs/hello.c'
	shows attached
	shows tracepoints/syscalls/sys_enter_openat
}

@test "the libbpf dialect attaches itself and goes with rm" {
	needs kprobes
	source_file reads.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>
		#include <bpf/bpf_tracing.h>

		char LICENSE[] SEC("license") = "GPL";

		SEC("kprobe/vfs_read")
		int BPF_KPROBE(on_read, struct file *file, char *buf, size_t count)
		{
			if (count == 4321)
				bpf_printk("read of %lu", count);
			return 0;
		}
	END
	user 'cp $src/reads.c progs/'
	shows progs/reads/errors
	shows kprobes/vfs_read reads:on_read
	user 'dd if=/dev/zero of=/dev/null bs=4321 count=1'
	event progs/reads/output '^read of 4321$'
	user 'rm progs/reads.c'
	shows kprobes/vfs_read
}

@test "the libbpf dialect on a tracepoint" {
	needs tracepoints
	source_file opens.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		char LICENSE[] SEC("license") = "GPL";

		SEC("tracepoint/syscalls/sys_enter_openat")
		int on_open(struct trace_event_raw_sys_enter *args)
		{
			bpf_printk("openat flags %ld", args->args[2] & 3);
			return 0;
		}
	END
	user 'cp $src/opens.c progs/'
	shows progs/opens/errors
	shows tracepoints/syscalls/sys_enter_openat opens:on_open
	open_a_file /etc/hostname
	event progs/opens/output '^openat flags 0$'
}

@test "a ready-made object is welcome" {
	needs tracepoints
	source_file made.c <<-'END'
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>

		char LICENSE[] SEC("license") = "GPL";
		int hits;

		SEC("tracepoint/syscalls/sys_enter_openat")
		int on_open(void *ctx)
		{
			hits++;
			return 0;
		}
	END
	clang-19 -target bpf -g -O2 -I/usr/include/x86_64-linux-gnu \
		-c "$src/made.c" -o "$src/made.o"
	user 'cp $src/made.o progs/'
	shows progs/made/errors
	shows tracepoints/syscalls/sys_enter_openat made:on_open
	user 'rm progs/made.o'
	shows tracepoints/syscalls/sys_enter_openat
}
