#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# rm takes effect at once; what takes long in the kernel is not waited for.

case_setup() {
	needs tracepoints
	mount_probefs
}

# says_word NAME WORD: a program that prints the word when the case asks for it.
says_word() {
	source_file "$1.c" <<-END
		TRACEPOINT_PROBE(syscalls, sys_enter_swapoff)
		{
			bpf_trace_printk("$2\\n");
			return 0;
		}
	END
}
happen() { swapoff "$src/nothing" 2>/dev/null || true; }

@test "after rm the name is free, nothing is attached, and the next program is a new one" {
	local i
	says_word hello old
	cp "$src/hello.c" "$src/old.c"
	says_word hello new
	for ((i = 0; i < 10; i++)); do
		user 'cp $src/old.c progs/hello.c; rm progs/hello.c; cat attached; ls progs'
		[ "$output" = "" ] || fail "rm left: $output"
		user 'cp $src/hello.c progs/'
		shows attached $'tracepoints/syscalls/sys_enter_swapoff\thello:tracepoint__syscalls__sys_enter_swapoff'
		happen
		event progs/hello/output '^new$'
		rm progs/hello.c
	done
	[ "$(cat errors)" = "" ]
}

@test "a source that is being compiled can be removed; who wrote it is told" {
	local writer status=0
	long_c 6000
	cp "$src/long.c" progs/ 2>"$src/cp" 3>&- &
	writer=$!
	eventually test -d progs/long
	user 'rm progs/long.c; ls progs'
	[ "$output" = "" ]
	kill -0 "$writer" || fail "rm waited for the compiler"
	wait "$writer" || status=$?
	[ "$status" -ne 0 ]
	says errors 'progs/long.c uid 0: it was removed'
	[ "$(ls progs)" = "" ]
}
