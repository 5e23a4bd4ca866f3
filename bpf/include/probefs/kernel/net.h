/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net.h - sockets, addresses, packets. */
#ifndef PROBEFS_KERNEL_NET_H
#define PROBEFS_KERNEL_NET_H

#define AF_UNSPEC                  0
#define AF_UNIX                    1
#define AF_LOCAL                   1
#define AF_INET                    2
#define AF_BRIDGE                  7
#define AF_INET6                   10
#define AF_KEY                     15
#define AF_NETLINK                 16
#define AF_PACKET                  17
#define AF_ALG                     38
#define AF_VSOCK                   40
#define AF_XDP                     44
#define PF_UNSPEC                  AF_UNSPEC
#define PF_UNIX                    AF_UNIX
#define PF_INET                    AF_INET
#define PF_INET6                   AF_INET6
#define PF_NETLINK                 AF_NETLINK
#define PF_PACKET                  AF_PACKET

#define SOL_IP                     0
#define SOL_SOCKET                 1
#define SOL_TCP                    6
#define SOL_UDP                    17
#define SOL_IPV6                   41
#define SCM_RIGHTS                 0x01
#define SCM_CREDENTIALS            0x02
#define MSG_OOB                    0x1
#define MSG_PEEK                   0x2
#define MSG_DONTROUTE              0x4
#define MSG_TRUNC                  0x20
#define MSG_DONTWAIT               0x40
#define MSG_WAITALL                0x100
#define MSG_NOSIGNAL               0x4000
#define MSG_MORE                   0x8000
#define SO_REUSEADDR               2
#define SO_REUSEPORT               15

#define IFNAMSIZ                   16
#define ETH_ALEN                   6
#define ETH_HLEN                   14
#define ETH_DATA_LEN               1500
#define ETH_P_IP                   0x0800
#define ETH_P_ARP                  0x0806
#define ETH_P_8021Q                0x8100
#define ETH_P_IPV6                 0x86DD
#define ETH_P_ALL                  0x0003
#define MAX_SKB_FRAGS              17

#define TCPHDR_FIN                 0x01
#define TCPHDR_SYN                 0x02
#define TCPHDR_RST                 0x04
#define TCPHDR_PSH                 0x08
#define TCPHDR_ACK                 0x10
#define TCPHDR_URG                 0x20
#define TCPHDR_ECE                 0x40
#define TCPHDR_CWR                 0x80
#define TCP_NODELAY                1
#define ICMP_ECHOREPLY             0
#define ICMP_ECHO                  8
#define ICMPV6_ECHO_REQUEST        128
#define ICMPV6_ECHO_REPLY          129

/* Short names of the fields that the kinds of sockets have in common. */
#define sk_node                    __sk_common.skc_node
#define sk_hash                    __sk_common.skc_hash
#define sk_portpair                __sk_common.skc_portpair
#define sk_num                     __sk_common.skc_num
#define sk_dport                   __sk_common.skc_dport
#define sk_addrpair                __sk_common.skc_addrpair
#define sk_daddr                   __sk_common.skc_daddr
#define sk_rcv_saddr               __sk_common.skc_rcv_saddr
#define sk_family                  __sk_common.skc_family
#define sk_state                   __sk_common.skc_state
#define sk_reuse                   __sk_common.skc_reuse
#define sk_reuseport               __sk_common.skc_reuseport
#define sk_ipv6only                __sk_common.skc_ipv6only
#define sk_bound_dev_if            __sk_common.skc_bound_dev_if
#define sk_prot                    __sk_common.skc_prot
#define sk_net                     __sk_common.skc_net
#define sk_v6_daddr                __sk_common.skc_v6_daddr
#define sk_v6_rcv_saddr            __sk_common.skc_v6_rcv_saddr
#define sk_cookie                  __sk_common.skc_cookie
#define sk_flags                   __sk_common.skc_flags
#define inet_daddr                 sk.__sk_common.skc_daddr
#define inet_rcv_saddr             sk.__sk_common.skc_rcv_saddr
#define inet_dport                 sk.__sk_common.skc_dport
#define inet_num                   sk.__sk_common.skc_num
#define ir_num                     req.__req_common.skc_num
#define ir_rmt_port                req.__req_common.skc_dport
#define ir_rmt_addr                req.__req_common.skc_daddr
#define ir_loc_addr                req.__req_common.skc_rcv_saddr
#define ir_v6_rmt_addr             req.__req_common.skc_v6_daddr
#define ir_v6_loc_addr             req.__req_common.skc_v6_rcv_saddr
#define s6_addr                    in6_u.u6_addr8
#define s6_addr16                  in6_u.u6_addr16
#define s6_addr32                  in6_u.u6_addr32

#define inet_sk(sock)              ((struct inet_sock *)(sock))
#define inet_csk(sock)             ((struct inet_connection_sock *)(sock))
#define inet_rsk(request)          ((struct inet_request_sock *)(request))
#define tcp_sk(sock)               ((struct tcp_sock *)(sock))
#define udp_sk(sock)               ((struct udp_sock *)(sock))
#define raw_sk(sock)               ((struct raw_sock *)(sock))
#define unix_sk(sock)              ((struct unix_sock *)(sock))
#define inet6_sk(sock)             (((struct inet_sock *)(sock))->pinet6)
#define sock_net(sock)             ((sock)->__sk_common.skc_net.net)
#define dev_net(device)            ((device)->nd_net.net)
#define read_pnet(net_pointer)     ((net_pointer)->net)
#define TCP_SKB_CB(skb)            ((struct tcp_skb_cb *)&(skb)->cb[0])

#define skb_transport_header(skb)  ((skb)->head + (skb)->transport_header)
#define skb_network_header(skb)    ((skb)->head + (skb)->network_header)
#define skb_mac_header(skb)        ((skb)->head + (skb)->mac_header)
#define skb_end_pointer(skb)       ((skb)->head + (skb)->end)
#define skb_shinfo(skb)            ((struct skb_shared_info *)skb_end_pointer(skb))
#define tcp_hdr(skb)               ((struct tcphdr *)skb_transport_header(skb))
#define udp_hdr(skb)               ((struct udphdr *)skb_transport_header(skb))
#define ip_hdr(skb)                ((struct iphdr *)skb_network_header(skb))
#define ipv6_hdr(skb)              ((struct ipv6hdr *)skb_network_header(skb))
#define skb_headlen(skb)           ((skb)->len - (skb)->data_len)
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb)      ((skb)->queue_mapping - 1)
#define skb_get_queue_mapping(skb) ((skb)->queue_mapping)

#endif
