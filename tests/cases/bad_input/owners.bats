#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Several users of one tree: whose a program is, and what counts for it.

case_setup() {
	needs tracepoints
	mount_probefs -o allow_other,mode=777
	source_file hello.c <<-'END'
		#ifdef PLANTED
		#define WHO "planted"
		#endif
		#ifndef WHO
		#define WHO "mine"
		#endif
		TRACEPOINT_PROBE(syscalls, sys_enter_swapoff)
		{
			bpf_trace_printk(WHO "\n");
			return 0;
		}
	END
}

# as UID COMMAND-LINE: with that user's rights alone.
as() { setpriv --reuid "$1" --regid "$1" --clear-groups bash -c "$2"; }
happen() { swapoff "$src/nothing" 2>/dev/null || true; }
owner() { stat -c %u "$1"; }

@test "flags that another user has put beside a program are not used" {
	as 1000 'echo -DPLANTED > progs/hello.cflags'
	user 'cp $src/hello.c progs/'
	says errors 'progs/hello.cflags uid 1000: not used, .* uid 1000 and the source to uid 0'
	happen
	event progs/hello/output '^mine$'
	no_event progs/hello/output planted
}

@test "flags for another user's program are refused, and nothing is stored" {
	user 'cp $src/hello.c progs/'
	run as 1000 '/bin/echo -DPLANTED > progs/hello.cflags'
	[ "$status" -ne 0 ]
	[[ $output == *'Permission denied'* ]]
	[ ! -e progs/hello.cflags ]
	as 1000 'echo -DPLANTED > progs/mine.txt'
	run as 1000 'mv progs/mine.txt progs/hello.cflags'
	[[ $output == *'Permission denied'* ]]
	says errors 'progs/hello.c belongs to uid 0'
}

@test "a header of another user is not included, one of root is" {
	as 1000 'echo "#define WHO \"planted\"" > progs/who.h'
	sed -i '1i #include "who.h"' "$src/hello.c"
	refused EINVAL 'cp $src/hello.c progs/'
	says progs/hello/errors 'who.h'
	user 'rm progs/who.h; echo "#define WHO \"of root\"" > progs/who.h'
	user 'cp $src/hello.c progs/'
	happen
	event progs/hello/output '^of root$'
}

@test "root who writes over a user's source leaves it the user's" {
	cp "$src/hello.c" "$M/progs/mine.txt"
	as 1000 'cat progs/mine.txt > progs/mine.c'
	[ "$(owner progs/mine.c)" = 1000 ]
	user 'cp $src/hello.c progs/mine.c'
	[ "$(owner progs/mine.c)" = 1000 ]
	says status '^program mine: uid=1000'
	as 1000 'cat progs/mine.txt > progs/mine.c && rm progs/mine.c'
}

@test "flags that are renamed away are flags no more" {
	echo -DPLANTED >progs/hello.cflags
	user 'cp $src/hello.c progs/'
	happen
	event progs/hello/output '^planted$'
	user 'mv progs/hello.cflags progs/x'
	happens_as_mine() { happen; timeout 0.3 grep -q '^mine$' progs/hello/output; }
	eventually happens_as_mine
}

@test "a program whose source was renamed away is listed once beside a new file" {
	user 'cp $src/hello.c progs/'
	user 'mv progs/hello.c progs/hello.bak; touch progs/hello.c'
	[ "$(ls progs | grep -cx hello)" = 1 ]
}

@test "a program that runs on for a moment without its source is not another's" {
	cp "$src/hello.c" "$M/progs/mine.txt"
	as 1000 'cat progs/mine.txt > progs/mine.c; mv progs/mine.c progs/backup'
	run as 1001 '/bin/echo "int f(void *ctx) { return 0; }" > progs/mine.c'
	[ "$status" -ne 0 ]
	[[ $output == *'Permission denied'* ]]
	[ ! -e progs/mine.c ]
	is_unloaded() { [ ! -e progs/mine ] && [ "$(cat attached)" = "" ]; }
	eventually is_unloaded
}

@test "all files together have a limit" {
	for ((i = 0; i < 256; i++)); do
		head -c 1M /dev/zero >"progs/part$i" || break
	done
	run bash -c 'head -c 1M /dev/zero >progs/more'
	[ "$status" -ne 0 ]
	says errors 'progs/more: .* may have 268435456 together'
	user 'rm progs/part0; head -c 1000000 /dev/zero >progs/more'
}

@test "what is being written counts, also what many open files repeat" {
	head -c 1M /dev/zero >progs/large
	run python3 - <<-'END'
		import errno, os
		files = []
		try:
		    for i in range(300):
		        files.append(os.open('progs/large', os.O_RDWR))
		        os.pwrite(files[-1], b'x', 0)
		except OSError as e:
		    print(errno.errorcode[e.errno], i)
	END
	[[ $output =~ ^EDQUOT\ 25[0-9]$ ]] || fail "$output"
	says errors 'progs/large: .* may have 268435456 together'
	# All of it is given back.
	user 'head -c 1M /dev/zero >progs/other'
}

@test "an object may be as large as the manual says" {
	source_file large.c <<-'END'
		int hello(void *ctx) { bpf_trace_printk("Hello\n"); return 0; }
	END
	user 'cp $src/large.c progs/; cp progs/large/object $src/large.o; rm progs/large.c'
	# 5 MiB more, in a section that nobody loads.
	head -c 5M /dev/zero >"$src/filling"
	llvm-objcopy-19 --add-section .comment.filling="$src/filling" "$src/large.o"
	user 'cp $src/large.o progs/'
	says progs/large/functions '^hello'
}
