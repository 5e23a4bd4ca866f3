#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# How functions of the BCC dialect name what they are attached to, as
# docs/bcc.md lists them.

@test "kprobe__, kretprobe__, syscall__ and their arguments" {
	needs kprobes
	program kprobes <<-'END'
		#include <linux/fs.h>

		int kprobe__vfs_mkdir(struct pt_regs *ctx)
		{
			bpf_trace_printk("mkdir\n");
			return 0;
		}
		int kretprobe__vfs_mkdir(struct pt_regs *ctx)
		{
			bpf_trace_printk("mkdir gives %d\n", PT_REGS_RC(ctx));
			return 0;
		}
		int kprobe__vfs_unlink(struct pt_regs *ctx, void *users,
				       struct inode *directory, struct dentry *entry)
		{
			bpf_trace_printk("unlink %s\n", entry->d_name.name);
			return 0;
		}
		int syscall__kill(struct pt_regs *ctx, int pid, int signal)
		{
			bpf_trace_printk("kill %d %d\n", pid, signal);
			return 0;
		}
		int regs(struct pt_regs *ctx)
		{
			struct pt_regs *inner = PT_REGS_SYSCALL_CTX(ctx);
			int signal = 0;

			bpf_probe_read_kernel(&signal, sizeof(signal),
					      &PT_REGS_PARM2_SYSCALL(inner));
			bpf_trace_printk("by hand %d\n", signal);
			return 0;
		}
	END
	user 'echo kprobes:syscall__kill > kprobes/sys_kill'
	user 'echo kprobes:regs >> kprobes/__x64_sys_kill'
	mkdir "$src/directory"
	: >"$src/a-file"
	rm "$src/a-file"
	signal
	prints kprobes 'mkdir'
	prints kprobes 'mkdir gives 0'
	prints kprobes 'unlink a-file'
	prints kprobes "kill $$ 0"
	prints kprobes 'by hand 0'
}

@test "RAW_TRACEPOINT_PROBE" {
	needs tracepoints
	program raw <<-'END'
		RAW_TRACEPOINT_PROBE(sched_process_exec)
		{
			struct task_struct *task = (struct task_struct *)ctx->args[0];
			struct linux_binprm *program = (void *)ctx->args[2];

			bpf_trace_printk("exec %s %d\n", program->filename, task->tgid > 0);
			return 0;
		}
	END
	shows raw_tracepoints/sched_process_exec raw:raw_tracepoint__sched_process_exec
	/bin/true
	prints raw 'exec /bin/true 1'
}

@test "TP_DATA_LOC_READ, TP_DATA_LOC_READ_CONST, TP_DATA_LOC_READ_STR" {
	needs tracepoints
	program names <<-'END'
		TRACEPOINT_PROBE(sched, sched_process_exec)
		{
			char whole[64] = {}, fixed[64] = {}, string[64] = {};

			TP_DATA_LOC_READ_CONST(fixed, filename, 4);
			TP_DATA_LOC_READ_STR(string, filename, sizeof(string));
			bpf_trace_printk("const %s\n", fixed);
			bpf_trace_printk("str %s\n", string);
			if (TP_DATA_LOC_LENGTH(filename) < sizeof(whole)) {
				TP_DATA_LOC_READ(whole, filename);
				bpf_trace_printk("whole %s\n", whole);
			}
			return 0;
		}
	END
	/bin/true
	prints names 'const /bin'
	prints names 'str /bin/true'
	prints names 'whole /bin/true'
}

@test "KFUNC_PROBE, KRETFUNC_PROBE, their MODULE_ forms, and BPF_SK_STORAGE" {
	needs kprobes loopback
	program kfuncs <<-'END'
		#include <net/sock.h>
		BPF_SK_STORAGE(packets, u64);

		KFUNC_PROBE(do_unlinkat, int dfd, struct filename *name)
		{
			bpf_trace_printk("unlink %s\n", name->name);
			return 0;
		}
		KRETFUNC_PROBE(do_unlinkat, int dfd, struct filename *name, int ret)
		{
			bpf_trace_printk("unlinked %d\n", ret);
			return 0;
		}
		MODULE_KFUNC_PROBE(vmlinux, do_mkdirat, int dfd)
		{
			bpf_trace_printk("mkdir\n");
			return 0;
		}
		MODULE_KRETFUNC_PROBE(vmlinux, do_mkdirat, int dfd, struct filename *name,
				      umode_t mode, int ret)
		{
			bpf_trace_printk("made %d\n", ret);
			return 0;
		}
		KFUNC_PROBE(udp_sendmsg, struct sock *sk)
		{
			u64 *n = packets.sk_storage_get(sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

			if (n)
				bpf_trace_printk("packet %llu family %d\n", ++*n,
						 sk->__sk_common.skc_family);
			return 0;
		}
	END
	: >"$src/a-file"
	rm "$src/a-file"
	mkdir "$src/directory"
	drop_a_packet
	prints kfuncs "unlink $src/a-file"
	prints kfuncs 'unlinked 0'
	prints kfuncs 'mkdir'
	prints kfuncs 'made 0'
	prints kfuncs 'packet 1 family 2'
}

@test "LSM_PROBE, KMOD_RET and BPF_ITER are loaded, and said not to be attached" {
	needs kprobes bpftool
	source_file decides.c <<-'END'
		BPF_INODE_STORAGE(opened, u64);

		LSM_PROBE(file_open, struct file *file)
		{
			u64 *n = opened.inode_storage_get(file->f_inode, 0,
							  BPF_LOCAL_STORAGE_GET_F_CREATE);

			if (n)
				++*n;
			return 0;
		}
		KMOD_RET(security_file_open, struct file *file, int ret)
		{
			return 0;
		}
		BPF_ITER(task)
		{
			struct seq_file *seq = ctx->meta->seq;
			struct task_struct *task = ctx->task;

			if (task == (void *)0)
				return 0;
			BPF_SEQ_PRINTF(seq, "%d %s\n", task->pid, task->comm);
			return 0;
		}
	END
	user 'cp $src/decides.c progs/'
	loaded decides lsm__file_open lsm/file_open
	loaded decides kmod_ret__security_file_open fmod_ret/security_file_open
	loaded decides bpf_iter__task iter/task
}
