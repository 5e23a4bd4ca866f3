#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# The helpers of the BCC dialect, what becomes a read of kernel memory, and
# what BCC itself refuses, as docs/bcc.md lists them.

@test "who runs: pid_tgid, uid_gid, comm, task, ns_current_pid_tgid" {
	needs tracepoints
	source_file who.c <<-'END'
		#include <linux/sched.h>

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			u64 id = bpf_get_current_pid_tgid(), user = bpf_get_current_uid_gid();
			struct task_struct *task = (struct task_struct *)bpf_get_current_task();
			struct bpf_pidns_info ns = {};
			char comm[TASK_COMM_LEN];

			bpf_get_current_comm(&comm, sizeof(comm));
			bpf_trace_printk("tgid %d uid %d gid %d\n", id >> 32, (u32)user,
					 user >> 32);
			bpf_trace_printk("comm %s\n", comm);
			bpf_trace_printk("task %d %s\n", task->tgid, task->group_leader->comm);
			bpf_trace_printk("ns %d\n", bpf_get_ns_current_pid_tgid(DEVICE, INODE,
									      &ns, sizeof(ns)));
			bpf_trace_printk("in ns %d\n", ns.tgid);
			return 0;
		}
	END
	read -r inode device < <(stat -L -c '%i %d' /proc/self/ns/pid)
	user "echo -DDEVICE=${device}ull -DINODE=${inode}ull > progs/who.cflags"
	user 'cp $src/who.c progs/'
	shows progs/who/errors
	signal
	prints who "tgid $$ uid 0 gid 0"
	prints who "comm $(cat /proc/$$/comm)"
	prints who "task $$ $(cat /proc/$$/comm)"
	prints who 'ns 0'
	prints who "in ns $$"
}

@test "a name is followed by zeros, so that it can be a key" {
	needs tracepoints python3
	program key <<-'END'
		struct key { u32 tgid; char comm[16]; };

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct key key = { .tgid = bpf_get_current_pid_tgid() >> 32 };
			char plain[16], part[4];
			u64 *words = (u64 *)plain;
			u32 *halves = (u32 *)key.comm;

			bpf_get_current_comm(&plain, sizeof(plain));
			bpf_get_current_comm(&key.comm, sizeof(key.comm));
			bpf_get_current_comm(&part, sizeof(part));
			bpf_trace_printk("%llx %llx %x %x %x %x %s %s\n", words[0], words[1],
					 halves[0], halves[1], halves[2], halves[3],
					 key.comm, part);
			return 0;
		}
	END
	cat >"$src/names.py" <<-'END'
		import os, struct
		for name in "fifteen letters", "ab", "sevenab", "eightabc", "c", "nineabcde":
		    with open("/proc/self/comm", "w") as comm:
		        comm.write(name)
		    os.kill(os.getpid(), 0)
		    raw = name.encode().ljust(16, b"\0")
		    words, halves = struct.unpack("<2Q", raw), struct.unpack("<4I", raw)
		    print(*("%x" % x for x in words + halves), name, name[:3])
	END
	stream progs/key/output events
	python3 "$src/names.py" >"$src/wanted"
	eventually grep -q nineabcde "$src/events"
	diff "$src/wanted" "$src/events"
}

@test "reads: bpf_probe_read_kernel, _kernel_str, _user, _user_str" {
	needs tracepoints python3
	program reads <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_mkdir)
		{
			struct task_struct *task = (struct task_struct *)bpf_get_current_task();
			char path[256] = {}, first[4] = {}, comm[16] = {};
			int tgid = 0;

			bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
			bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm);
			bpf_probe_read_user(first, 3, args->pathname);
			bpf_trace_printk("length %d\n",
					 bpf_probe_read_user_str(path, sizeof(path),
								 args->pathname));
			bpf_trace_printk("tgid %d comm %s first %s path %s\n", tgid, comm,
					 first, path);
			return 0;
		}
	END
	local path=/tmp/reads-$$
	python3 -c "import os; os.mkdir('$path')" &
	local pid=$!
	wait $pid
	rmdir "$path"
	prints reads "length $((${#path} + 1))"
	prints reads "tgid $pid comm python3 first /tm path $path"
}

@test "time and chance: bpf_ktime_get_ns, bpf_get_prandom_u32, bpf_log2l, bpf_log2" {
	needs tracepoints
	program time <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			u64 before = bpf_ktime_get_ns(), or = 0;

			for (int i = 0; i < 8; i++)
				or |= bpf_get_prandom_u32();
			bpf_trace_printk("time %d chance %d\n",
					 bpf_ktime_get_ns() >= before && before > 0, or != 0);
			bpf_trace_printk("log2l %d %d %d %d log2 %d %d\n", bpf_log2l(0),
					 bpf_log2l(1), bpf_log2l(1024),
					 bpf_log2l(1ull << 40), bpf_log2(1), bpf_log2(1025));
			return 0;
		}
	END
	signal
	prints time 'time 1 chance 1'
	prints time 'log2l 1 1 11 41 log2 0 10'
}

@test "bpf_trace_printk in BCC's form and in the kernel's" {
	needs tracepoints
	program forms <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			char format[] = "kernel %d %s\n", comm[16] = "me";

			bpf_trace_printk("bcc %d %s\n", 1, comm);
			bpf_trace_printk(format, sizeof(format), 2, comm);
			bpf_trace_printk("many %d %d %d %d %s\n", 1, 2, 3, 4, comm);
			return 0;
		}
	END
	signal
	prints forms 'bcc 1 me'
	prints forms 'kernel 2 me'
	prints forms 'many 1 2 3 4 me'
}

@test "bpf_override_return is refused without -o allow_changing_helpers" {
	source_file override.c <<-'END'
		int fails(struct pt_regs *ctx)
		{
			bpf_override_return(ctx, -ENOMEM);
			return 0;
		}
	END
	refused EPERM 'cp $src/override.c progs/'
	says progs/override/errors 'fails calls bpf_override_return'
	unmount_probefs
	mount_probefs -o allow_changing_helpers
	user 'cp $src/override.c progs/'
	shows progs/override/errors
}

@test "BPF_LICENSE is accepted: a program is loaded as GPL in any case" {
	needs tracepoints bpftool
	program licensed <<-'END'
		#define BPF_LICENSE Dual BSD/GPL

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct task_struct *task = (void *)bpf_get_current_task();

			bpf_trace_printk("pid %d\n", task->tgid);
			return 0;
		}
	END
	signal
	prints licensed "pid $$"
	[ "$(bpftool -j prog list | jq '[.[] | select((.name // "") | startswith("tracepoint__sys"))] | last | .gpl_compatible')" = true ]
}

@test "kernel memory is read in macros, in array indices and wherever else" {
	needs tracepoints
	program derefs <<-'END'
		#include <linux/sched.h>
		#define TGID(task) ((task)->group_leader->tgid)
		#define SAME(a, b) ((a)->tgid == (b)->tgid ? (a) : (b))
		struct copy { struct list_head tasks; };
		BPF_HASH(kept, u32, struct task_struct *);
		BPF_ARRAY(by_number, u64, 4);

		static int depth(struct task_struct *task)
		{
			int n = 0;

			for (int i = 0; i < 4 && task->tgid > 1; i++, n++)
				task = task->real_parent;
			return n;
		}

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct task_struct *task = (struct task_struct *)bpf_get_current_task();
			struct task_struct *chosen = task->tgid & 1 ? task : task->group_leader;
			struct task_struct **found;
			char letters[] = "abcdefgh";
			struct copy copied;
			u32 zero = 0;

			bpf_trace_printk("macro %d %d\n", TGID(task),
					 SAME(task, task->group_leader)->tgid);
			bpf_trace_printk("index %c\n", letters[task->tgid & 7]);
			bpf_trace_printk("element %c\n", task->comm[task->tgid & 0]);
			bpf_trace_printk("bits %d\n", task->in_execve);
			bpf_trace_printk("select %d\n", chosen->tgid);
			bpf_trace_printk("loop %d\n", depth(task) > 0);
			copied.tasks = task->tasks;
			bpf_trace_printk("copy %d\n", copied.tasks.next == task->tasks.next);
			kept.update(&zero, &task);
			found = kept.lookup(&zero);
			if (found)
				bpf_trace_printk("kept %d\n", (*found)->tgid);
			return 0;
		}
	END
	signal
	name=$(cat /proc/$$/comm)
	letters=abcdefgh
	prints derefs "macro $$ $$"
	prints derefs "index ${letters:$(($$ & 7)):1}"
	prints derefs "element ${name:0:1}"
	prints derefs 'bits 0'
	prints derefs "select $$"
	prints derefs 'loop 1'
	prints derefs 'copy 1'
	prints derefs "kept $$"
}

@test "a user's pointer is read as one of the kernel's is" {
	needs tracepoints python3
	program user <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_mkdir)
		{
			const char *path = args->pathname;

			bpf_trace_printk("path %c%c%c\n", path[0], path[1], *(path + 2));
			return 0;
		}
	END
	python3 -c 'import os; os.mkdir("/tmp/derefs-'$$'")'
	rmdir "/tmp/derefs-$$"
	prints user 'path /tm'
}
