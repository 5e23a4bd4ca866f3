#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Ten tools of BCC, unmodified: each is copied in, attached as it attaches
# itself, and what it shows is checked against what was done.

setup_file() {
	local corpus=$BATS_TEST_DIRNAME/../../corpus
	[ -e /usr/sbin/execsnoop-bpfcc ] || return 0
	"$corpus/facts" "$BATS_FILE_TMPDIR/facts" >&3
	"$corpus/record" "$BATS_FILE_TMPDIR/facts" "$BATS_FILE_TMPDIR/tools" \
		execsnoop opensnoop tcpconnect tcplife biolatency runqlat \
		funccount+fsync offcputime cachestat syscount >&3
}

case_setup() {
	needs kprobes execsnoop-bpfcc
	mount_probefs
}

# tool NAME: what the tool's user has when it has started.
tool() {
	local recorded=$BATS_FILE_TMPDIR/tools/$1 program=${1/+/-} point line
	[ -d "$recorded" ] || fail "$1 was not recorded:" \
		"$(cat "$BATS_FILE_TMPDIR/tools/not-recorded")"
	user "cp $recorded/program.c progs/$program.c"
	while read -r point line; do
		user "echo '$program:$line' >> '$point'"
	done <"$recorded/attach"
}

# map NAME FILTER: jq's answer about the map's entries, [{key, value}…].
map() {
	bpftool -j map dump name "$1" | jq -r "map(.formatted) | $2"
}

# map_says NAME FILTER: true as soon as the filter is.
map_says() {
	eventually map_is "$1" "$2" ||
		fail "map $1 is not so: $2" "$(bpftool map dump name "$1" | head -40)"
}
map_is() { [ "$(map "$1" "$2")" = true ]; }

# A listener on 127.0.0.1 that takes $1 bytes' worth of one connection and
# answers with $2; prints its port into $src/port.
listener() {
	python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], file=open(sys.argv[3], "w"), flush=True)
connection, _ = server.accept()
connection.recv(int(sys.argv[1]), socket.MSG_WAITALL)
connection.sendall(b"x" * int(sys.argv[2]))
connection.close()' "$1" "$2" "$src/port" 3>&- &
	streams+=($!)
	eventually test -s "$src/port"
	port=$(cat "$src/port")
}

@test "execsnoop: a process, its arguments and its result" {
	tool execsnoop
	/bin/echo corpus-one corpus-two
	event progs/execsnoop/output 'argv=/bin/echo'
	event progs/execsnoop/output 'argv=corpus-two'
	event progs/execsnoop/output 'comm=echo .*type=EVENT_RET.*retval=0'
}

@test "opensnoop: a file that is there and one that is not" {
	tool opensnoop
	: >"$src/there"
	open_a_file "$src/there"
	open_a_file "$src/not-there"
	event progs/opensnoop/output "ret=[0-9]+ comm=cat name=$src/there"
	event progs/opensnoop/output "ret=-2 comm=cat name=$src/not-there"
}

@test "tcpconnect: who connects to which port" {
	needs loopback
	tool tcpconnect
	listener 0 0
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	exec 7<&-
	event progs/tcpconnect/output "pid=$$ .*dport=$port task=bash"
}

@test "tcplife: a connection's ports and bytes" {
	needs loopback
	tool tcplife
	listener 100 2000
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	printf '%0100d' 0 >&7
	cat <&7 >/dev/null
	exec 7<&-
	# The kernel counts SYN and FIN as a byte each.
	event progs/tcplife/output "ports=[0-9]+ rx_b=200[0-2] tx_b=10[0-2] "
	event progs/tcplife/output "ports=[0-9]+ rx_b=10[0-2] tx_b=200[0-2] "
}

# A kernel whose compiler left no place for a probe in blk_account_io_done is
# one where the tool itself fails; the next function of every request serves.
begin_biolatency() {
	local recorded=$BATS_FILE_TMPDIR/tools/biolatency
	if ! tracefs available_filter_functions | grep -qw blk_account_io_done; then
		sed -i 's,^kprobes/blk_account_io_done ,kprobes/blk_mq_end_request ,' "$recorded/attach"
	fi
	tool biolatency
}

@test "biolatency: as many requests as were written" {
	modprobe -q loop || true
	truncate -s 1M "$src/disk"
	loop=$(losetup --show -f "$src/disk") || skip "no loop devices"
	begin_biolatency
	dd if=/dev/zero of="$loop" bs=4096 count=20 oflag=direct status=none
	map_says dist 'map(.value) | add >= 20' || {
		losetup -d "$loop"
		return 1
	}
	losetup -d "$loop"
}

@test "runqlat: waits for a processor" {
	tool runqlat
	for _ in 1 2 3 4 5 6 7 8; do
		sleep 0.01
	done
	map_says dist 'map(.value) | add >= 8'
}

@test "funccount: as many calls as were made" {
	tool funccount+fsync
	: >"$src/file"
	for _ in 1 2 3 4 5; do
		sync "$src/file"
	done
	map_says counts 'map(.value) | add >= 5'
	[ "$(find kprobes -size +0 | wc -l)" -ge 1 ]
}

@test "offcputime: a sleep is time off the processor" {
	tool offcputime
	sleep 0.3
	map_says counts 'map(select((.key.name | tostring | test("sleep")) and
		.value >= 250000)) | length >= 1'
}

@test "cachestat: pages that are written are counted" {
	tool cachestat
	dd if=/dev/zero of="$src/file" bs=4096 count=64 status=none
	cat "$src/file" >/dev/null
	map_says counts 'map(.value) | add >= 1'
}

@test "syscount: as many system calls as were made" {
	tool syscount
	python3 -c '
import os
for _ in range(700): os.sched_yield()'
	map_says data 'map(select(.key == 24 and .value >= 700)) | length == 1'
}
