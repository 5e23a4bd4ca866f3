#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# A source replaced while its program runs.

# version NUMBER: count.c, with a map, on a system call that only the case makes.
version() {
	source_file count.c <<-END
		BPF_HASH(seen, u32, u64);
		TRACEPOINT_PROBE(syscalls, sys_enter_swapoff)
		{
			u32 key = 1;
			u64 zero = 0, *n = seen.lookup_or_try_init(&key, &zero);
			if (n) {
				(*n)++;
				bpf_trace_printk("version $1 n %d\\n", *n);
			}
			return 0;
		}
	END
}

happen() { swapoff "$src/nothing" 2>/dev/null || true; }

@test "a good source takes over while events flow" {
	needs tracepoints
	version 1
	user 'cp $src/count.c progs/'
	shows progs/count/errors
	stream progs/count/output lines
	(while :; do happen; sleep 0.01; done) 3>&- &
	streams+=($!)
	eventually grep -q '^version 1 n 3$' "$src/lines"
	version 2
	user 'cp $src/count.c progs/'
	eventually grep -q '^version 2' "$src/lines"
	kill "${streams[1]}"
	sleep 1
	# The map was kept and no event was lost or doubled: 1, 2, 3 …
	grep -o 'n [0-9]*$' "$src/lines" | cut -d' ' -f2 >"$src/numbers"
	diff "$src/numbers" <(seq "$(wc -l <"$src/numbers")")
	[ "$(wc -l <attached)" -eq 1 ]
}

@test "a bad source leaves the old one running" {
	needs tracepoints
	version 1
	user 'cp $src/count.c progs/'
	echo 'int broken(' >>"$src/count.c"
	refused EINVAL 'cp $src/count.c progs/'
	says progs/count/errors 'count.c:[0-9]+'
	: >output
	happen
	event progs/count/output '^version 1'
	version 2
	user 'cp $src/count.c progs/'
	shows progs/count/errors
	happen
	event progs/count/output '^version 2'
}

@test "attachments made by echo are taken over" {
	needs tracepoints
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/sched/sched_process_fork'
	user "sed 's/Hello/Good day/' \$src/hello.c > progs/hello.c"
	shows progs/hello/errors
	shows tracepoints/sched/sched_process_fork hello:hello
	clone_a_process
	event progs/hello/output '^Good day$'
}

@test "a program that is renamed keeps its attachments" {
	needs tracepoints
	source_file hello.c <<-'END'
		int hello(void *ctx)
		{
			bpf_trace_printk("Hello\n");
			return 0;
		}
	END
	user 'cp $src/hello.c progs/ && echo hello:hello > tracepoints/syscalls/sys_enter_swapoff'
	user 'mv progs/hello.c progs/good-name.c'
	eventually test ! -e progs/hello
	shows tracepoints/syscalls/sys_enter_swapoff good-name:hello
	happen
	event progs/good-name/output '^Hello$'
	# Onto another that is attached there already, both are one.
	user 'cp $src/hello.c progs/ && echo hello:hello >> tracepoints/syscalls/sys_enter_swapoff'
	user 'mv progs/hello.c progs/good-name.c'
	eventually test ! -e progs/hello
	shows tracepoints/syscalls/sys_enter_swapoff good-name:hello
	# mv would take EINVAL for a directory that goes into itself.
	refused EPERM 'mv progs/good-name.c progs/a\ b.c'
	shows tracepoints/syscalls/sys_enter_swapoff good-name:hello
}

# A compile that lasts until the case has done the rest: it is there once a source
# was compiled.
stop_the_compiler() { kill -STOP "$(pgrep -P "$daemon_pid" -x probefs-compile)"; }
let_it_go_on() { kill -CONT "$(pgrep -P "$daemon_pid" -x probefs-compile)"; }

# Its build would be the last one, and the file another.
@test "a source that is written while mv replaces it" {
	local writer
	hello_c
	user 'cp $src/hello.c progs/'
	sed 's/Hello/Moved/' "$src/hello.c" >"$src/moved.c"
	user 'cp $src/moved.c progs/moved.txt'
	stop_the_compiler
	bash -c 'exec 3> progs/hello.c; echo "int two(void *ctx) { return 2; }" >&3
		mv progs/moved.txt progs/hello.c 3>&- & sleep 0.1; exec 3>&-; wait' 2>/dev/null 3>&- &
	writer=$!
	sleep 1
	let_it_go_on
	wait "$writer"
	eventually shows progs/hello/functions $'hello\tany\t'
	sleep 1
	eventually shows progs/hello/functions $'hello\tany\t'
	cmp "$src/moved.c" progs/hello.c
}

# The build of the other ends after the object was taken.
@test "an object in the place of a source that was renamed" {
	hello_c
	user 'cp $src/hello.c progs/; cat progs/hello/object > $src/hello.o'
	stop_the_compiler
	user 'mv progs/hello.c progs/other.c; cp $src/hello.o progs/'
	let_it_go_on
	eventually shows progs/other/functions $'hello\tany\t'
	sleep 1
	shows progs/hello/functions $'hello\tany\t'
}

@test "a function that is no more is detached, and said so" {
	needs tracepoints
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/sched/sched_process_fork'
	user "sed 's/hello/welcome/' \$src/hello.c > progs/hello.c || true"
	run cat tracepoints/sched/sched_process_fork progs/hello/errors
	[[ $output == *hello* ]]
}

@test "cflags recompile" {
	needs tracepoints
	source_file greet.c <<-'END'
		#ifndef GREETING
		#define GREETING "plain"
		#endif
		TRACEPOINT_PROBE(sched, sched_process_fork)
		{
			bpf_trace_printk(GREETING "\n");
			return 0;
		}
	END
	user 'cp $src/greet.c progs/'
	clone_a_process
	event progs/greet/output '^plain$'
	# Quotes mean what they mean in a shell.
	user "echo \"-DGREETING='\\\"fancy\\\"'\" > progs/greet.cflags"
	shows progs/greet/errors
	clone_a_process
	event progs/greet/output '^fancy$'
	user 'rm progs/greet.cflags; : > output'
	eventually again_plain
}
again_plain() {
	clone_a_process
	timeout 1 grep -qm 1 '^plain$' progs/greet/output
}

@test "a header of progs/ can be included" {
	needs tracepoints
	user "echo '#define GREETING \"from a header\"' > progs/common.h"
	source_file greet.c <<-'END'
		#include "common.h"
		TRACEPOINT_PROBE(sched, sched_process_fork)
		{
			bpf_trace_printk(GREETING "\n");
			return 0;
		}
	END
	user 'cp $src/greet.c progs/'
	shows progs/greet/errors
	clone_a_process
	event progs/greet/output '^from a header$'
}

@test "a renamed file keeps its number, and a new one of the old name has another" {
	local first listed
	echo one >progs/one.txt
	first=$(stat -c %i progs/one.txt)
	# No terminal, pipe or device has it: cp must not take its own for a copy.
	[ ${#first} -gt 10 ]
	user 'mv progs/one.txt progs/two.txt; echo new > progs/one.txt'
	[ "$(stat -c %i progs/two.txt)" = "$first" ]
	[ "$(stat -c %i progs/one.txt)" != "$first" ]
	listed=$(find progs -name two.txt -printf %i)
	[ "$listed" = "$first" ]
	user 'mv progs/two.txt progs/one.txt'
	[ "$(stat -c %i progs/one.txt)" = "$first" ]
	# Also when the kernel has forgotten it.
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(stat -c %i progs/one.txt)" = "$first" ]
}

# functions_of NAME: its file functions has some.
functions_of() { [ -s "progs/$1/functions" ]; }

@test "mv of a source that takes long to compile does not hold the directory" {
	needs tracepoints
	hello_c
	# The compiler is there, and stands still.
	cp "$src/hello.c" progs/first.c
	stop_the_compiler
	cp "$src/hello.c" progs/long.txt
	user 'mv progs/long.txt progs/long.c; ls progs; cat progs/long/functions'
	[ "$output" = $'first\nfirst.c\nlong\nlong.c' ] || fail "mv waited for the compile:" "$output"
	let_it_go_on
	eventually functions_of long
	[ "$(<errors)" = "" ]
	# Its attachments go with it, too.
	user 'echo long:hello > tracepoints/sched/sched_process_fork'
	stop_the_compiler
	user 'mv progs/long.c progs/other.c; ls progs'
	let_it_go_on
	[ "$output" = $'first\nfirst.c\nother\nother.c' ] || fail "the listing is:" "$output"
	eventually test ! -d progs/long
	shows attached $'tracepoints/sched/sched_process_fork\tother:hello'
	clone_a_process
	event progs/other/output '^Hello$'
}

@test "the mistake in a source that takes long to compile is in errors" {
	needs tracepoints
	hello_c
	cp "$src/hello.c" progs/long.c
	user 'echo long:hello > tracepoints/sched/sched_process_fork'
	echo 'int wrong(void *ctx) { return nothing; }' >>"$src/hello.c"
	cp "$src/hello.c" progs/long.txt
	stop_the_compiler
	user 'mv progs/long.txt progs/long.c'
	let_it_go_on
	eventually grep -q 'progs/long.c uid 0: .*nothing' errors
	says progs/long/errors 'long.c:[0-9]+:.*nothing'
	# What ran before runs on.
	shows attached $'tracepoints/sched/sched_process_fork\tlong:hello'
}
