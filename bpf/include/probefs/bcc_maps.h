/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc_maps.h - BCC's map macros. BPF_HASH(counts) defines two things: the
 * map itself, whose symbol is "counts", and in C a constant struct "counts"
 * of functions, its methods; calls through it fold to direct ones. Methods
 * that take optional arguments, or need their argument's type, are macros of
 * the method's name that end in a member of that struct.
 */
#ifndef PROBEFS_BCC_MAPS_H
#define PROBEFS_BCC_MAPS_H

/* enum bpf_map_type, part of the kernel's ABI. */
#define __PROBEFS_HASH                 1
#define __PROBEFS_ARRAY                2
#define __PROBEFS_PROG_ARRAY           3
#define __PROBEFS_PERF_EVENT_ARRAY     4
#define __PROBEFS_PERCPU_HASH          5
#define __PROBEFS_PERCPU_ARRAY         6
#define __PROBEFS_STACK_TRACE          7
#define __PROBEFS_CGROUP_ARRAY         8
#define __PROBEFS_LRU_HASH             9
#define __PROBEFS_LRU_PERCPU_HASH      10
#define __PROBEFS_LPM_TRIE             11
#define __PROBEFS_ARRAY_OF_MAPS        12
#define __PROBEFS_HASH_OF_MAPS         13
#define __PROBEFS_CGROUP_STORAGE       19
#define __PROBEFS_PERCPU_CGROUP_STORAGE 21
#define __PROBEFS_QUEUE                22
#define __PROBEFS_STACK                23
#define __PROBEFS_SK_STORAGE           24
#define __PROBEFS_RINGBUF              27
#define __PROBEFS_INODE_STORAGE        28
#define __PROBEFS_TASK_STORAGE         29

#define __PROBEFS_F_NO_PREALLOC        1
#define __PROBEFS_F_STACK_BUILD_ID     32

#define __PROBEFS_NOEXIST              1

struct bpf_stacktrace {
	__u64 ip[127];
};

/* --- The map ----------------------------------------------------------- */

#define __PROBEFS_MAP(name, ...)                                  \
	struct {                                                  \
		__VA_ARGS__                                       \
	} __probefs_map_##name __asm__(#name)                     \
		__attribute__((section(".maps"), used));

#define __PROBEFS_SIZES(map_type, n, flags) \
	int(*type)[map_type];               \
	int(*max_entries)[n];               \
	int(*map_flags)[flags];
#define __PROBEFS_TYPES(key_type, leaf_type) \
	typeof(key_type) *key;               \
	typeof(leaf_type) *value;

/* The struct of methods; the members and their values. */
#define __PROBEFS_METHODS(name, members, ...)                              \
	static const struct {                                              \
		members                                                    \
	} name __asm__("__probefs_methods_" #name)                         \
		__attribute__((nodebug, unused)) = {__VA_ARGS__};

/* --- Tables: a key and a leaf ------------------------------------------ */

/* Shared leaves are added to atomically, a CPU's own ones plainly. */
#define __PROBEFS_ADD(leaf, amount, is_shared)                             \
	do {                                                               \
		if (sizeof(*(leaf)) == 8 && (is_shared))                   \
			__sync_fetch_and_add((__u64 *)(leaf), amount);     \
		else if (sizeof(*(leaf)) == 8)                             \
			*(__u64 *)(leaf) += (amount);                      \
		else if (sizeof(*(leaf)) == 4 && (is_shared))              \
			__sync_fetch_and_add((__u32 *)(leaf), amount);     \
		else if (sizeof(*(leaf)) == 4)                             \
			*(__u32 *)(leaf) += (amount);                      \
		else if (sizeof(*(leaf)) == 2)                             \
			*(__u16 *)(leaf) += (amount);                      \
		else                                                       \
			*(__u8 *)(leaf) += (amount);                       \
	} while (0)

/*
 * The functions of a table. lookup_or_init never gives NULL to a program
 * that, as BCC allows, does not check: where the map is full it gives a leaf
 * that belongs to no key.
 */
#define __PROBEFS_TABLE_FUNCTIONS(name, key_type, leaf_type, is_shared)     \
	__PROBEFS_FN typeof(leaf_type) *name##__lookup(                    \
		const typeof(key_type) *key)                               \
	{                                                                  \
		return bpf_map_lookup_elem(&__probefs_map_##name, key);    \
	}                                                                  \
	__PROBEFS_FN long name##__update(const typeof(key_type) *key,      \
					 const typeof(leaf_type) *leaf)    \
	{                                                                  \
		return bpf_map_update_elem(&__probefs_map_##name, key,     \
					   leaf, 0);                       \
	}                                                                  \
	__PROBEFS_FN long name##__insert(const typeof(key_type) *key,      \
					 const typeof(leaf_type) *leaf)    \
	{                                                                  \
		return bpf_map_update_elem(&__probefs_map_##name, key,     \
					   leaf, __PROBEFS_NOEXIST);       \
	}                                                                  \
	__PROBEFS_FN long name##__delete(const typeof(key_type) *key)      \
	{                                                                  \
		return bpf_map_delete_elem(&__probefs_map_##name, key);    \
	}                                                                  \
	__PROBEFS_FN typeof(leaf_type) *name##__lookup_or_try_init(        \
		const typeof(key_type) *key,                               \
		const typeof(leaf_type) *leaf)                             \
	{                                                                  \
		typeof(leaf_type) *found = name##__lookup(key);            \
                                                                           \
		if (found)                                                 \
			return found;                                      \
		name##__insert(key, leaf);                                 \
		return name##__lookup(key);                                \
	}                                                                  \
	static typeof(leaf_type) name##__nowhere                           \
		__attribute__((nodebug, unused));                          \
	__PROBEFS_FN typeof(leaf_type) *name##__lookup_or_init(            \
		const typeof(key_type) *key,                               \
		const typeof(leaf_type) *leaf)                             \
	{                                                                  \
		typeof(leaf_type) *found =                                 \
			name##__lookup_or_try_init(key, leaf);             \
                                                                           \
		return found ? found : &name##__nowhere;                   \
	}                                                                  \
	__PROBEFS_FN void name##__increment_by(typeof(key_type) key,       \
					       long long amount)           \
	{                                                                  \
		typeof(leaf_type) *found = name##__lookup(&key);           \
                                                                           \
		if (!found) {                                              \
			typeof(leaf_type) zero;                            \
                                                                           \
			__builtin_memset(&zero, 0, sizeof(zero));          \
			name##__insert(&key, &zero);                       \
			found = name##__lookup(&key);                      \
			if (!found)                                        \
				return;                                    \
		}                                                          \
		__PROBEFS_ADD(found, amount, is_shared);                   \
	}

#define __PROBEFS_TABLE_METHODS(name, key_type, leaf_type)                 \
	__PROBEFS_METHODS(                                                 \
		name,                                                      \
		typeof(leaf_type) *(*lookup)(const typeof(key_type) *);    \
		long (*update)(const typeof(key_type) *,                   \
			       const typeof(leaf_type) *);                 \
		long (*insert)(const typeof(key_type) *,                   \
			       const typeof(leaf_type) *);                 \
		long (*delete)(const typeof(key_type) *);                  \
		typeof(leaf_type) *(*lookup_or_try_init)(                  \
			const typeof(key_type) *,                          \
			const typeof(leaf_type) *);                        \
		typeof(leaf_type) *(*lookup_or_init)(                      \
			const typeof(key_type) *,                          \
			const typeof(leaf_type) *);                        \
		void (*__increment)(typeof(key_type), long long);,         \
		name##__lookup, name##__update, name##__insert,            \
		name##__delete, name##__lookup_or_try_init,                \
		name##__lookup_or_init, name##__increment_by)

#define __PROBEFS_TABLE(name, map_type, key_type, leaf_type, n, flags)     \
	__PROBEFS_MAP(name, __PROBEFS_SIZES(map_type, n, flags)            \
				    __PROBEFS_TYPES(key_type, leaf_type))  \
	__PROBEFS_TABLE_FUNCTIONS(                                         \
		name, key_type, leaf_type,                                 \
		(map_type) != __PROBEFS_PERCPU_HASH &&                     \
			(map_type) != __PROBEFS_PERCPU_ARRAY &&            \
			(map_type) != __PROBEFS_LRU_PERCPU_HASH)           \
	__PROBEFS_TABLE_METHODS(name, key_type, leaf_type)

#define __PROBEFS_FIRST(first, ...) first

/* counts.increment(key) and counts.increment(key, amount) */
#define increment(key, ...) \
	__increment(key, __PROBEFS_FIRST(__VA_ARGS__ __VA_OPT__(, ) 1))
#define atomic_increment(key, ...) \
	__increment(key, __PROBEFS_FIRST(__VA_ARGS__ __VA_OPT__(, ) 1))

/* BPF_HASH() with 1 to 4 arguments: NAME4 with the rest by default. */
#define __PROBEFS_PICK4(a, b, c, d, macro, ...) macro

#define __PROBEFS_KEYED1(type, name)            \
	__PROBEFS_TABLE(name, type, __u64, __u64, 10240, 0)
#define __PROBEFS_KEYED2(type, name, key)       \
	__PROBEFS_TABLE(name, type, key, __u64, 10240, 0)
#define __PROBEFS_KEYED3(type, name, key, leaf) \
	__PROBEFS_TABLE(name, type, key, leaf, 10240, 0)
#define __PROBEFS_KEYED4(type, name, key, leaf, n) \
	__PROBEFS_TABLE(name, type, key, leaf, n, 0)
#define __PROBEFS_KEYED(type, ...)                                       \
	__PROBEFS_PICK4(__VA_ARGS__, __PROBEFS_KEYED4, __PROBEFS_KEYED3, \
			__PROBEFS_KEYED2, __PROBEFS_KEYED1)              \
	(type, __VA_ARGS__)

#define BPF_HASH(...)            __PROBEFS_KEYED(__PROBEFS_HASH, __VA_ARGS__)
#define BPF_PERCPU_HASH(...)     __PROBEFS_KEYED(__PROBEFS_PERCPU_HASH, __VA_ARGS__)
#define BPF_LRU_HASH(...)        __PROBEFS_KEYED(__PROBEFS_LRU_HASH, __VA_ARGS__)
#define BPF_LRU_PERCPU_HASH(...) __PROBEFS_KEYED(__PROBEFS_LRU_PERCPU_HASH, __VA_ARGS__)

#define __PROBEFS_TRIE1(name)            \
	__PROBEFS_TRIE4(name, __u64, __u64, 10240)
#define __PROBEFS_TRIE2(name, key)       \
	__PROBEFS_TRIE4(name, key, __u64, 10240)
#define __PROBEFS_TRIE3(name, key, leaf) \
	__PROBEFS_TRIE4(name, key, leaf, 10240)
#define __PROBEFS_TRIE4(name, key, leaf, n)                      \
	__PROBEFS_TABLE(name, __PROBEFS_LPM_TRIE, key, leaf, n, \
			__PROBEFS_F_NO_PREALLOC)
#define BPF_LPM_TRIE(...)                                            \
	__PROBEFS_PICK4(__VA_ARGS__, __PROBEFS_TRIE4, __PROBEFS_TRIE3, \
			__PROBEFS_TRIE2, __PROBEFS_TRIE1)              \
	(__VA_ARGS__)

#define __PROBEFS_INDEXED1(type, name) \
	__PROBEFS_TABLE(name, type, int, __u64, 10240, 0)
#define __PROBEFS_INDEXED2(type, name, leaf) \
	__PROBEFS_TABLE(name, type, int, leaf, 10240, 0)
#define __PROBEFS_INDEXED3(type, name, leaf, n) \
	__PROBEFS_TABLE(name, type, int, leaf, n, 0)
#define __PROBEFS_INDEXED(type, ...)                          \
	__PROBEFS_PICK4(__VA_ARGS__, , __PROBEFS_INDEXED3,    \
			__PROBEFS_INDEXED2, __PROBEFS_INDEXED1) \
	(type, __VA_ARGS__)

#define BPF_ARRAY(...)        __PROBEFS_INDEXED(__PROBEFS_ARRAY, __VA_ARGS__)
#define BPF_PERCPU_ARRAY(...) __PROBEFS_INDEXED(__PROBEFS_PERCPU_ARRAY, __VA_ARGS__)

/* A histogram over plain numbers is an array, over structs a hash. Its values
 * have a type of their own, which tells that it is one. */
typedef __u64 __probefs_histogram;
#define __PROBEFS_HISTOGRAM1(name)      __PROBEFS_HISTOGRAM3(name, int, 64)
#define __PROBEFS_HISTOGRAM2(name, key) __PROBEFS_HISTOGRAM3(name, key, 64)
#define __PROBEFS_HISTOGRAM3(name, key, n)                            \
	__PROBEFS_TABLE(name,                                         \
			__builtin_types_compatible_p(key, int)        \
				? __PROBEFS_ARRAY                     \
				: __PROBEFS_HASH,                     \
			key, __probefs_histogram, n, 0)
#define BPF_HISTOGRAM(...)                                        \
	__PROBEFS_PICK4(__VA_ARGS__, , __PROBEFS_HISTOGRAM3,      \
			__PROBEFS_HISTOGRAM2, __PROBEFS_HISTOGRAM1) \
	(__VA_ARGS__)

/* BPF_TABLE("hash", …) names its type in a string. */
#define __PROBEFS_IS(type, name) (__builtin_strcmp(type, name) == 0)
#define __PROBEFS_TYPE_OF(type)                                           \
	(__PROBEFS_IS(type, "hash")             ? __PROBEFS_HASH          \
	 : __PROBEFS_IS(type, "array")          ? __PROBEFS_ARRAY         \
	 : __PROBEFS_IS(type, "percpu_hash")    ? __PROBEFS_PERCPU_HASH   \
	 : __PROBEFS_IS(type, "percpu_array")   ? __PROBEFS_PERCPU_ARRAY  \
	 : __PROBEFS_IS(type, "lru_hash")       ? __PROBEFS_LRU_HASH      \
	 : __PROBEFS_IS(type, "lru_percpu_hash")                          \
		 ? __PROBEFS_LRU_PERCPU_HASH                              \
	 : __PROBEFS_IS(type, "lpm_trie")  ? __PROBEFS_LPM_TRIE           \
	 : __PROBEFS_IS(type, "histogram") ? __PROBEFS_HASH               \
	 : __PROBEFS_IS(type, "histarray") ? __PROBEFS_ARRAY              \
					   : -1)

#define BPF_TABLE(type, key, leaf, name, n) \
	__PROBEFS_TABLE(name, __PROBEFS_TYPE_OF(type), key, leaf, n, 0)
#define BPF_F_TABLE(type, key, leaf, name, n, flags) \
	__PROBEFS_TABLE(name, __PROBEFS_TYPE_OF(type), key, leaf, n, flags)
/* Maps live in the tree, where everybody finds them: no need to pin. */
#define BPF_TABLE_PUBLIC(type, key, leaf, name, n) \
	BPF_TABLE(type, key, leaf, name, n)
#define BPF_TABLE_SHARED(type, key, leaf, name, n, ...)  \
	BPF_F_TABLE(type, key, leaf, name, n,            \
		    __PROBEFS_FIRST(__VA_ARGS__ __VA_OPT__(, ) 0))
#define BPF_TABLE_PINNED(type, key, leaf, name, n, ...) \
	BPF_TABLE(type, key, leaf, name, n)

/* --- Stacks of calls --------------------------------------------------- */

#define __PROBEFS_STACKS(name, leaf_type, n, flags)                        \
	__PROBEFS_MAP(name,                                                \
		      __PROBEFS_SIZES(__PROBEFS_STACK_TRACE, n, flags)     \
			      __PROBEFS_TYPES(int, leaf_type))             \
	__PROBEFS_FN long name##__get_stackid(void *ctx, __u64 how)        \
	{                                                                  \
		return bpf_get_stackid(ctx, &__probefs_map_##name, how);   \
	}                                                                  \
	__PROBEFS_FN typeof(leaf_type) *name##__lookup(const int *key)     \
	{                                                                  \
		return bpf_map_lookup_elem(&__probefs_map_##name, key);    \
	}                                                                  \
	__PROBEFS_METHODS(name, long (*get_stackid)(void *, __u64);        \
			  typeof(leaf_type) *(*lookup)(const int *);,      \
			  name##__get_stackid, name##__lookup)

#define BPF_STACK_TRACE(name, n) \
	__PROBEFS_STACKS(name, struct bpf_stacktrace, n, 0)
#define BPF_STACK_TRACE_BUILDID(name, n)                       \
	__PROBEFS_STACKS(name, struct bpf_stack_build_id[127], \
			 n, __PROBEFS_F_STACK_BUILD_ID)

/* --- Events ------------------------------------------------------------ */

/* The BTF type of what @data points to; 0 where the source does not say. */
#define __PROBEFS_TYPE_ID(data)                                            \
	_Generic((data), void *: 0, const void *: 0, char *: 0,            \
		 default: __builtin_btf_type_id(                           \
			 *(typeof(__PROBEFS_POINTEE(data)) *)0, 0))
/* Never a void, which no expression of the branch above may be. */
#define __PROBEFS_POINTEE(data)                                            \
	*_Generic((data), void *: (char *)0, const void *: (char *)0,      \
		  default: (data))

/*
 * events.perf_submit(ctx, &data, sizeof(data)) becomes
 * events.__sent + …: the stream of the program is the only buffer.
 */
#define perf_submit(ctx, data, size) \
	__sent + __probefs_emit(ctx, data, size, __PROBEFS_TYPE_ID(data))
#define perf_submit_skb(ctx, n_packet_bytes, data, size) \
	perf_submit(ctx, data, size)
#define ringbuf_output(data, size, flags) \
	__sent + __probefs_emit(0, data, size, __PROBEFS_TYPE_ID(data))

#define BPF_PERF_OUTPUT(name) \
	__PROBEFS_METHODS(name, int __sent;, 0)

#define BPF_RINGBUF_OUTPUT(name, n_pages)                                  \
	__PROBEFS_MAP(name, int(*type)[__PROBEFS_RINGBUF];                 \
		      int(*max_entries)[(n_pages)*4096];)                  \
	__PROBEFS_FN void *name##__ringbuf_reserve(__u64 size)             \
	{                                                                  \
		return bpf_ringbuf_reserve(&__probefs_map_##name, size,    \
					   0);                             \
	}                                                                  \
	__PROBEFS_FN void name##__ringbuf_submit(void *data, __u64 flags)  \
	{                                                                  \
		bpf_ringbuf_submit(data, flags);                           \
	}                                                                  \
	__PROBEFS_FN void name##__ringbuf_discard(void *data, __u64 flags) \
	{                                                                  \
		bpf_ringbuf_discard(data, flags);                          \
	}                                                                  \
	__PROBEFS_FN __u64 name##__ringbuf_query(__u64 flags)              \
	{                                                                  \
		return bpf_ringbuf_query(&__probefs_map_##name, flags);    \
	}                                                                  \
	__PROBEFS_METHODS(name, int __sent;                                \
			  void *(*ringbuf_reserve)(__u64);                 \
			  void (*ringbuf_submit)(void *, __u64);           \
			  void (*ringbuf_discard)(void *, __u64);          \
			  __u64 (*ringbuf_query)(__u64);,                  \
			  0, name##__ringbuf_reserve,                      \
			  name##__ringbuf_submit, name##__ringbuf_discard, \
			  name##__ringbuf_query)

/* --- Counters, cgroups, programs, queues, storages --------------------- */

#define BPF_PERF_ARRAY(name, n)                                            \
	__PROBEFS_MAP(name,                                                \
		      __PROBEFS_SIZES(__PROBEFS_PERF_EVENT_ARRAY, n, 0)    \
			      __PROBEFS_TYPES(int, __u32))                 \
	__PROBEFS_FN __u64 name##__perf_read(__u64 flags)                  \
	{                                                                  \
		return bpf_perf_event_read(&__probefs_map_##name, flags);  \
	}                                                                  \
	__PROBEFS_FN long name##__perf_counter_value(                      \
		__u64 flags, void *buffer, __u32 size)                     \
	{                                                                  \
		return bpf_perf_event_read_value(&__probefs_map_##name,    \
						 flags, buffer, size);     \
	}                                                                  \
	__PROBEFS_METHODS(                                                 \
		name, __u64 (*perf_read)(__u64);                           \
		long (*perf_counter_value)(__u64, void *, __u32);,         \
		name##__perf_read, name##__perf_counter_value)

#define BPF_CGROUP_ARRAY(name, n)                                          \
	__PROBEFS_MAP(name, __PROBEFS_SIZES(__PROBEFS_CGROUP_ARRAY, n, 0)  \
				    __PROBEFS_TYPES(int, __u32))           \
	__PROBEFS_FN long name##__check_current_task(__u32 index)          \
	{                                                                  \
		return bpf_current_task_under_cgroup(                      \
			&__probefs_map_##name, index);                     \
	}                                                                  \
	__PROBEFS_METHODS(name, long (*check_current_task)(__u32);,        \
			  name##__check_current_task)

/*
 * Python fills BCC's; here the functions may be named behind the size:
 * BPF_PROG_ARRAY(jumps, 4, [2] = on_close).
 */
#define BPF_PROG_ARRAY(name, n, ...)                                       \
	struct {                                                           \
		__PROBEFS_SIZES(__PROBEFS_PROG_ARRAY, n, 0)                \
		int *key;                                                  \
		int (*values[])();                                         \
	} __probefs_map_##name __asm__(#name)                              \
		__attribute__((section(".maps"), used)) = {                \
			__VA_OPT__(.values = {__VA_ARGS__})};              \
	__PROBEFS_FN void name##__call(void *ctx, __u32 index)             \
	{                                                                  \
		bpf_tail_call(ctx, &__probefs_map_##name, index);          \
	}                                                                  \
	__PROBEFS_METHODS(name, void (*call)(void *, __u32);, name##__call)

#define __PROBEFS_KEYLESS(name, map_type, leaf_type, n, ...)               \
	__PROBEFS_MAP(name,                                                \
		      __PROBEFS_SIZES(map_type, n,                         \
				      __PROBEFS_FIRST(__VA_ARGS__          \
						      __VA_OPT__(, ) 0))   \
				    typeof(leaf_type) *value;)             \
	__PROBEFS_FN long name##__push(const typeof(leaf_type) *leaf,      \
				       __u64 flags)                        \
	{                                                                  \
		return bpf_map_push_elem(&__probefs_map_##name, leaf,      \
					 flags);                           \
	}                                                                  \
	__PROBEFS_FN long name##__pop(typeof(leaf_type) *leaf)             \
	{                                                                  \
		return bpf_map_pop_elem(&__probefs_map_##name, leaf);      \
	}                                                                  \
	__PROBEFS_FN long name##__peek(typeof(leaf_type) *leaf)            \
	{                                                                  \
		return bpf_map_peek_elem(&__probefs_map_##name, leaf);     \
	}                                                                  \
	__PROBEFS_METHODS(                                                 \
		name, long (*push)(const typeof(leaf_type) *, __u64);      \
		long (*pop)(typeof(leaf_type) *);                          \
		long (*peek)(typeof(leaf_type) *);,                        \
		name##__push, name##__pop, name##__peek)

#define BPF_QUEUE(name, leaf, ...) \
	__PROBEFS_KEYLESS(name, __PROBEFS_QUEUE, leaf, __VA_ARGS__)
#define BPF_STACK(name, leaf, ...) \
	__PROBEFS_KEYLESS(name, __PROBEFS_STACK, leaf, __VA_ARGS__)
/* BPF_QUEUESTACK("queue", …), or "stack". */
#define BPF_QUEUESTACK(type, name, leaf, n, flags)                     \
	__PROBEFS_KEYLESS(name,                                        \
			  __PROBEFS_IS(type, "queue") ? __PROBEFS_QUEUE \
						      : __PROBEFS_STACK, \
			  leaf, n, flags)

/* Storages hang on an object of the kernel; @kind is sk, task or inode. */
#define __PROBEFS_STORAGE(name, map_type, kind, leaf_type)                 \
	__PROBEFS_MAP(name,                                                \
		      int(*type)[map_type];                                \
		      int(*map_flags)[__PROBEFS_F_NO_PREALLOC];            \
		      __PROBEFS_TYPES(int, leaf_type))                     \
	__PROBEFS_FN typeof(leaf_type) *name##__get(                       \
		void *object, void *leaf, __u64 flags)                     \
	{                                                                  \
		return bpf_##kind##_storage_get(&__probefs_map_##name,     \
						object, leaf, flags);      \
	}                                                                  \
	__PROBEFS_FN long name##__delete(void *object)                     \
	{                                                                  \
		return bpf_##kind##_storage_delete(&__probefs_map_##name,  \
						   object);                \
	}                                                                  \
	__PROBEFS_METHODS(                                                 \
		name,                                                      \
		typeof(leaf_type) *(*kind##_storage_get)(void *, void *,   \
							 __u64);           \
		long (*kind##_storage_delete)(void *);,                    \
		name##__get, name##__delete)

#define BPF_SK_STORAGE(name, leaf) \
	__PROBEFS_STORAGE(name, __PROBEFS_SK_STORAGE, sk, leaf)
#define BPF_TASK_STORAGE(name, leaf) \
	__PROBEFS_STORAGE(name, __PROBEFS_TASK_STORAGE, task, leaf)
#define BPF_INODE_STORAGE(name, leaf) \
	__PROBEFS_STORAGE(name, __PROBEFS_INODE_STORAGE, inode, leaf)

#define __PROBEFS_CGROUP(name, map_type, leaf_type)                        \
	__PROBEFS_MAP(name, int(*type)[map_type];                          \
		      __PROBEFS_TYPES(struct bpf_cgroup_storage_key,       \
				      leaf_type))                          \
	__PROBEFS_FN typeof(leaf_type) *name##__get_local_storage(         \
		__u64 flags)                                               \
	{                                                                  \
		return bpf_get_local_storage(&__probefs_map_##name,        \
					     flags);                       \
	}                                                                  \
	__PROBEFS_METHODS(name,                                            \
			  typeof(leaf_type) *(*get_local_storage)(__u64);, \
			  name##__get_local_storage)

#define BPF_CGROUP_STORAGE(name, leaf) \
	__PROBEFS_CGROUP(name, __PROBEFS_CGROUP_STORAGE, leaf)
#define BPF_PERCPU_CGROUP_STORAGE(name, leaf) \
	__PROBEFS_CGROUP(name, __PROBEFS_PERCPU_CGROUP_STORAGE, leaf)

/*
 * Maps of maps: BCC names the inner map in a string, which C cannot turn
 * into a name; the compiler defines __PROBEFS_INNER_name for each of them.
 */
#define __PROBEFS_OUTER(name, map_type, key_type, n)                       \
	__PROBEFS_OUTER_OF(name, __PROBEFS_INNER_##name, map_type,         \
			   key_type, n)
#define __PROBEFS_OUTER_OF(...) __PROBEFS_OUTER_MAP(__VA_ARGS__)
#define __PROBEFS_OUTER_MAP(name, inner, map_type, key_type, n)            \
	__PROBEFS_MAP(name, __PROBEFS_SIZES(map_type, n, 0)                \
				    typeof(key_type) *key;                 \
		      typeof(__probefs_map_##inner) *values[];)            \
	__PROBEFS_FN void *name##__lookup(const typeof(key_type) *key)     \
	{                                                                  \
		return bpf_map_lookup_elem(&__probefs_map_##name, key);    \
	}                                                                  \
	__PROBEFS_METHODS(name,                                            \
			  void *(*lookup)(const typeof(key_type) *);,      \
			  name##__lookup)

#define BPF_ARRAY_OF_MAPS(name, inner, n) \
	__PROBEFS_OUTER(name, __PROBEFS_ARRAY_OF_MAPS, int, n)
#define __PROBEFS_HASH_OF2(name, inner) \
	__PROBEFS_HASH_OF4(name, int, inner, 10240)
#define __PROBEFS_HASH_OF3(name, key, inner) \
	__PROBEFS_HASH_OF4(name, key, inner, 10240)
#define __PROBEFS_HASH_OF4(name, key, inner, n) \
	__PROBEFS_OUTER(name, __PROBEFS_HASH_OF_MAPS, key, n)
#define BPF_HASH_OF_MAPS(...)                                      \
	__PROBEFS_PICK4(__VA_ARGS__, __PROBEFS_HASH_OF4,           \
			__PROBEFS_HASH_OF3, __PROBEFS_HASH_OF2, ) \
	(__VA_ARGS__)

#endif
