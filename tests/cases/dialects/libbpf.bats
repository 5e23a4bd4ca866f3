#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# What libbpf's own loader does for a program, or its main(), is done here.

case_setup() {
	needs tracepoints
	mount_probefs
}

@test ".values of a program array: a tail call" {
	program jumps <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		int on_one(void *ctx);
		int on_three(void *ctx);
		struct {
			__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
			__uint(max_entries, 4);
			__uint(key_size, sizeof(__u32));
			__array(values, int(void *));
		} jumps SEC(".maps") = {
			.values = {[1] = (void *)&on_one, [3] = (void *)&on_three},
		};

		SEC("tp")
		int on_one(void *ctx)
		{
			bpf_printk("one");
			bpf_tail_call(ctx, &jumps, 3);
			return 0;
		}
		SEC("tp")
		int on_three(void *ctx)
		{
			bpf_printk("three");
			return 0;
		}
		SEC("tp/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			bpf_tail_call(ctx, &jumps, 0);
			bpf_printk("nothing at 0");
			bpf_tail_call(ctx, &jumps, 1);
			bpf_printk("not reached");
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	signal
	prints jumps 'nothing at 0'
	prints jumps one
	prints jumps three
	no_event progs/jumps/output 'not reached'
}

@test "a function in a program array must be a program" {
	source_file wrong.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		int on_tail(void *ctx);
		struct {
			__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(__u32));
			__array(values, int(void *));
		} jumps SEC(".maps") = { .values = {[0] = (void *)&on_tail} };

		__attribute__((noinline)) int on_tail(void *ctx) { return 0; }
		SEC("tp/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			bpf_tail_call(ctx, &jumps, 0);
			return on_tail(ctx);
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	refused EINVAL 'cp $src/wrong.c progs/'
	says progs/wrong/errors 'jumps\[0\]: on_tail is not a BPF program'
}

@test "maps that leave their size to a main()" {
	needs bpftool
	program sizes <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		struct {
			__uint(type, BPF_MAP_TYPE_HASH);
			__type(key, u32);
			__type(value, u64);
		} start SEC(".maps");
		struct {
			__uint(type, BPF_MAP_TYPE_STACK_TRACE);
			__uint(key_size, sizeof(u32));
		} stackmap SEC(".maps");

		SEC("tp/sched/sched_process_fork")
		int on_fork(void *ctx)
		{
			long id = bpf_get_stackid(ctx, &stackmap, 0);
			u64 one = 1;
			u32 key = 0;

			bpf_map_update_elem(&start, &key, &one, BPF_ANY);
			bpf_printk("stack %d", id >= 0);
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	clone_a_process
	prints sizes 'stack 1'
	bpftool map show name start | grep -q 'max_entries 10240'
}

@test "a program of a type that is not attached is loaded, and said so" {
	needs bpftool
	source_file traffic.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 1);
			__type(key, u32);
			__type(value, u64);
		} packets SEC(".maps");

		SEC("tc")
		int on_packet(struct __sk_buff *ctx)
		{
			u32 key = 0;
			u64 *n = bpf_map_lookup_elem(&packets, &key);

			if (n)
				__sync_fetch_and_add(n, ctx->len);
			return 0;
		}
		SEC("?xdp")
		int left_alone(struct xdp_md *ctx) { return 2; }
		char LICENSE[] SEC("license") = "GPL";
	END
	user 'cp $src/traffic.c progs/'
	loaded traffic on_packet tc
	[ "$(wc -l <progs/traffic/errors)" = 1 ]
	bpftool map show name packets
	user 'rm progs/traffic.c'
	eventually is_unloaded on_packet
}

@test "what is loaded must pass the verifier" {
	source_file bad.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("xdp")
		int on_packet(struct xdp_md *ctx)
		{
			return *(char *)(long)ctx->data;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	refused EINVAL 'cp $src/bad.c progs/'
	says progs/bad/errors "bad.c:[0-9]+: the kernel's verifier refuses on_packet"
}

@test "a member of other kernels, where the source says which kernels have it" {
	program fields <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>
		#include <bpf/bpf_core_read.h>

		struct task_struct___future { int of_the_future; } __attribute__((preserve_access_index));

		SEC("tp/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			struct task_struct *task = (void *)bpf_get_current_task();
			struct task_struct___future *future = (void *)task;

			if (bpf_core_field_exists(future->of_the_future))
				bpf_printk("future %d", BPF_CORE_READ(task, of_the_future));
			else
				bpf_printk("today %d", BPF_CORE_READ(task, tgid));
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	signal
	prints fields "today $$"
}

@test "a member that no kernel is said to have is an error of the source" {
	source_file wrong.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("tp/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			struct task_struct *task = (void *)bpf_get_current_task();

			return task->of_the_future;
		}
	END
	refused EINVAL 'cp $src/wrong.c progs/'
	says progs/wrong/errors "no member named 'of_the_future' in 'struct task_struct'"
}

@test "SEC(\"?…\") is attached by nobody but the user" {
	program optional <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("?tp/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			bpf_printk("killed");
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	shows tracepoints/syscalls/sys_enter_kill
	user 'echo on_kill > tracepoints/syscalls/sys_enter_kill'
	signal
	prints optional killed
}

@test "alternatives of which this kernel lacks some: all are told, and a way out" {
	source_file other.c <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("tp/syscalls/sys_enter_kill")
		int here(void *ctx) { return 0; }
		SEC("tp_btf/old_event")
		int old_one(void *ctx) { return 0; }
		SEC("tp/syscalls/sys_enter_dismiss")
		int new_one(void *ctx) { return 0; }
		char LICENSE[] SEC("license") = "GPL";
	END
	refused ENOENT 'cp $src/other.c progs/'
	says progs/other/errors "^old_one cannot be attached to raw_tracepoints/old_event: "
	says progs/other/errors "^new_one cannot be attached to tracepoints/syscalls/sys_enter_dismiss: "
	says progs/other/errors '^Nothing is attached, .* SEC\("\?'
	[ "$(wc -l <errors)" -eq 1 ] || fail "$(cat errors)"
	[ ! -s attached ]
	sed -i 's/SEC("tp_btf/SEC("?tp_btf/; s/SEC("tp\(.*dismiss\)/SEC("?tp\1/' "$src/other.c"
	user 'cp $src/other.c progs/'
	shows tracepoints/syscalls/sys_enter_kill other:here
}

@test "a function of the kernel that programs may call" {
	bpftool btf dump file /sys/kernel/btf/vmlinux | grep -q "FUNC 'bpf_task_from_pid'" ||
		skip "this kernel has no bpf_task_from_pid"
	program tasks <<-'END'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("tp_btf/sys_enter")
		int on_enter(u64 *ctx)
		{
			struct task_struct *task;

			if (!bpf_ksym_exists(bpf_task_from_pid) || ctx[1] != 62)
				return 0;
			task = bpf_task_from_pid(bpf_get_current_pid_tgid() >> 32);
			if (!task)
				return 0;
			bpf_printk("task %d", task->tgid);
			bpf_task_release(task);
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	signal
	prints tasks "task $$"
}

@test "a function that only other kernels have, asked for before it is called" {
	program elsewhere <<-'ENDC'
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>

		SEC("tracepoint/syscalls/sys_enter_kill")
		int on_kill(void *ctx)
		{
			if (bpf_ksym_exists(bpf_of_no_kernel)) {
				struct task_struct *task = bpf_of_no_kernel(1);

				if (task)
					bpf_of_no_kernel_release(task);
				return 0;
			}
			bpf_printk("without");
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	ENDC
	signal
	prints elsewhere without
	# Where nothing is asked, the name is a mistake.
	source_file typed.c <<-'ENDC'
		int f(void *ctx) { return bpf_of_no_kernel(); }
	ENDC
	refused EINVAL "cp $src/typed.c progs/"
	says progs/typed/errors 'bpf_of_no_kernel is not known'
}
