#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Several users at once. PROBEFS_PARALLEL_S: for how long each case goes on.

seconds=${PROBEFS_PARALLEL_S:-5}
daemon_s=$((daemon_s + seconds))

# for_long COMMAND-LINE: again and again, in the background; it may fail.
for_long() {
	timeout $((seconds + patience)) bash -c "
		while [ \$SECONDS -lt $seconds ]; do
			$1
		done; true" >/dev/null 2>&1 3>&- &
	users+=($!)
}

all_are_done() {
	local pid
	for pid in "${users[@]}"; do
		wait "$pid" || fail "a user's commands did not come to their end"
	done
}

the_daemon_lives() {
	[ -d "/proc/$daemon_pid" ] || fail "the daemon died"
	cat status >/dev/null
}

@test "stats are read while functions are attached and detached" {
	needs tracepoints
	users=()
	hello_c
	user 'cp $src/hello.c progs/'
	for_long 'echo hello > tracepoints/sched/sched_process_fork; : > tracepoints/sched/sched_process_fork'
	for_long 'cat progs/hello/stats'
	for_long 'cat progs/hello/functions attached status; ls -l progs/hello'
	all_are_done
	the_daemon_lives
	user 'echo hello > tracepoints/sched/sched_process_fork'
	shows attached $'tracepoints/sched/sched_process_fork\thello:hello'
}

@test "all that can be done is done at once" {
	needs tracepoints
	users=()
	hello_c
	source_file other.c <<-'END'
		BPF_HASH(seen, u32);
		u32 state = 1;
		int hello(void *ctx) { u32 one = state; seen.increment(one); return 0; }
		TRACEPOINT_PROBE(sched, sched_process_exit)
		{
			bpf_trace_printk("exit\n");
			return 0;
		}
	END
	echo 'int hello(void *ctx) { return nothing; }' >"$src/bad.c"
	for_long 'cp $src/hello.c progs/hello.c; cp $src/other.c progs/hello.c'
	for_long 'cp $src/bad.c progs/hello.c'
	for_long 'cp $src/other.c progs/other.c; mv progs/other.c progs/third.c; rm progs/third.c'
	for_long 'echo hello:hello > tracepoints/sched/sched_process_fork; : > tracepoints/sched/sched_process_fork'
	for_long 'echo hello:hello >> tracepoints/sched/sched_process_exec; echo "!hello" >> tracepoints/sched/sched_process_exec'
	for_long 'cat progs/*/{stats,functions,errors,object} attached status errors; ls -lR progs tracepoints/sched'
	for_long 'cat progs/*/maps/* progs/*/vars/*; ls -l progs/*/maps progs/*/vars'
	for_long 'echo "7 7" >> progs/hello/maps/seen; echo "8 8" > progs/third/maps/seen; : > progs/hello/maps/seen; echo 1 > progs/hello/vars/state'
	for_long 'timeout 0.1 cat output; timeout 0.1 cat progs/hello/output.json'
	all_are_done
	the_daemon_lives
	user 'rm -f progs/*.c'
	# What a file was renamed from goes when the build of its new name ends.
	eventually shows attached
	[ -z "$(ls progs)" ]
}
