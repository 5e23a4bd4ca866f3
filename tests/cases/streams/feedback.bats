#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Readers of a stream that has what they themselves do.

case_setup() { :; }

# Each write(2) of anybody: who.
writes_c() {
	source_file writes.c <<-'END'
		TRACEPOINT_PROBE(syscalls, sys_enter_write)
		{
			char comm[16];

			bpf_get_current_comm(&comm, sizeof(comm));
			bpf_trace_printk("%s\n", comm);
			return 0;
		}
	END
	user 'cp $src/writes.c progs/'
}

lines_of() { wc -l <"$src/$1"; }
has_two() { [ "$(grep -cx "$2" "$src/$1")" -eq 2 ]; }
has_line() { grep -qx "$2" "$src/$1"; }

@test "readers whose writes are traced do not run away" {
	needs tracepoints
	local before
	mount_probefs
	writes_c
	stream progs/writes/output to_file
	cat progs/writes/output 2>/dev/null 3>&- | cat >"$src/by_pipe" 3>&- &
	streams+=($(jobs -p %%))
	sh -c 'echo >/dev/null'
	eventually has_line to_file sh
	eventually has_line by_pipe cat
	before=$(lines_of to_file)
	sleep 2
	# Three writes a turn of the consumer, which takes a millisecond.
	[ $(($(lines_of to_file) - before)) -lt 20000 ]
	timeout "$patience" ls -l progs >/dev/null
}

@test "-o exclude_readers leaves readers out, and nobody else" {
	needs tracepoints
	mount_probefs -o exclude_readers
	writes_c
	stream progs/writes/output first
	stream progs/writes/output second
	stream progs/writes/output.json third
	sleep 0.3
	: >output
	sh -c 'echo >/dev/null'
	eventually has_line first sh
	eventually has_line second sh
	sleep 0.5
	sh -c 'echo >/dev/null'
	eventually has_two second sh
	! has_line first cat
	! has_line second cat
}
