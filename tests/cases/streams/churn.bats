#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# The short form of tests/bench/churn. What is left in the kernel afterwards is
# found as after every case.

case_setup() { :; }

@test "20 seconds of full load, programs that come and go" {
	needs tracepoints
	# The sanitizer keeps for a while what is freed.
	[[ $build != *asan* ]] || export PROBEFS_CHURN_SLACK_KIB=300000
	run timeout 500 env PROBEFS_BUILD="$build" "$top/tests/bench/churn" 20
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *"not so"* ]]
	! grep -iE 'warning|critical|sanitizer' <<<"$output"
}
