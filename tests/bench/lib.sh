# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2120
# What the benches share: the build, a mounted probefs, a private tracefs for the
# peers, times and numbers. With PROBEFS_HEARTBEAT=FILE, which `standstill` sets,
# the daemon has heartbeat.so in it, which writes FILE.

top=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
build=${PROBEFS_BUILD:-$top/build}
bench=$build/tests/bench
M=

[ "$(id -u)" = 0 ] || {
	echo "$0: tracing needs root" >&2
	exit 1
}

# The peers want tracefs at its usual place; nobody else shall see it.
if [ -z "${PROBEFS_BENCH_PRIVATE:-}" ]; then
	export PROBEFS_BENCH_PRIVATE=1
	exec unshare -m "$0" "$@"
fi
[ -e /sys/kernel/tracing/README ] || mount -t tracefs none /sys/kernel/tracing
[ -e /sys/kernel/debug/tracing ] || mount -t debugfs none /sys/kernel/debug

build_tools() {
	[ -e "$build/build.ninja" ] || meson setup "$build" "$top" >/dev/null
	ninja -C "$build" fs/probefs bpf/compiler/probefs-compile \
		"${@/#/tests/bench/}" >"$work/ninja" ||
		{ tail -n 20 "$work/ninja"; exit 1; }
}

now() { echo "${EPOCHREALTIME/[.,]/}"; } # in microseconds

# calc EXPRESSION [DIGITS]
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $(tr -d "\n" <<<"$1") }"; }

# start_probefs [OPTION]...: a daemon at $M, $daemon its process.
start_probefs() {
	M=$work/mnt
	mkdir -p "$M"
	env ${PROBEFS_HEARTBEAT:+"HEARTBEAT=$PROBEFS_HEARTBEAT" \
		"LD_PRELOAD=$bench/heartbeat.so"} \
		"$build/fs/probefs" -f "$@" "$M" >"$work/daemon" 2>&1 </dev/null &
	daemon=$!
	for _ in {1..100}; do
		mountpoint -q "$M" && return
		sleep 0.05
	done
	cat "$work/daemon"
	exit 1
}

stop_probefs() {
	[ -n "$M" ] || return 0
	umount "$M" 2>/dev/null || umount -l "$M"
	wait "$daemon" 2>/dev/null
	M=
}

# cpu_ns PID: all that its threads have run.
cpu_ns() { awk '{ sum += $1 } END { print sum }' /proc/"$1"/task/*/schedstat; }

work=$(mktemp -d)
leave() {
	stop_probefs
	rm -rf "$work"
}
trap leave EXIT
