/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bcc_packet_maps.h - BCC's maps of devices, processors and sockets that
 * packets are sent to. Programs that use them are for XDP and sockets: this
 * project loads them, and attaches none.
 */
#ifndef PROBEFS_BCC_PACKET_MAPS_H
#define PROBEFS_BCC_PACKET_MAPS_H

/* enum bpf_map_type, as in bcc_maps.h. */
#define __PROBEFS_DEVMAP   14
#define __PROBEFS_SOCKMAP  15
#define __PROBEFS_CPUMAP   16
#define __PROBEFS_XSKMAP   17
#define __PROBEFS_SOCKHASH 18

#define __PROBEFS_REDIRECT(name, map_type, n)                              \
	__PROBEFS_MAP(name, __PROBEFS_SIZES(map_type, n, 0)                \
				    __PROBEFS_TYPES(int, __u32))           \
	__PROBEFS_FN long name##__redirect_map(int index, __u64 flags)     \
	{                                                                  \
		return bpf_redirect_map(&__probefs_map_##name, index,      \
					flags);                            \
	}                                                                  \
	__PROBEFS_FN __u32 *name##__lookup(const int *key)                 \
	{                                                                  \
		return bpf_map_lookup_elem(&__probefs_map_##name, key);    \
	}                                                                  \
	__PROBEFS_METHODS(name, long (*redirect_map)(int, __u64);          \
			  __u32 *(*lookup)(const int *);,                  \
			  name##__redirect_map, name##__lookup)

#define BPF_DEVMAP(name, n) __PROBEFS_REDIRECT(name, __PROBEFS_DEVMAP, n)
#define BPF_CPUMAP(name, n) __PROBEFS_REDIRECT(name, __PROBEFS_CPUMAP, n)
/* A third argument is where BCC pins it: maps live in the tree here. */
#define BPF_XSKMAP(name, n, ...) \
	__PROBEFS_REDIRECT(name, __PROBEFS_XSKMAP, n)

/* @kind is what the names of helpers and methods have: hash or map. */
#define __PROBEFS_SOCKETS(name, map_type, key_type, n, kind)               \
	__PROBEFS_MAP(name, __PROBEFS_SIZES(map_type, n, 0)                \
				    __PROBEFS_TYPES(key_type, __u32))      \
	__PROBEFS_FN long name##__update(struct bpf_sock_ops *socket,      \
					 void *key, __u64 flags)           \
	{                                                                  \
		return bpf_sock_##kind##_update(                           \
			socket, &__probefs_map_##name, key, flags);        \
	}                                                                  \
	__PROBEFS_FN long name##__msg_redirect(struct sk_msg_md *message,  \
					       typeof(key_type) *key,      \
					       __u64 flags)                \
	{                                                                  \
		return bpf_msg_redirect_##kind(                            \
			message, &__probefs_map_##name,                    \
			__PROBEFS_SOCKET_KEY_##kind(key), flags);          \
	}                                                                  \
	__PROBEFS_FN long name##__sk_redirect(struct __sk_buff *skb,       \
					      typeof(key_type) *key,       \
					      __u64 flags)                 \
	{                                                                  \
		return bpf_sk_redirect_##kind(                             \
			skb, &__probefs_map_##name,                        \
			__PROBEFS_SOCKET_KEY_##kind(key), flags);          \
	}                                                                  \
	__PROBEFS_METHODS(                                                 \
		name,                                                      \
		long (*sock_##kind##_update)(struct bpf_sock_ops *,        \
					     void *, __u64);               \
		long (*msg_redirect_##kind)(struct sk_msg_md *,            \
					    typeof(key_type) *, __u64);    \
		long (*sk_redirect_##kind)(struct __sk_buff *,             \
					   typeof(key_type) *, __u64);,    \
		name##__update, name##__msg_redirect, name##__sk_redirect)

/* The helpers of a hash take the key's address, those of a map the key. */
#define __PROBEFS_SOCKET_KEY_hash(key) (key)
#define __PROBEFS_SOCKET_KEY_map(key)  (*(__u32 *)(key))

#define BPF_SOCKMAP(name, n) \
	__PROBEFS_SOCKETS(name, __PROBEFS_SOCKMAP, __u32, n, map)
#define __PROBEFS_SOCKHASH1(name)      __PROBEFS_SOCKHASH3(name, __u32, 10240)
#define __PROBEFS_SOCKHASH2(name, key) __PROBEFS_SOCKHASH3(name, key, 10240)
#define __PROBEFS_SOCKHASH3(name, key, n) \
	__PROBEFS_SOCKETS(name, __PROBEFS_SOCKHASH, key, n, hash)
#define BPF_SOCKHASH(...)                                       \
	__PROBEFS_PICK4(__VA_ARGS__, , __PROBEFS_SOCKHASH3,     \
			__PROBEFS_SOCKHASH2, __PROBEFS_SOCKHASH1) \
	(__VA_ARGS__)

#endif
