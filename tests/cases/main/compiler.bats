#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The compiler as a process that comes and goes.

compiler() { pgrep -P "$daemon_pid" -x probefs-compile; }

# found_compiler: the same, with its id in $found: one answer is asked for, not
# a second one that may differ from the first.
found_compiler() { found=$(compiler); }

@test "the compiler waits for the first source" {
	eventually compiler
	eventually grep -Eq '^memory of compiler: [1-9][0-9]* kB$' "$M/status"
}

@test "a compiler that was killed is there again for the next source" {
	needs tracepoints
	eventually found_compiler
	kill -9 "$found"
	for ((i = 0; i < 50; i++)); do
		compiler >/dev/null || break
		sleep 0.1
	done
	source_file hello.c <<-'END'
		int hello(void *ctx) { bpf_trace_printk("Hello\n"); return 0; }
	END
	user 'cp $src/hello.c progs/'
	shows progs/hello/errors
	eventually compiler
}

@test "a compiler that is killed at work is started again for it" {
	needs tracepoints
	local killed
	eventually found_compiler
	killed=$found
	# Long enough to be caught at it.
	long_c 3000
	cp "$src/long.c" progs/ 2>"$src/cp" 3>&- &
	writer=$!
	eventually pgrep -P "$killed" -x probefs-compile
	kill -9 "$killed"
	wait "$writer"
	shows progs/long/errors
	says progs/long/functions '^hello'
	[ "$(compiler)" != "$killed" ]
}
