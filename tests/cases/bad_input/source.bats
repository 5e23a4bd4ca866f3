#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Sources that are wrong: errno at close(), a sentence in errors and in
# progs/NAME/errors, and the next good source works.

bad_source_leaves_nothing() {
	shows attached
	hello_c
	cp "$src/hello.c" "$1"
	shows "${1%.c}/errors"
}

@test "a syntax error" {
	source_file bad.c <<-'END'
		int hello(void *ctx)
		{
			return 0
		}
	END
	refused EINVAL 'cp $src/bad.c progs/'
	says progs/bad/errors "^bad.c:3:[0-9]+: error: expected ';'"
	says errors "progs/bad.c.*bad.c:3"
	bad_source_leaves_nothing progs/bad.c
}

@test "a syntax error by echo: the shell says nothing, errors does" {
	user 'echo "int hello(" > progs/bad.c; true'
	says progs/bad/errors '^bad.c:1:[0-9]+: error:'
	says errors 'progs/bad.c'
}

@test "CR LF, a byte order mark and no newline at the end are no mistakes" {
	printf '\xef\xbb\xbfint hello(void *ctx)\r\n{\r\n\treturn 0;\r\n}' >"$src/hello.c"
	user 'cp $src/hello.c progs/'
	shows progs/hello/errors
	user 'cmp $src/hello.c progs/hello.c'
	printf '\xef\xbb\xbfint hello(\r\n' >"$src/hello.c"
	refused EINVAL 'cp $src/hello.c progs/'
	says progs/hello/errors '^hello.c:1:11: error:'
}

# What the daemon says of it fails the case, too.
@test "an empty source and an empty header are no mistakes" {
	user ': > progs/none.h; : > progs/hello.c'
	shows progs/hello/errors
	shows progs/hello/functions
	bad_source_leaves_nothing progs/hello.c
}

@test "an unknown identifier" {
	source_file bad.c <<-'END'
		int hello(void *ctx)
		{
			return NO_SUCH_THING;
		}
	END
	refused EINVAL 'cp $src/bad.c progs/'
	says progs/bad/errors "bad.c:3.*NO_SUCH_THING"
}

@test "an endless loop" {
	needs tracepoints
	source_file loop.c <<-'END'
		TRACEPOINT_PROBE(sched, sched_process_fork)
		{
			volatile int i = 0;
			while (1)
				i++;
			return 0;
		}
	END
	refused EINVAL 'cp $src/loop.c progs/'
	says progs/loop/errors 'loop'
	says progs/loop/errors 'loop.c:[0-9]+'
	says errors 'progs/loop.c'
	bad_source_leaves_nothing progs/loop.c
}

@test "a read outside a map value" {
	needs tracepoints
	source_file outside.c <<-'END'
		BPF_ARRAY(numbers, u64, 1);
		int hello(void *ctx)
		{
			int key = 0;
			u64 *n = numbers.lookup(&key);
			if (n)
				bpf_trace_printk("%d\n", n[100]);
			return 0;
		}
	END
	user 'cp $src/outside.c progs/'
	refused EINVAL 'echo hello > tracepoints/sched/sched_process_fork'
	says progs/outside/errors 'hello'
	says progs/outside/errors 'outside.c:[67]'
	shows tracepoints/sched/sched_process_fork
}

@test "a source of 10 MB" {
	(hello_c_text; head -c 10000000 /dev/zero | tr '\0' '/') >"$src/big.c"
	refused EFBIG 'cp $src/big.c progs/'
	says errors 'progs/big.c.*(large|big|limit|bytes)'
	bad_source_leaves_nothing progs/big.c
}
hello_c_text() { hello_c && cat "$src/hello.c"; }

@test "an include that is not there" {
	source_file bad.c <<-'END'
		#include "nowhere.h"
		int hello(void *ctx) { return 0; }
	END
	refused EINVAL 'cp $src/bad.c progs/'
	says progs/bad/errors "bad.c:1.*nowhere.h"
	says errors 'nowhere.h'
}

@test "an include of a secret says nothing of it" {
	echo 'root:secret' >"$src/secret"
	chmod 600 "$src/secret"
	source_file bad.c <<-END
		#include "$src/secret"
		int hello(void *ctx) { return 0; }
	END
	refused EINVAL 'cp $src/bad.c progs/'
	run cat progs/bad/errors errors
	[[ $output != *root:* ]]
}

@test "a source whose compile never ends is ended, and ls answers meanwhile" {
	{
		echo '#define A0 x x x x x x x x x x'
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
			echo "#define A$i A$((i - 1)) A$((i - 1)) A$((i - 1)) A$((i - 1)) A$((i - 1)) A$((i - 1)) A$((i - 1)) A$((i - 1))"
		done
		echo 'int hello(void *ctx) { return 0; } A12'
	} | source_file endless.c
	patience=60
	timeout 90 cp "$src/endless.c" progs/ 2>"$src/message" 3>&- &
	compiling=$!
	sleep 1
	user 'time ls -lR progs; cat status; ls tracepoints'
	# Not by run: its subshell has no such child.
	if wait "$compiling"; then fail "the endless source compiled"; fi
	says progs/endless/errors 'endless.c|limit|time|memory'
	says errors 'progs/endless.c'
}

@test "an attach to what the source names but the kernel has not" {
	needs tracepoints
	source_file bad.c <<-'END'
		TRACEPOINT_PROBE(sched, sched_process_fokr)
		{
			return 0;
		}
	END
	refused EINVAL 'cp $src/bad.c progs/'
	says progs/bad/errors '^bad.c:1: error: .*no tracepoint sched/sched_process_fokr'
	says progs/bad/errors 'did you mean sched_process_fork?'
}

@test "an object that is none" {
	user 'cp $src/../mnt/README $src/bad.o'
	refused EINVAL 'cp $src/bad.o progs/'
	says progs/bad/errors 'ELF|object'
}
