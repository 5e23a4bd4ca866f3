#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# What the tree itself must refuse.

@test "a file name with control characters" {
	hello_c
	refused EINVAL "cp \$src/hello.c \$'progs/hel\\001lo.c'"
	says errors 'x01|control'
	user 'ls progs'
	[ -z "$output" ]
}

@test "a write to a read-only file" {
	for file in README status attached; do
		export file
		refused EACCES 'echo x > $file'
		says errors "$file"
	done
}

@test "mkdir where nothing may be made" {
	for directory in here progs/here tracepoints/here; do
		export directory
		refused EPERM 'mkdir $directory'
		says errors "$directory"
	done
}

@test "a file where nothing may be made" {
	refused EPERM 'echo x > here'
	says errors 'here.*progs/'
	refused ENOENT 'echo x > tracepoints/here'
}

@test "a kind's name that is almost right" {
	refused ENOENT 'echo hello > kprobe/vfs_read'
	says errors '^[^ ]+ kprobe uid .*no such file; did you mean kprobes\?'
	refused ENOENT 'ls tracepoint/'
	says errors 'tracepoint uid .*did you mean tracepoints\?'
	refused ENOENT 'cat outputs'
	says errors 'did you mean output\?'
	# What programs look for all day is no mistake to tell of.
	local directory
	for directory in . tracepoints tracepoints/sched raw_tracepoints uprobes/usr; do
		[ ! -e $directory/.git ]
	done
	refused ENOENT 'ls tracepoints/.git'
	run ! grep -F .git errors
	refused ENOENT 'echo hello > tracepoints/.git'
	says errors 'tracepoints/\.git uid 0: '
}

@test "rm of a program's directory says what removes the program" {
	hello_c
	user 'cp $src/hello.c progs/'
	refused EPERM 'rm -rf progs/hello'
	says errors 'progs/hello/output uid .*rm progs/hello\.c'
	[ -e progs/hello/output ]
	user 'cp progs/hello/object $src/ready.o; cp $src/ready.o progs/'
	refused EPERM 'rm progs/ready/errors'
	says errors 'rm progs/ready\.o'
}

@test "the removal of a fixed file" {
	for file in README status output; do
		export file
		refused EPERM 'rm -f $file'
		says errors "$file"
		[ -e "$file" ]
	done
	refused EPERM 'rmdir progs'
}

@test "rm of a program while a reader waits on its output" {
	hello_c
	user 'cp $src/hello.c progs/'
	cat progs/hello/output >"$src/lines" 3>&- &
	reader=$!
	sleep 0.5
	user 'rm progs/hello.c'
	eventually_gone "$reader"
	wait "$reader"
	user 'ls progs'
	[ -z "$output" ]
}

@test "a program that is not there" {
	refused ENOENT 'cat progs/nothing/errors'
	refused ENOENT 'rm progs/nothing.c'
}
