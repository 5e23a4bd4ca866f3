/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime.h - the part of every BPF program that talks to the daemon.
 *
 * Included by force before the user's source, after the kernel's types
 * (__u8 … __u64 must exist). It owns the ring map, the control variable and
 * the few functions that send a record. It calls helpers by number, so that
 * it neither needs nor collides with the header of either dialect.
 *
 * The lowering pass knows these functions by name: it calls __probefs_enter
 * at the start of entries and turns __probefs_printk into reserve, stores and
 * submit. What a program does not use is removed there, the map included.
 */
#ifndef PROBEFS_RUNTIME_H
#define PROBEFS_RUNTIME_H

#include "record.h"

#define __PROBEFS_INLINE \
	static inline __attribute__((always_inline, used, unused))

/* A call of helper number N that returns RETURNS and takes the types. */
#define __PROBEFS_HELPER(number, returns, ...) \
	((returns(*)(__VA_ARGS__))(number))

#define __probefs_h_ktime_get_ns __PROBEFS_HELPER(5, __u64, void)
#define __probefs_h_processor_id __PROBEFS_HELPER(8, __u32, void)
#define __probefs_h_pid_tgid     __PROBEFS_HELPER(14, __u64, void)
#define __probefs_h_comm         __PROBEFS_HELPER(16, long, void *, __u32)
#define __probefs_h_cgroup_id    __PROBEFS_HELPER(80, __u64, void)
#define __probefs_h_current_task \
	__PROBEFS_HELPER(158, struct task_struct___probefs *, void)
#define __probefs_h_read_kernel \
	__PROBEFS_HELPER(113, long, void *, __u64, const void *)
#define __probefs_h_ringbuf_reserve \
	__PROBEFS_HELPER(131, void *, void *, __u64, __u64)
#define __probefs_h_ringbuf_submit  __PROBEFS_HELPER(132, void, void *, __u64)
#define __probefs_h_ringbuf_discard __PROBEFS_HELPER(133, void, void *, __u64)
#define __probefs_h_attach_cookie   __PROBEFS_HELPER(174, __u64, void *)

#define __PROBEFS_RB_NO_WAKEUP      1
#define __PROBEFS_RB_FORCE_WAKEUP   2

/* The largest value that __probefs_emit sends. */
#define __PROBEFS_EMIT_MAX          32768

/* What we know of the kernel's; the loader finds the places. */
struct task_struct___probefs {
	__u32 pid;
	__u32 tgid;
	char comm[16];
	__u64 timer_slack_ns;
} __attribute__((preserve_access_index));

/* The daemon sets the size; this one lets other loaders load the object. */
struct {
	int (*type)[27]; /* BPF_MAP_TYPE_RINGBUF */
	int (*max_entries)[262144];
} __probefs_ring __attribute__((section(".maps"), used));

struct probefs_control __probefs_control
	__attribute__((section(PROBEFS_CONTROL_SECTION), used));

/*
 * What bpf_printk and bpf_trace_printk are. Returns the number of bytes sent,
 * or 0 when the record was not sent. No code has it: see the lowering pass.
 */
int __probefs_printk(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Volatile: the daemon writes it while programs run. */
#define __PROBEFS_LOAD(x) (*(volatile typeof(x) *)&(x))

/* 0: the program is not to run now. */
__PROBEFS_INLINE int __probefs_enter(void)
{
	return __PROBEFS_LOAD(__probefs_control.active);
}

/*
 * Who runs, by loads from the current task: a helper's call costs as much as
 * ten of them. Where the kernel has no typed current task, or a type of
 * program may not ask for it, that helper's call is patched to give 0, and the
 * verifier drops the branch. The compiler's lower_helpers.c makes one call of
 * many, for they all give the same, and puts __probefs_pid_tgid and
 * __probefs_get_comm in the place of the helpers that a program calls itself.
 */
__PROBEFS_INLINE const struct task_struct___probefs *__probefs_task(void)
{
	const struct task_struct___probefs *task = __probefs_h_current_task();

	/* Or the compiler makes two copies of what follows the first test. */
	asm volatile("" : "+r"(task));
	return task;
}

__PROBEFS_INLINE __u64 __probefs_pid_tgid(void)
{
	const struct task_struct___probefs *task = __probefs_task();

	return task ? (__u64)task->tgid << 32 | task->pid
		    : __probefs_h_pid_tgid();
}

/* @word up to its first byte that is 0. */
__PROBEFS_INLINE __u64 __probefs_until_nul(__u64 word)
{
	__u64 nul = (word - 0x0101010101010101) & ~word & 0x8080808080808080;

	return word & (((nul & -nul) >> 7) - 1);
}

/* A struct that begins with a u32 has the name at a multiple of 4. */
typedef __u64 __attribute__((aligned(4))) __probefs_u64_at_4;

/* bpf_get_current_comm(comm, 16): zeros behind the name, on any kernel. */
__PROBEFS_INLINE void __probefs_get_comm(__probefs_u64_at_4 *comm)
{
	const struct task_struct___probefs *task = __probefs_task();
	const __u64 *words;
	__u64 first;

	if (!task) {
		__probefs_h_comm(comm, 16);
		return;
	}
	words = (const void *)task->comm;
	first = __probefs_until_nul(words[0]);
	comm[0] = first;
	comm[1] = first >> 56 ? __probefs_until_nul(words[1]) : 0;
}

/* The same for the head of a record: nobody looks behind the NUL. */
__PROBEFS_INLINE void __probefs_copy_comm(__u64 *comm)
{
	const struct task_struct___probefs *task = __probefs_task();
	const __u64 *words;

	if (task) {
		words = (const void *)task->comm;
		comm[0] = words[0];
		comm[1] = words[1];
		return;
	}
	/* This call may have been patched out as well: no old bytes, then. */
	((volatile __u64 *)comm)[0] = 0;
	((volatile __u64 *)comm)[1] = 0;
	__probefs_h_comm(comm, 16);
}

__PROBEFS_INLINE __u64 __probefs_cookie(void *ctx)
{
	__u64 cookie = __PROBEFS_LOAD(__probefs_control.only_cookie);

	if (cookie || !ctx)
		return cookie;
	return __probefs_h_attach_cookie(ctx);
}

/*
 * The parts of a reservation that are subprograms in programs which send a
 * lot; the lowering decides. The call of the helper and the test of its result
 * are in none of them: Linux before 6.8 does not know that a record which a
 * subprogram has tested is not 0.
 */

/*
 * The top bit is set where two numbers are the same: no branch, for the
 * verifier follows each branch of each place that sends, one after the other.
 */
__PROBEFS_INLINE __u64 __probefs_top_if_same(__u64 a, __u64 b)
{
	__u64 bits = a ^ b;

	return ~(bits | -bits);
}

/* ~bpf_get_current_pid_tgid(), or 0 when this process's are not sent. */
__PROBEFS_INLINE __u64 __probefs_part_sender(void)
{
	const struct task_struct___probefs *task = __probefs_task();
	__u64 pid_tgid = __probefs_pid_tgid(), is_same = 0;
	__u32 tgid = pid_tgid >> 32;

	if (task)
		is_same = __probefs_top_if_same(
			task->timer_slack_ns,
			__PROBEFS_LOAD(__probefs_control.excluded_slack_ns));
	is_same |= __probefs_top_if_same(
		tgid, __PROBEFS_LOAD(__probefs_control.excluded_tgid[0]));
	if (__PROBEFS_LOAD(__probefs_control.n_excluded) > 1) {
#pragma clang loop unroll(full)
		for (__u32 i = 1; i < PROBEFS_N_EXCLUDED; i++)
			is_same |= __probefs_top_if_same(
				tgid,
				__PROBEFS_LOAD(
					__probefs_control.excluded_tgid[i]));
	}
	if ((long long)is_same < 0)
		return 0;
	return ~pid_tgid;
}

/* Count an event for which there was no room. */
__PROBEFS_INLINE void __probefs_part_lose(void)
{
	__u32 slot = __probefs_h_processor_id() % PROBEFS_N_LOST_SLOTS;

	__sync_fetch_and_add(&__probefs_control.lost[slot].n_lost, 1);
}

/* Fill the header. @what: the id, and above it the bytes of the payload. */
__PROBEFS_INLINE void __probefs_part_fill(struct probefs_record *record,
					  void *ctx, __u64 sender, __u64 what)
{
	__u32 cpu = __probefs_h_processor_id();
	__u32 slot = cpu % PROBEFS_N_LOST_SLOTS;

	record->cpu = cpu;
	record->lost = __PROBEFS_LOAD(__probefs_control.lost[slot].n_lost);
	record->pid_tgid = ~sender;
	record->id = what;
	record->payload_bytes = what >> 32;
	record->time_ns = __probefs_h_ktime_get_ns();
	record->cookie = __probefs_cookie(ctx);
	/*
	 * Not by loads: for each pointer that is followed from a trusted one
	 * the verifier (Linux 6.4 and later) searches all types of the kernel,
	 * 1.7 ms, each time that it comes by.
	 */
	record->cgroup_id = __probefs_h_cgroup_id();
	__probefs_copy_comm((__u64 *)record->comm);
}

/*
 * A record with its header filled and room for a payload, or 0 when this
 * process is excluded or the ring is full. @payload_bytes must be a constant
 * once this is inlined. @ctx may be 0 where there is none.
 */
__PROBEFS_INLINE void *__probefs_reserve(void *ctx, __u64 payload_bytes,
					 __u32 id)
{
	__u64 sender = __probefs_part_sender();
	struct probefs_record *record;

	if (!sender)
		return 0;
	record = __probefs_h_ringbuf_reserve(&__probefs_ring,
					     sizeof(*record) + payload_bytes,
					     0);
	if (!record) {
		__probefs_part_lose();
		return 0;
	}
	__probefs_part_fill(record, ctx, sender, payload_bytes << 32 | id);
	return record;
}

/* Hand @record over; wakes the daemon only when it sleeps. */
__PROBEFS_INLINE void __probefs_submit(void *record)
{
	__u64 flags = __PROBEFS_RB_NO_WAKEUP;

	if (__PROBEFS_LOAD(__probefs_control.sleeping)) {
		__PROBEFS_LOAD(__probefs_control.sleeping) = 0;
		flags = __PROBEFS_RB_FORCE_WAKEUP;
	}
	__probefs_h_ringbuf_submit(record, flags);
}

/*
 * Send @size bytes in a record with room for @room, a constant. The bound is
 * in assembler: the compiler, which knows it already from the test outside,
 * would leave it out, and the verifier may have lost sight of that by now.
 */
__PROBEFS_INLINE long __probefs_emit_room(void *ctx, const void *data,
					  __u64 size, __u64 room, __u32 id)
{
	struct probefs_record *record = __probefs_reserve(ctx, room, id);

	if (!record)
		return -28; /* -ENOSPC, as bpf_perf_event_output gives */
	record->payload_bytes = size;
	asm volatile("if %0 <= %1 goto +1\n%0 = %1" : "+r"(size) : "r"(room));
	__probefs_h_read_kernel(record + 1, size, data);
	__probefs_submit(record);
	return 0;
}

/*
 * Send the @size bytes at @data, our own memory, as one value of the type
 * whose BTF id is @type_id (0: bytes). Returns 0 or a negative errno.
 *
 * A reservation's size must be a constant to the verifier; for a size that
 * is none, the room is the next of a few sizes and the rest of it is waste.
 */
__PROBEFS_INLINE int __probefs_emit(void *ctx, const void *data, __u64 size,
				    __u32 type_id)
{
	__u32 id = type_id | PROBEFS_ID_TYPE;
	struct probefs_record *record;

	if (__builtin_constant_p(size)) {
		if (size > __PROBEFS_EMIT_MAX)
			return -7; /* -E2BIG */
		record = __probefs_reserve(ctx, size, id);
		if (!record)
			return -28;
		__builtin_memcpy(record + 1, data, size);
		__probefs_submit(record);
		return 0;
	}
	if (size <= 256)
		return __probefs_emit_room(ctx, data, size, 256, id);
	if (size <= 4096)
		return __probefs_emit_room(ctx, data, size, 4096, id);
	if (size <= __PROBEFS_EMIT_MAX)
		return __probefs_emit_room(ctx, data, size, __PROBEFS_EMIT_MAX,
					   id);
	return -7;
}

/*
 * What a program's own bpf_ringbuf_reserve, _submit and _discard become: its
 * record, behind our header. The empty asm keeps the compiler from adding the
 * header's size to the pointer before it is known not to be 0, which the
 * verifier refuses.
 */
__PROBEFS_INLINE void *__probefs_ring_reserve(void *ctx, __u64 size,
					      __u32 type_id)
{
	struct probefs_record *record =
		__probefs_reserve(ctx, size, type_id | PROBEFS_ID_TYPE);

	if (!record)
		return 0;
	asm volatile("" : "+r"(record));
	return record + 1;
}

__PROBEFS_INLINE void __probefs_ring_submit(void *payload)
{
	__probefs_submit((struct probefs_record *)payload - 1);
}

__PROBEFS_INLINE void __probefs_ring_discard(void *payload)
{
	__probefs_h_ringbuf_discard((struct probefs_record *)payload - 1,
				    __PROBEFS_RB_NO_WAKEUP);
}

#endif
