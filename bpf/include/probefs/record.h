/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * record.h - what passes between a BPF program and the daemon.
 *
 * Included by the runtime of BPF programs (probefs/runtime.h), by the
 * compiler's lowering pass and by the daemon. It must compile for both
 * targets, so it names only __u8 … __u64, which the includer provides.
 *
 * A program has one ring buffer map, PROBEFS_RING_MAP. Every sample in it is
 * a struct probefs_record followed by its payload. A program that sends no
 * event has no such map.
 */
#ifndef PROBEFS_RECORD_H
#define PROBEFS_RECORD_H

#define PROBEFS_RING_MAP        "__probefs_ring"
/* The type of the values of a BPF_HISTOGRAM, by which it is known as one. */
#define PROBEFS_HISTOGRAM_TYPE  "__probefs_histogram"
#define PROBEFS_CONTROL_SECTION ".data.probefs"
#define PROBEFS_FORMATS_SECTION ".probefs.formats"
#define PROBEFS_N_LOST_SLOTS    128
#define PROBEFS_N_EXCLUDED      12
#define PROBEFS_NO_TGID         0xffffffffu
#define PROBEFS_STRING_BYTES    128 /* room for a %s that is read by helper */

/*
 * struct probefs_record.id: with this bit, the rest is the id of a type in
 * the object's own BTF and the payload is one value of it (0: type unknown,
 * bytes). Without it, it is an index into the object's table of formats.
 */
#define PROBEFS_ID_TYPE         0x80000000u

struct probefs_record {
	__u64 time_ns;  /* bpf_ktime_get_ns(): CLOCK_MONOTONIC */
	__u64 pid_tgid; /* pid (tgid) << 32 | tid, initial namespace */
	__u64 cookie;   /* names the attachment */
	__u64 cgroup_id;
	char comm[16];
	__u32 id; /* see PROBEFS_ID_TYPE */
	__u32 cpu;
	__u32 lost; /* low bits of lost[cpu], when this was sent */
	__u32 payload_bytes;
};

/*
 * The variable __probefs_control, alone in PROBEFS_CONTROL_SECTION, which
 * libbpf makes an mmapable array map of one value. One a loaded version of a
 * program, shared by all its instances, mapped by the daemon.
 */
struct probefs_lost_slot {
	__u64 n_lost; /* atomic add; slot is cpu % N_LOST_SLOTS */
	__u64 pad[7];
};

struct probefs_control {
	/*
	 * The cookie of the version's only attachment; 0: it has several, or
	 * one is about to come, and bpf_get_attach_cookie() tells which.
	 */
	__u64 only_cookie;
	/* 0: every entry function returns 0 at once, before user code. */
	__u32 active;
	/*
	 * 1: the consumer sleeps. The program that submits a record while
	 * this is 1 sets it to 0 and submits with BPF_RB_FORCE_WAKEUP; all
	 * others submit with BPF_RB_NO_WAKEUP.
	 */
	__u32 sleeping;
	/*
	 * Events of these processes are not sent; [0] is the daemon, places
	 * that are not used hold PROBEFS_NO_TGID.
	 */
	__u32 n_excluded;
	__u32 excluded_tgid[PROBEFS_N_EXCLUDED];
	/* Nor those of tasks with this timer slack: the compiler's. 0: none */
	__u32 excluded_slack_ns;
	struct probefs_lost_slot lost[PROBEFS_N_LOST_SLOTS];
};

/*
 * PROBEFS_FORMATS_SECTION: the table of formats, entries in order of their
 * ids, each padded with zeros to a multiple of 4 bytes.
 *
 * The payload of a record is its arguments in order, each at the next
 * multiple of 8. An argument has arg_bytes[i] bytes:
 *   - an integer or address (%d %u %x %c %p %ps …): 8, the value sign- or
 *     zero-extended to 64 bits by its C type;
 *   - a string (%s) or the thing that a %pI4, %pI6, %pM, %pU … points to:
 *     the bytes themselves; a string may fill them without a NUL.
 * A '*' width or precision is an integer argument of its own.
 */
struct probefs_format {
	__u16 entry_bytes; /* of this entry, header and padding included */
	__u16 n_args;
	__u16 text_bytes; /* of the format's text, its NUL included */
	__u16 line;       /* in the user's source; 0 unknown */
	/* __u16 arg_bytes[n_args]; then char text[text_bytes]; */
};

#endif
