#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# usdt/PATH/PROVIDER/PROBE: places that a program marks by notes.

case_setup() {
	[ -e /sys/bus/event_source/devices/uprobe/type ] || skip "this kernel has no uprobes"
	[ "$(uname -m)" = x86_64 ] || skip "the notes of this case are written for x86_64"
	mount_probefs
}

# A program of our own, at $src/target: each line it reads passes shop/sold
# (its length, its text, a constant, a byte in memory) at one of two places,
# and shop/counted, which has a semaphore: it says so where that is not 0.
target() {
	source_file target.c <<-'END'
		#include <stdio.h>
		#include <string.h>

		__attribute__((section(".probes"))) unsigned short counted_users;
		static signed char byte = -3;

		#define NOTE(name, counter, arguments)                          \
			"990: nop\n"                                            \
			".pushsection .note.stapsdt,\"?\",\"note\"\n"           \
			".balign 4\n.4byte 992f-991f, 994f-993f, 3\n"           \
			"991: .asciz \"stapsdt\"\n992: .balign 4\n"             \
			"993: .8byte 990b, _.stapsdt.base, " counter "\n"       \
			".asciz \"shop\"\n.asciz \"" name "\"\n"                \
			".asciz \"" arguments "\"\n994: .balign 4\n"            \
			".popsection\n"                                         \
			".ifndef _.stapsdt.base\n"                              \
			".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
			".weak _.stapsdt.base\n.hidden _.stapsdt.base\n"        \
			"_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n"   \
			".popsection\n.endif\n"

		static void sell(int n, const char *line)
		{
			if (n % 2)
				__asm__ volatile(NOTE("sold", "0",
						      "-4@%0 8@%1 -4@$-7 -1@(%2)")
						 ::"r"(n), "r"(line), "r"(&byte));
			else
				__asm__ volatile(NOTE("sold", "0",
						      "-4@%1 8@%0 -4@$8 -1@(%2)")
						 ::"r"(line), "r"(n), "r"(&byte));
		}
		int main(void)
		{
			char line[64];

			while (fgets(line, sizeof(line), stdin)) {
				line[strcspn(line, "\n")] = 0;
				sell((int)strlen(line), line);
				if (*(volatile unsigned short *)&counted_users)
					printf("counted by %d\n", counted_users);
				__asm__ volatile(NOTE("counted", "counted_users", "")::);
				fflush(stdout);
			}
			return 0;
		}
	END
	cc -O1 -o "$src/target" "$src/target.c"
	readelf -n "$src/target" | grep -q 'Name: sold'
	at=${src#/}/target
	export at
}

run_target() { printf '%s\n' "$@" | "$src/target"; }

sales_c() {
	source_file sales.c <<-END
		#include <uapi/linux/ptrace.h>

		int on_sale(struct pt_regs *ctx)
		{
			int n = 0, constant = 0;
			u64 line = 0;
			char byte = 0, text[16] = {};

			bpf_usdt_readarg(1, ctx, &n);
			bpf_usdt_readarg(2, ctx, &line);
			bpf_usdt_readarg(3, ctx, &constant);
			bpf_usdt_readarg(4, ctx, &byte);
			bpf_probe_read_user_str(text, sizeof(text), (void *)line);
			bpf_trace_printk("${1:-sold} %d %s %d %d\\n", n, text,
					 constant, byte);
			return 0;
		}
		int copied(struct pt_regs *ctx)
		{
			char text[4] = {};
			int fifth = 1;

			bpf_usdt_readarg_p(2, ctx, text, 3);
			bpf_trace_printk("copied %s, fifth %d\\n", text,
					 bpf_usdt_readarg(5, ctx, &fifth));
			return 0;
		}
		int counted(void *ctx)
		{
			bpf_trace_printk("counted\\n");
			return 0;
		}
	END
	user 'cp $src/sales.c progs/'
	shows progs/sales/errors
}

# How many argument lists the newest program has in its map.
argument_lists() {
	local id
	id=$(bpftool map list | sed -n 's/^\([0-9]*\):.* name __bpf_usdt_spec .*/\1/p' | tail -n 1)
	bpftool -j map dump id "$id" | jq '[.[] | select(.formatted.value.usdt_cookie != 0)] | length'
}

@test "arguments in registers, memory and constants, at each place" {
	target
	sales_c
	user 'echo on_sale > usdt/$at/shop/sold'
	shows attached "usdt/$at/shop/sold"$'\tsales:on_sale'
	run_target one four
	event progs/sales/output '^sold 3 one -7 -3$'
	event progs/sales/output '^sold 4 four 8 -3$'
	# Who fired, in the stream of all.
	event output.json "usdt/$at/shop/sold"
	user 'rm progs/sales.c'
	shows attached
}

@test "an argument's bytes, and one that is not there" {
	target
	sales_c
	user 'echo copied > usdt/$at/shop/sold'
	run_target hello
	event progs/sales/output '^copied hel, fifth -2$'
}

@test "the semaphore counts who looks" {
	target
	sales_c
	run run_target a
	[ "$output" = "" ]
	user 'echo counted > usdt/$at/shop/counted'
	run run_target a
	[ "$output" = "counted by 1" ]
	event progs/sales/output '^counted$'
	user ': > usdt/$at/shop/counted'
	run run_target a
	[ "$output" = "" ]
}

@test "a probe without its provider, two functions, one taken away" {
	target
	sales_c
	user 'echo on_sale > usdt/$at/sold'
	user 'echo copied >> usdt/$at/sold'
	shows "usdt/$at/sold" sales:on_sale sales:copied
	run_target one
	event progs/sales/output '^sold 3 one -7 -3$'
	event progs/sales/output '^copied one'
	user "echo '!copied' >> usdt/\$at/sold"
	shows "usdt/$at/sold" sales:on_sale
	user ': > output'
	run_target four
	event progs/sales/output '^sold 4 four 8 -3$'
	no_event progs/sales/output '^copied'
}

@test "a new source takes over, and argument lists are given back" {
	target
	sales_c
	user 'echo on_sale > usdt/$at/shop/sold'
	sales_c bought
	run_target one
	event progs/sales/output '^bought 3 one -7 -3$'
	user 'for i in {1..4}; do : > usdt/$at/shop/sold; echo on_sale > usdt/$at/shop/sold; done'
	user ': > output'
	run_target four
	event progs/sales/output '^bought 4 four 8 -3$'
	! has bpftool || [ "$(argument_lists)" -eq 2 ]
	user ': > usdt/$at/shop/sold'
	! has bpftool || [ "$(argument_lists)" -eq 0 ]
}

@test "one process alone" {
	target
	sales_c
	mkfifo "$src/fifo"
	"$src/target" <"$src/fifo" >/dev/null 3>&- &
	local pid=$!
	streams+=("$pid")
	exec 7>"$src/fifo"
	user "echo on_sale pid=$pid > usdt/\$at/shop/sold"
	shows "usdt/$at/shop/sold" "sales:on_sale pid=$pid"
	run_target other
	echo mine >&7
	event progs/sales/output '^sold 4 mine 8 -3$'
	no_event progs/sales/output other
	exec 7>&-
}

@test "BPF_USDT and a section that names its target" {
	target
	source_file tool.c <<-END
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>
		#include <bpf/bpf_tracing.h>
		#include <bpf/usdt.bpf.h>

		SEC("usdt/$src/target:shop:sold")
		int BPF_USDT(sale, int n, void *line, int constant)
		{
			bpf_printk("sale of %d, %d, %d arguments", n, constant,
				   bpf_usdt_arg_cnt(ctx));
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	user 'cp $src/tool.c progs/'
	shows progs/tool/errors
	shows attached "usdt/$at/shop/sold"$'\ttool:sale'
	run_target one four
	event progs/tool/output '^sale of 3, -7, 4 arguments$'
	event progs/tool/output '^sale of 4, 8, 4 arguments$'
}

@test "providers and probes are listed" {
	target
	user 'ls usdt/$at'
	[ "$output" = shop ]
	user 'ls usdt/$at/shop'
	[ "$output" = $'counted\nsold' ]
}

@test "a mistake gets a sentence" {
	target
	sales_c
	refused ENOENT 'echo counted > usdt/$at/shop/slod'
	says errors 'has no USDT probe shop/slod; did you mean shop/sold\?'
	refused ENOENT 'echo counted > usdt/$at/counter'
	says errors 'did you mean counted\?'
	refused ENOENT 'echo counted > usdt/bin/true/shop/sold'
	says errors 'it has no USDT probes'
	refused ESRCH 'echo counted pid=4194303 > usdt/$at/sold'
	shows attached
}
