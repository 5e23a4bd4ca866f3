#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Signals that reach a shell while it waits for an attach that takes long.

point=tracepoints/sched/sched_process_fork

# The verifier walks through every turn of the loop.
case_setup() {
	needs tracepoints
	mount_probefs
	source_file slow.c <<-'END'
		int slow(void *ctx)
		{
			volatile unsigned int sum = 0;
			#pragma clang loop unroll(disable)
			for (int i = 0; i < 55000; i++)
				sum += i * sum + bpf_get_prandom_u32();
			return 0;
		}
	END
	user 'cp $src/slow.c progs/'
	shows progs/slow/errors
}

@test "a signal that is caught, and asks for no end, is not a failure" {
	user "trap : USR1 CHLD WINCH
		(sleep 0.01; for i in 1 2 3; do kill -USR1 \$\$; kill -WINCH \$\$; sleep 0.1; done) &
		echo slow > $point"
	[[ $output != *Interrupted* ]] || fail "$output"
	shows $point slow:slow
	[ "$(cat errors)" = "" ]
}

@test "a command that is ended by a signal goes, and what becomes of its write is reported" {
	bash -c "echo slow > $point" 3>&- &
	local writer=$! status=0
	pause 0.02
	kill -TERM "$writer" 2>/dev/null || true
	wait "$writer" || status=$?
	[ "$status" -eq 143 ] || [ "$status" -eq 0 ]
	# It went before its write, with the end of the attach, or in between: only
	# then there is something to report.
	[ "$(cat errors)" = "" ] || {
		says errors "$point uid 0: a signal ended the command .* carried out nevertheless"
		shows $point slow:slow
	}
}
