#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The daemon started where it cannot work: a sentence and status 1.

case_setup() { mkdir -p "$M"; }

starts_not() {
	local sentence=$1
	shift
	run timeout "$patience" "$@"
	[ "$status" -eq 1 ] || fail "status $status" "$output"
	[[ ${lines[0]} =~ $sentence ]] || fail "should say: $sentence" "$output"
	[ "${#lines[@]}" -le 2 ] || fail "too much said:" "$output"
}

@test "twice on one mount point" {
	mount_probefs
	starts_not 'already' "$probefs" -f "$M"
	[ -e README ]
	[ "$(grep -c " $M " /proc/self/mountinfo)" -eq 1 ]
}

@test "on a directory that does not exist" {
	starts_not 'nowhere.*(does not exist|no such)' "$probefs" -f "$M/nowhere"
}

@test "on a file" {
	: >"$src/file"
	starts_not 'not a directory' "$probefs" -f "$src/file"
}

@test "without privileges" {
	# Root without capabilities, not nobody: a checkout below /root must do.
	starts_not 'root.s privileges' \
		setpriv --bounding-set -all --inh-caps -all "$probefs" -f "$M"
}

@test "on a kernel without BTF" {
	starts_not 'BTF' unshare -m sh -c \
		'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$probefs" -f "$M"
}

@test "without a mount point, and with an option that is none" {
	run "$probefs"
	[ "$status" -ne 0 ]
	[[ $output == *'mount point is missing'* ]]
	run "$probefs" -o colour=red "$M"
	[ "$status" -ne 0 ]
	[[ $output == *colour* ]]
}

@test "without its compiler" {
	local home=$src/home
	install -D "$probefs" "$home/bin/probefs"
	probefs=$home/bin/probefs mount_probefs
	hello_c
	refused ENOPKG 'cp $src/hello.c progs/'
	says progs/hello/errors "not installed: $home/libexec/probefs/probefs-compile: No such file"
	install -D -m 600 "$build/bpf/compiler/probefs-compile" "$home/libexec/probefs/probefs-compile"
	refused ENOPKG 'cp $src/hello.c progs/'
	says progs/hello/errors 'probefs-compile: Permission denied'
	chmod 755 "$home/libexec/probefs/probefs-compile"
	refused ENOPKG 'cp $src/hello.c progs/'
	says progs/hello/errors "not installed: $home/share/probefs/include: No such file"
	# It is looked for at each write: an installation mends it.
	mkdir -p "$home/share/probefs"
	cp -r "$top/bpf/include" "$home/share/probefs/include"
	user 'cp $src/hello.c progs/'
	shows progs/hello/errors
}

@test "--help and --version" {
	run -0 "$probefs" --help
	[[ $output == *MOUNTPOINT* ]]
	run -0 "$probefs" --version
	[[ $output == *probefs* ]]
}

@test "SIGTERM and SIGINT end it cleanly" {
	for signal in TERM INT; do
		mount_probefs
		cd /
		kill -$signal "$daemon_pid"
		eventually_gone "$daemon_pid"
		wait "$daemon_pid"
		run ! mountpoint -q "$M"
	done
	kill "$watchdog" 2>/dev/null || true # it looks each second and may have ended
	daemon_pid=
}

@test "SIGTERM while a directory is open" {
	mount_probefs
	exec {directory}<"$M/tracepoints"
	cd /
	kill -TERM "$daemon_pid"
	eventually_gone "$daemon_pid"
	# What it has not given back is an error to the sanitizer.
	wait "$daemon_pid"
	exec {directory}<&-
	kill "$watchdog" 2>/dev/null || true
	daemon_pid=
}

@test "without -f it returns when the tree is there" {
	run -0 timeout "$patience" "$probefs" "$M" 3>&-
	mountpoint -q "$M"
	[ -e "$M/README" ]
	daemon=$(pgrep -f "^$probefs $M\$")
	umount "$M"
	eventually_gone "$daemon"
}

@test "mount -t fuse.probefs, and umount" {
	# mount looks for it in /usr/local/bin, here one of the case's own.
	run -0 timeout "$patience" unshare -m bash -e -c '
		mount -t tmpfs none /usr/local/bin
		ln -s "$1" /usr/local/bin/probefs
		mount -t fuse.probefs none "$2"
		test -e "$2/README"
		umount "$2"' bash "$probefs" "$M" 3>&-
}

@test "umount ends it although another mount namespace has a copy" {
	mount_probefs
	cd /
	hello_c
	cp "$src/hello.c" "$M/progs/"
	cat "$M/output" >"$src/output" 2>&1 3>&- &
	reader=$!
	unshare -m sleep 60 3>&- &
	copy=$!
	streams+=("$copy")
	eventually grep -q " $M " "/proc/$copy/mountinfo"
	umount -l "$M"
	# What is mounted there next is not its own to unmount.
	mount -t tmpfs none "$M"
	eventually_gone "$daemon_pid"
	wait "$daemon_pid"
	eventually_gone "$reader"
	kill "$watchdog" 2>/dev/null || true
	daemon_pid=
	mountpoint -q "$M"
	umount "$M"
}

@test "a daemon without a descriptor left does not take its mount for gone" {
	mount_probefs
	mkdir "$src/other"
	prlimit --pid "$daemon_pid" --nofile=10:1024
	mount -t tmpfs none "$src/other"
	umount "$src/other"
	sleep 0.2
	prlimit --pid "$daemon_pid" --nofile=1024:1024
	ls progs
	[ -d "/proc/$daemon_pid" ]
}

@test "a dead mount of its own is detached at start" {
	mount_probefs
	cd /
	kill -9 "$daemon_pid"
	wait "$daemon_pid" || true
	kill "$watchdog" 2>/dev/null || true # it looks each second and may have ended
	run ! ls "$M"
	mount_probefs
	[ -e README ]
	[ "$(grep -c " $M " /proc/self/mountinfo)" -eq 1 ]
}
