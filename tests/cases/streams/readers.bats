#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Readers of output: many, patient, and easily killed.

say_hello() {
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > tracepoints/syscalls/sys_enter_swapoff'
}
# One event, of a system call that nobody else makes.
happen() { swapoff "$src/nothing" 2>/dev/null || true; }

# start_readers N FILE: N processes blocked in a read; their ids in streams.
start_readers() {
	local i
	for ((i = 0; i < $1; i++)); do
		dd if="$2" bs=64k count=1 >/dev/null 2>&1 3>&- &
		streams+=($!)
	done
}
none_of_the_streams_lives() {
	local pid
	for pid in "${streams[@]}"; do
		is_gone "$pid" || return 1
	done
}

@test "each reader sees every event, from the oldest" {
	needs tracepoints
	say_hello
	happen
	stream progs/hello/output one
	stream progs/hello/output two
	eventually grep -q Hello "$src/one"
	eventually grep -q Hello "$src/two"
	happen
	eventually cmp "$src/one" "$src/two"
	eventually two_lines "$src/one"
	[ "$(timeout 1 cat progs/hello/output | wc -l)" -eq 2 ]
}
two_lines() { [ "$(wc -l <"$1")" -eq 2 ]; }

@test "1,000 blocked readers while ls, a compile and an attach go on" {
	needs tracepoints
	n=1000
	[ ! -d /run/vm ] || n=200
	start_readers $n output
	eventually readers_wait $n
	user 'ls -lR progs'
	say_hello
	user 'ls -lR progs; ls -l tracepoints/sched >/dev/null'
	kill -9 "${streams[@]:0:100}"
	kill -INT "${streams[@]:100:50}"
	kill -TERM "${streams[@]:100:50}"
	user 'ls -lR progs'
	happen
	# All others get the event and end.
	eventually none_of_the_streams_lives
	streams=()
}
readers_wait() {
	[ "$(awk '$1 ~ /^readers/ { print $2 }' <(tr ':' ' ' <status))" -ge "$1" ]
}

@test "kill -9, kill -INT and kill -TERM on a blocked reader" {
	for signal in KILL INT TERM; do
		python3 -c 'import signal, os
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.read(os.open("output", os.O_RDONLY), 1000)' 3>&- &
		reader=$!
		streams+=("$reader")
		eventually readers_wait 1
		kill -$signal "$reader"
		eventually_gone "$reader"
		eventually no_reader_waits
	done
}
no_reader_waits() { ! readers_wait 1; }

@test "O_NONBLOCK, poll and epoll" {
	needs tracepoints
	say_hello
	python3 - <<-'END'
		import errno, os, select
		fd = os.open("progs/hello/output", os.O_RDONLY | os.O_NONBLOCK)
		try:
		    os.read(fd, 1000)
		    raise SystemExit("read something")
		except BlockingIOError as error:
		    assert error.errno == errno.EAGAIN
		p = select.poll()
		p.register(fd, select.POLLIN)
		assert p.poll(100) == []
		e = select.epoll()
		e.register(fd, select.EPOLLIN)
		assert e.poll(0.1) == []
		import subprocess
		subprocess.run(["swapoff", "/nothing"], stderr=subprocess.DEVNULL)
		assert p.poll(20000) == [(fd, select.POLLIN)]
		assert e.poll(20) == [(fd, select.EPOLLIN)]
		assert os.read(fd, 1000) == b"Hello\n"
		assert p.poll(100) == []
	END
}

@test "shell read, head, grep and a shared descriptor" {
	needs tracepoints
	say_hello
	happen
	happen
	user 'read -r line < progs/hello/output; echo "$line"'
	[ "$output" = Hello ]
	# head's complaint that it cannot seek back is harmless.
	user 'head -n 2 progs/hello/output 2>/dev/null'
	[ "$output" = $'Hello\nHello' ]
	user 'exec < progs/hello/output; read -r a; (read -r b; echo "$a $b")'
	[ "$output" = 'Hello Hello' ]
	user "busybox head -n 1 progs/hello/output"
	[ "$output" = Hello ]
}

@test "clear and mark" {
	needs tracepoints
	say_hello
	happen
	event progs/hello/output '^Hello$'
	user 'echo "here we begin" >> output'
	event output 'here we begin'
	user ': > output'
	no_event output 'Hello|here we begin'
}

@test "every line of output.json is JSON" {
	needs tracepoints jq
	say_hello
	happen
	event output.json 'Hello' >"$src/line"
	jq -e . "$src/line"
	event progs/hello/output.json 'Hello' >"$src/line"
	jq -e . "$src/line"
}

@test "the root output's prefix is trace_pipe's" {
	needs tracepoints
	say_hello
	happen
	event output '^ *swapoff-[0-9]+ +\[[0-9]{3}\] .*[0-9]+\.[0-9]{6}: .*hello.*Hello$'
}
