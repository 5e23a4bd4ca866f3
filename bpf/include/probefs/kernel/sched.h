/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sched.h - tasks: their states, flags and how they are made. */
#ifndef PROBEFS_KERNEL_SCHED_H
#define PROBEFS_KERNEL_SCHED_H

#define TASK_COMM_LEN          16

#define TASK_RUNNING           0x0000
#define TASK_INTERRUPTIBLE     0x0001
#define TASK_UNINTERRUPTIBLE   0x0002
#define __TASK_STOPPED         0x0004
#define __TASK_TRACED          0x0008
#define EXIT_DEAD              0x0010
#define EXIT_ZOMBIE            0x0020
#define EXIT_TRACE             (EXIT_ZOMBIE | EXIT_DEAD)
#define TASK_PARKED            0x0040
#define TASK_DEAD              0x0080
#define TASK_WAKEKILL          0x0100
#define TASK_WAKING            0x0200
#define TASK_NOLOAD            0x0400
#define TASK_NEW               0x0800
#define TASK_KILLABLE          (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED           (TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_IDLE              (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL            (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define PF_IDLE                0x00000002
#define PF_EXITING             0x00000004
#define PF_IO_WORKER           0x00000010
#define PF_WQ_WORKER           0x00000020
#define PF_FORKNOEXEC          0x00000040
#define PF_SUPERPRIV           0x00000100
#define PF_DUMPCORE            0x00000200
#define PF_SIGNALED            0x00000400
#define PF_MEMALLOC            0x00000800
#define PF_NOFREEZE            0x00008000
#define PF_KSWAPD              0x00020000
#define PF_KTHREAD             0x00200000
#define PF_RANDOMIZE           0x00400000

#define CLONE_VM               0x00000100
#define CLONE_FS               0x00000200
#define CLONE_FILES            0x00000400
#define CLONE_SIGHAND          0x00000800
#define CLONE_PIDFD            0x00001000
#define CLONE_PTRACE           0x00002000
#define CLONE_VFORK            0x00004000
#define CLONE_PARENT           0x00008000
#define CLONE_THREAD           0x00010000
#define CLONE_NEWNS            0x00020000
#define CLONE_SYSVSEM          0x00040000
#define CLONE_SETTLS           0x00080000
#define CLONE_PARENT_SETTID    0x00100000
#define CLONE_CHILD_CLEARTID   0x00200000
#define CLONE_UNTRACED         0x00800000
#define CLONE_CHILD_SETTID     0x01000000
#define CLONE_NEWCGROUP        0x02000000
#define CLONE_NEWUTS           0x04000000
#define CLONE_NEWIPC           0x08000000
#define CLONE_NEWUSER          0x10000000
#define CLONE_NEWPID           0x20000000
#define CLONE_NEWNET           0x40000000
#define CLONE_IO               0x80000000

#define SCHED_NORMAL           0
#define SCHED_FIFO             1
#define SCHED_RR               2
#define SCHED_BATCH            3
#define SCHED_IDLE             5
#define SCHED_DEADLINE         6
#define MAX_RT_PRIO            100
#define NICE_TO_PRIO(nice)     ((nice) + 120)
#define PRIO_TO_NICE(priority) ((priority)-120)

#define task_pid_nr(task)      ((task)->pid)
#define task_tgid_nr(task)     ((task)->tgid)
#define is_global_init(task)   ((task)->tgid == 1)

#endif
