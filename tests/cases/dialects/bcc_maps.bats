#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# The maps of the BCC dialect and their methods, as docs/bcc.md lists them.

case_setup() {
	needs tracepoints
	mount_probefs
}

@test "tables: BPF_TABLE, BPF_HASH, BPF_ARRAY, per CPU and LRU, with their methods" {
	program tables <<-'END'
		struct point { int x, y; };
		BPF_TABLE("hash", u32, u64, table, 16);
		BPF_TABLE_PUBLIC("array", int, u64, public, 16);
		BPF_TABLE_SHARED("lru_hash", u32, u64, shared, 16);
		BPF_TABLE_PINNED("hash", u64, u64, pinned, 16, "/sys/fs/bpf/ids");
		BPF_F_TABLE("hash", u32, u64, flagged, 16, BPF_F_NO_PREALLOC);
		BPF_HASH(one);
		BPF_HASH(two, u32);
		BPF_HASH(three, struct point, struct point);
		BPF_HASH(small, u32, u64, 1);
		BPF_ARRAY(numbers);
		BPF_ARRAY(points, struct point, 4);
		BPF_PERCPU_HASH(each_hash, u32, u64, 8);
		BPF_PERCPU_ARRAY(each_array, u64, 8);
		BPF_LRU_HASH(recent, u32, u64, 8);
		BPF_LRU_PERCPU_HASH(each_recent, u32, u64, 8);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			u32 key = 1, other = 2;
			u64 value = 10, zero = 0, large = 3, *found;
			struct point where = {3, 4}, *at;
			int index = 2;

			if (bpf_get_current_pid_tgid() >> 32 != SENDER)
				return 0;
			table.update(&key, &value);
			found = table.lookup(&key);
			if (found)
				bpf_trace_printk("lookup %llu\n", *found);
			bpf_trace_printk("insert %d\n", table.insert(&key, &zero));
			bpf_trace_printk("delete %d %d\n", table.delete(&key),
					 table.delete(&key));
			found = two.lookup_or_try_init(&key, &value);
			if (found)
				bpf_trace_printk("init %llu\n", *found);
			small.update(&key, &value);
			bpf_trace_printk("full %d\n",
					 small.lookup_or_try_init(&other, &zero) == 0);
			/* BCC allows this one to be used unchecked. */
			(*small.lookup_or_init(&key, &zero))++;
			found = small.lookup(&key);
			if (found)
				bpf_trace_printk("or_init %llu\n", *found);
			three.update(&where, &where);
			at = three.lookup(&where);
			if (at)
				bpf_trace_printk("struct %d %d\n", at->x, at->y);
			points.update(&index, &where);
			at = points.lookup(&index);
			if (at)
				bpf_trace_printk("array %d\n", at->y);
			bpf_trace_printk("beyond %d\n", numbers.lookup(&(int){20000}) == 0);
			one.increment(large);
			one.increment(large, 6);
			one.atomic_increment(large, 4);
			one.atomic_increment(large);
			found = one.lookup(&large);
			if (found)
				bpf_trace_printk("increment %llu\n", *found);
			public.increment(5, 7);
			each_hash.increment(key);
			each_array.increment(5, 2);
			recent.increment(key, 9);
			each_recent.increment(key, 8);
			shared.increment(key, 6);
			flagged.increment(key, 5);
			pinned.increment(large, 4);
			found = each_array.lookup(&(int){5});
			if (found)
				bpf_trace_printk("per CPU %llu\n", *found);
			found = recent.lookup(&key);
			if (found)
				bpf_trace_printk("lru %llu\n", *found);
			found = pinned.lookup(&large);
			if (found)
				bpf_trace_printk("pinned %llu\n", *found);
			return 0;
		}
	END
	signal
	prints tables 'lookup 10'
	prints tables 'insert -17'
	prints tables 'delete 0 -2'
	prints tables 'init 10'
	prints tables 'full 1'
	prints tables 'or_init 11'
	prints tables 'struct 3 4'
	prints tables 'array 4'
	prints tables 'beyond 1'
	prints tables 'increment 12'
	prints tables 'per CPU 2'
	prints tables 'lru 9'
	prints tables 'pinned 4'
}

@test "BPF_HISTOGRAM with a number and with a struct as its key" {
	program histograms <<-'END'
		struct slot { u64 disk; u64 slot; };
		BPF_HISTOGRAM(plain);
		BPF_HISTOGRAM(large, u64);
		BPF_HISTOGRAM(disks, struct slot, 128);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct slot key = {.disk = 8, .slot = bpf_log2l(1000)};
			int index = bpf_log2l(5);
			u64 *found, wide = 1ull << 40;

			if (bpf_get_current_pid_tgid() >> 32 != SENDER)
				return 0;
			plain.increment(index);
			plain.atomic_increment(index, 2);
			disks.increment(key);
			large.increment(wide, 4);
			found = plain.lookup(&index);
			if (found)
				bpf_trace_printk("plain %d %llu\n", index, *found);
			found = disks.lookup(&key);
			if (found)
				bpf_trace_printk("disks %llu %llu\n", key.slot, *found);
			found = large.lookup(&wide);
			if (found)
				bpf_trace_printk("large %llu\n", *found);
			return 0;
		}
	END
	signal
	prints histograms 'plain 3 3'
	prints histograms 'disks 10 1'
	prints histograms 'large 4'
}

@test "BPF_LPM_TRIE finds the longest prefix" {
	program trie <<-'END'
		struct prefix { u32 bits; u32 address; };
		BPF_LPM_TRIE(routes, struct prefix, u64, 16);
		BPF_LPM_TRIE(by_default, struct prefix);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct prefix wide = {8, bpf_htonl(0x0a000000)};
			struct prefix narrow = {16, bpf_htonl(0x0a010000)};
			struct prefix asked = {32, bpf_htonl(0x0a010203)};
			struct prefix outside = {32, bpf_htonl(0x0b010203)};
			u64 eight = 8, sixteen = 16, *found;

			routes.update(&wide, &eight);
			routes.update(&narrow, &sixteen);
			found = routes.lookup(&asked);
			if (found)
				bpf_trace_printk("route %llu\n", *found);
			bpf_trace_printk("outside %d\n", routes.lookup(&outside) == 0);
			return 0;
		}
	END
	signal
	prints trie 'route 16'
	prints trie 'outside 1'
}

@test "BPF_QUEUE and BPF_STACK: push, peek and pop" {
	program queues <<-'END'
		BPF_QUEUE(queue, u64, 2);
		BPF_STACK(stack, u64, 2);
		BPF_QUEUE(flagged, u64, 2, 0);
		BPF_QUEUESTACK("stack", either, u64, 2, 0);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			u64 one = 1, two = 2, three = 3, got = 0;

			if (bpf_get_current_pid_tgid() >> 32 != SENDER)
				return 0;
			queue.push(&one, 0);
			queue.push(&two, 0);
			bpf_trace_printk("full %d\n", queue.push(&three, 0));
			queue.peek(&got);
			bpf_trace_printk("peek %llu\n", got);
			queue.push(&three, BPF_EXIST);
			queue.pop(&got);
			bpf_trace_printk("first of the queue %llu\n", got);
			stack.push(&one, 0);
			stack.push(&two, 0);
			stack.pop(&got);
			bpf_trace_printk("top of the stack %llu\n", got);
			stack.pop(&got);
			bpf_trace_printk("empty %d\n", stack.pop(&got));
			flagged.push(&three, 0);
			either.push(&three, 0);
			return 0;
		}
	END
	signal
	prints queues 'full -7'
	prints queues 'peek 1'
	prints queues 'first of the queue 2'
	prints queues 'top of the stack 2'
	prints queues 'empty -2'
}

@test "BPF_STACK_TRACE and get_stackid" {
	program stacks <<-'END'
		BPF_STACK_TRACE(stacks, 64);
		BPF_STACK_TRACE_BUILDID(builds, 64);

		/* At a system call, Linux 6.1 has the user's registers alone. */
		TRACEPOINT_PROBE(sched, sched_process_fork)
		{
			int id = stacks.get_stackid(args, 0);
			int user = builds.get_stackid(args, BPF_F_USER_STACK);

			bpf_trace_printk("stack %d %d\n", id >= 0, user >= 0);
			return 0;
		}
	END
	clone_a_process
	prints stacks 'stack 1 1'
}

@test "BPF_PERF_OUTPUT: perf_submit of nested types" {
	program events <<-'END'
		enum color { RED, GREEN, BLUE };
		struct inner { u16 port; enum color color; };
		union either { u32 word; u8 bytes[4]; };
		struct event {
			u32 pid;
			char comm[16];
			struct inner ends[2];
			union either either;
			u8 low : 3, high : 5;
			u64 numbers[3];
		};
		BPF_PERF_OUTPUT(events);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct event event = {
				.pid = 7,
				.comm = "fixed",
				.ends = {{80, GREEN}, {443, BLUE}},
				.either.word = 0x01020304,
				.low = 5, .high = 9,
				.numbers = {1, 2, 3},
			};

			events.perf_submit(args, &event, sizeof(event));
			return 0;
		}
	END
	signal
	prints events 'pid=7 comm=fixed ends=\[\{port=80 color=GREEN\},? ?\{port=443 color=BLUE\}\] .* low=5 high=9 numbers=\[1,? ?2,? ?3\]'
}

@test "BPF_RINGBUF_OUTPUT: output, reserve, submit, discard, query" {
	program ring <<-'END'
		struct event { u32 number; char text[8]; };
		BPF_RINGBUF_OUTPUT(ring, 8);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct event copied = {1, "copied"}, *reserved;

			ring.ringbuf_output(&copied, sizeof(copied), 0);
			reserved = ring.ringbuf_reserve(sizeof(struct event));
			if (!reserved)
				return 0;
			reserved->number = 2;
			__builtin_memcpy(reserved->text, "kept\0\0\0", 8);
			ring.ringbuf_submit(reserved, 0);
			reserved = ring.ringbuf_reserve(sizeof(struct event));
			if (!reserved)
				return 0;
			reserved->number = 3;
			__builtin_memcpy(reserved->text, "dropped", 8);
			ring.ringbuf_discard(reserved, 0);
			bpf_trace_printk("size %llu\n",
					 ring.ringbuf_query(BPF_RB_RING_SIZE) > 0);
			return 0;
		}
	END
	signal
	prints ring 'number=1 text=copied'
	prints ring 'number=2 text=kept'
	prints ring 'size 1'
	no_event progs/ring/output dropped
}

@test "BPF_TASK_STORAGE" {
	program storage <<-'END'
		BPF_TASK_STORAGE(calls, u64);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct task_struct *task = bpf_get_current_task_btf();
			u64 *n = calls.task_storage_get(task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

			if (n)
				bpf_trace_printk("call %llu\n", ++*n);
			if (n && *n == 2)
				bpf_trace_printk("deleted %d\n", calls.task_storage_delete(task));
			return 0;
		}
	END
	signal
	signal
	prints storage 'call 1'
	prints storage 'call 2'
	prints storage 'deleted 0'
}

@test "BPF_ARRAY_OF_MAPS and BPF_HASH_OF_MAPS: what the user put there" {
	needs bpftool
	program outer <<-'END'
		BPF_TABLE("hash", int, int, inner, 16);
		BPF_TABLE("hash", int, int, first, 16);
		BPF_ARRAY_OF_MAPS(outer, "inner", 4);
		BPF_HASH_OF_MAPS(by_key, u32, "inner", 4);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			int zero = 0, one = 1, value = 42, *found;
			void *map = outer.lookup(&zero);

			first.update(&one, &value);
			bpf_trace_printk("empty %d %d\n", outer.lookup(&one) == 0,
					 by_key.lookup(&(u32){7}) == 0);
			if (!map)
				return 0;
			found = bpf_map_lookup_elem(map, &one);
			if (found)
				bpf_trace_printk("inside %d\n", *found);
			return 0;
		}
	END
	signal
	prints outer 'empty 1 1'
	user 'bpftool map update name outer key 0 0 0 0 value name first'
	signal
	prints outer 'inside 42'
}

@test "BPF_PROG_ARRAY: call goes to a function that was named for the place" {
	program jumps <<-'END'
		int on_two(struct tracepoint__syscalls__sys_enter_kill *args);
		BPF_PROG_ARRAY(jumps, 4, [2] = on_two);

		int on_two(struct tracepoint__syscalls__sys_enter_kill *args)
		{
			bpf_trace_printk("called\n");
			return 0;
		}
		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			jumps.call(args, 1);
			bpf_trace_printk("nothing there\n");
			jumps.call(args, 2);
			bpf_trace_printk("not reached\n");
			return 0;
		}
	END
	signal
	prints jumps 'nothing there'
	prints jumps called
	no_event progs/jumps/output 'not reached'
}

@test "BPF_CGROUP_ARRAY: check_current_task" {
	needs bpftool python3
	[ -e /sys/fs/cgroup/cgroup.procs ] || skip "no cgroup2 is mounted"
	program groups <<-'END'
		BPF_CGROUP_ARRAY(groups, 2);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			bpf_trace_printk("is in it: %d, in none: %d\n",
					 groups.check_current_task(0),
					 groups.check_current_task(1));
			return 0;
		}
	END
	set_cgroup groups 0 /sys/fs/cgroup
	signal
	prints groups 'is in it: 1, in none: -11'
}

# bpftool cannot put a cgroup into a map: set_cgroup MAP INDEX DIRECTORY.
set_cgroup() {
	python3 - "$@" <<-'END'
		import ctypes, json, os, struct, subprocess, sys
		libc = ctypes.CDLL(None, use_errno=True)
		def bpf(command, attributes):
		    buffer = ctypes.create_string_buffer(attributes, 128)
		    result = libc.syscall(321, command, buffer, 128)
		    if result < 0:
		        sys.exit(f"bpf({command}): {os.strerror(ctypes.get_errno())}")
		    return result
		name, index, directory = sys.argv[1:]
		shown = subprocess.check_output(["bpftool", "-j", "map", "show", "name", name])
		shown = json.loads(shown)
		map_id = (shown[-1] if isinstance(shown, list) else shown)["id"]
		fd = bpf(14, struct.pack("I", map_id))
		key = ctypes.c_uint32(int(index))
		value = ctypes.c_uint32(os.open(directory, os.O_RDONLY))
		bpf(2, struct.pack("IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))
	END
}

@test "BPF_PERF_ARRAY: a counter that nobody opened" {
	program counters <<-'END'
		BPF_PERF_ARRAY(cycles, 64);

		TRACEPOINT_PROBE(syscalls, sys_enter_kill)
		{
			struct bpf_perf_event_value value = {};

			bpf_trace_printk("read %lld value %d\n",
					 cycles.perf_read(BPF_F_CURRENT_CPU),
					 cycles.perf_counter_value(BPF_F_CURRENT_CPU,
								   &value, sizeof(value)));
			return 0;
		}
	END
	signal
	prints counters 'read -2 value -2'
}

@test "BPF_DEVMAP, BPF_CPUMAP, BPF_XSKMAP: redirect_map in a program for XDP" {
	needs bpftool
	source_file redirect.c <<-'END'
		BPF_DEVMAP(devices, 4);
		BPF_CPUMAP(processors, 2);
		BPF_XSKMAP(sockets, 4);

		int to_device(struct xdp_md *ctx) { return devices.redirect_map(0, 0); }
		int to_cpu(struct xdp_md *ctx) { return processors.redirect_map(0, 0); }
		int to_socket(struct xdp_md *ctx)
		{
			int queue = ctx->rx_queue_index;

			return sockets.lookup(&queue) ? sockets.redirect_map(queue, 0)
						      : XDP_PASS;
		}
	END
	user 'cp $src/redirect.c progs/'
	loaded redirect to_device xdp
	loaded redirect to_cpu xdp
	loaded redirect to_socket xdp
	bpftool map show name devices | grep -q 'max_entries 4'
	user 'rm progs/redirect.c'
	eventually is_unloaded to_device
}

@test "BPF_SOCKHASH and BPF_SOCKMAP: their methods in programs for sockets" {
	needs bpftool
	source_file sockets.c <<-'END'
		struct ends { u32 remote, local; };
		BPF_SOCKHASH(hash, struct ends, 16);
		BPF_SOCKHASH(by_default);
		BPF_SOCKMAP(map, 16);

		int on_socket(struct bpf_sock_ops *ops)
		{
			struct ends key = {ops->remote_ip4, ops->local_ip4};
			u32 index = 0;

			hash.sock_hash_update(ops, &key, BPF_NOEXIST);
			map.sock_map_update(ops, &index, BPF_ANY);
			return 0;
		}
		int on_message(struct sk_msg_md *message)
		{
			struct ends key = {message->remote_ip4, message->local_ip4};

			return hash.msg_redirect_hash(message, &key, BPF_F_INGRESS);
		}
		SEC("sk_skb/stream_verdict")
		int on_verdict(struct __sk_buff *skb)
		{
			struct ends key = {skb->remote_ip4, skb->local_ip4};

			return hash.sk_redirect_hash(skb, &key, 0);
		}
		BPF_HASH(unused);
	END
	user 'cp $src/sockets.c progs/'
	loaded sockets on_socket sockops
	loaded sockets on_message sk_msg
	loaded sockets on_verdict sk_skb/stream_verdict
}

@test "perf_submit_skb and load_byte in a program for packets" {
	needs bpftool
	source_file packets.c <<-'END'
		struct seen { u16 type; u8 protocol; u32 source; };
		BPF_PERF_OUTPUT(events);

		int on_packet(struct __sk_buff *skb)
		{
			struct seen seen = {
				.type = load_half(skb, 12),
				.protocol = load_byte(skb, 23),
				.source = load_word(skb, 26),
			};

			events.perf_submit_skb(skb, skb->len, &seen, sizeof(seen));
			return 0;
		}
	END
	user 'cp $src/packets.c progs/'
	loaded packets on_packet tc
}

@test "BPF_CGROUP_STORAGE in a program for cgroups" {
	needs bpftool
	source_file groups.c <<-'END'
		BPF_CGROUP_STORAGE(seen, u64);
		BPF_HASH(unused);

		SEC("cgroup_skb/egress")
		int on_egress(struct __sk_buff *skb)
		{
			u64 *n = seen.get_local_storage(0);

			lock_xadd(n, 1);
			return 1;
		}
	END
	user 'cp $src/groups.c progs/'
	loaded groups on_egress cgroup_skb/egress
}
