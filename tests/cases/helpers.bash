# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2164
# (bats sets status, output and lines, and ends a case at the first failure.)
#
# What every case stands on: a fresh probefs mounted at $M, in which it starts,
# sources in $src, and afterwards the proof that nothing is left, in the kernel
# or elsewhere. The words that cases are written in: user, refused, says,
# shows, event, stream, eventually, needs.

# In the guest starting a process costs a third of a second: what runs often
# uses bash alone.

bats_require_minimum_version 1.5.0

export LC_ALL=C.UTF-8
top=$(cd -P "${BASH_SOURCE[0]%/*}/../.." && pwd)
build=${PROBEFS_BUILD:-$top/build}
probefs=$build/fs/probefs
[ -x "$probefs" ] || {
	echo "There is no $probefs; build it, or say where: PROBEFS_BUILD=…" >&2
	exit 1
}

# An emulated machine is ten times slower, ThreadSanitizer several times.
patience=20
silence=0.5
[ -z "${TSAN_OPTIONS:-}" ] || patience=60
[ ! -d /run/vm ] || { patience=60 silence=3; }
daemon_s=$((patience * 10)) # after so long the daemon of a case is killed

fail() {
	printf '%s\n' "$@"
	return 1
}

# --- The kernel's state, before and after ---------------------------------

# tracefs FILE: prints a file of tracefs, which need not be mounted.
tracefs() {
	if [ -e /sys/kernel/tracing/README ]; then
		cat "/sys/kernel/tracing/$1"
		return
	fi
	unshare -m sh -c 'mount -t tracefs tracefs /mnt && cat "/mnt/$1"' sh "$1"
}

# See tests/lib/kernel_state.c.
kernel_state() { "$build/tests/lib/kernel_state"; }

# What came since the case began. A BPF object that a process holds which has
# nothing to do with probefs is that one's affair.
new_in_the_kernel() {
	local now what id rest
	now=$(kernel_state) || return
	# Nothing at all would be an empty line for comm.
	[ -n "$now" ] || return 0
	[ "$now" != "$(<"$BATS_TEST_TMPDIR/before")" ] || return 0
	comm -13 "$BATS_TEST_TMPDIR/before" - <<<"$now" |
		while read -r what id rest; do
			case $what in
			*_id:)
				# Others' daemons may let go of theirs meanwhile.
				held_by_others "$what" "$id" ||
					! kernel_state | grep -q "^$what $id " ||
					echo "$what $id $rest"
				;;
			*) echo "$what $id $rest" ;;
			esac
		done
}

held_by_others() {
	local holder holders
	holders=$(grep -lsE "^$1[[:space:]]+$2\$" /proc/[0-9]*/fdinfo/* | cut -d/ -f3 | sort -u)
	[ -n "$holders" ] || return 1
	for holder in $holders; do
		[ "$holder" != "${daemon_pid:-0}" ] || return 1
		[ "$(cat "/proc/$holder/comm")" != probefs-compile ] || return 1
	done
}

nothing_new_in_the_kernel() {
	local new
	new=$(new_in_the_kernel) && [ -z "$new" ]
}

no_process_hangs() {
	local hanging
	hanging=$(ps -eo state=,ppid=,pid=,comm= | awk '$1 == "D" && $2 != 2')
	[ -z "$hanging" ]
}

# --- Features -------------------------------------------------------------

# has FEATURE: asked of the kernel, not of the daemon.
has() {
	local answer=$BATS_RUN_TMPDIR/has_$1
	if [ ! -e "$answer" ]; then
		if "has_$1"; then echo yes; else echo no; fi >"$answer"
	fi
	[ "$(<"$answer")" = yes ]
}
has_kprobes() { tracefs kprobe_events >/dev/null 2>&1; }
has_tracepoints() { tracefs events/skb/kfree_skb/format >/dev/null 2>&1; }
has_loopback() { ip -o link show lo | grep -q 'LOWER_UP'; }
has_vim() { command -v vim.tiny || command -v vim; } >/dev/null
has_bpftool() { bpftool prog list >/dev/null 2>&1; }

needs() {
	local feature
	for feature; do
		case $feature in
		kprobes) has kprobes || skip "this kernel has no kprobes" ;;
		tracepoints) has tracepoints || skip "this kernel has no tracepoints" ;;
		loopback) has loopback || skip "the loopback interface is down" ;;
		vim) has vim || skip "vim is not installed" ;;
		*) command -v "$feature" >/dev/null || skip "$feature is not installed" ;;
		esac
	done
}

# --- Mount and unmount ----------------------------------------------------

# mount_probefs [OPTION]...
# shellcheck disable=SC2120
mount_probefs() {
	mkdir -p "$M"
	"$probefs" -f "$@" "$M" </dev/null >"$daemon_output" 2>&1 3>&- &
	daemon_pid=$!
	eventually test -e "$M/README" || fail "not mounted:" "$(cat "$daemon_output")"
	# A daemon that hangs must not hang the tests.
	(
		for ((i = 0; i < daemon_s; i++)); do
			pause 1
			[ -d "/proc/$daemon_pid" ] || exit 0
		done
		kill -9 "$daemon_pid"
	) </dev/null >/dev/null 2>&1 3>&- &
	watchdog=$!
	cd "$M"
}

unmount_probefs() {
	cd "$BATS_TEST_TMPDIR"
	eventually umount "$M" || fail "cannot unmount" || return
	eventually_gone "$daemon_pid" || fail "the daemon did not end" || return
	kill "$watchdog" 2>/dev/null || true # it looks each second and may have ended
	wait "$daemon_pid" || fail "the daemon ended with status $?" || return
	daemon_pid=
}

# What a case needs before its first line; a file may define its own.
case_setup() { mount_probefs; }

setup() {
	export M=$BATS_TEST_TMPDIR/mnt src=$BATS_TEST_TMPDIR/src
	daemon_output=$BATS_TEST_TMPDIR/daemon
	mkdir -p "$src"
	streams=()
	# Reports in files, for a daemon without -f has no output.
	[ -z "${TSAN_OPTIONS:-}" ] || TSAN_OPTIONS+=:log_path=$BATS_TEST_TMPDIR/tsan
	kernel_state >"$BATS_TEST_TMPDIR/before"
	case_setup
}

teardown() {
	local failed='' pid
	cd "$BATS_TEST_TMPDIR" || return
	for pid in "${streams[@]}"; do
		kill "$pid" 2>/dev/null
	done
	if [ -n "${daemon_pid:-}" ]; then
		# The tree's own word on what happened, for whoever reads the failure.
		[ -n "${BATS_TEST_COMPLETED:-}" ] ||
			timeout 5 sed 's/^/errors: /' "$M/errors" || true
		unmount_probefs || {
			failed=1
			kill -9 "$daemon_pid" "$watchdog" 2>/dev/null
			umount -l "$M" 2>/dev/null
		}
	fi
	if grep -iE 'warning|error|assert|critical|sanitizer|leak' "$daemon_output" 2>/dev/null; then
		echo "The daemon said so (above, suspicious)."
		failed=1
	fi
	if cat "$BATS_TEST_TMPDIR"/tsan.* 2>/dev/null; then
		echo "ThreadSanitizer said so (above)."
		failed=1
	fi
	if grep -q " $BATS_TEST_TMPDIR/" /proc/self/mountinfo; then
		echo "A mount is left:" && grep " $BATS_TEST_TMPDIR/" /proc/self/mountinfo
		failed=1
	fi
	eventually nothing_new_in_the_kernel || {
		echo "Left in the kernel:"
		new_in_the_kernel
		failed=1
	}
	eventually no_process_hangs || {
		echo "In D state:" && ps -eo state=,ppid=,pid=,comm= | awk '$1 == "D"'
		failed=1
	}
	[ -z "$failed" ]
}

# --- The words of the cases ----------------------------------------------

# eventually COMMAND...: true as soon as it is, false when patience is over.
eventually() {
	local until=$((SECONDS + patience))
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $until ] || return 1
		pause 0.05
	done
}
eventually_gone() { eventually is_gone "$1"; }
is_gone() {
	local stat
	! read -r stat 2>/dev/null <"/proc/$1/stat" || [[ $stat == *') Z '* ]]
}

# pause SECONDS: sleep without a process; nobody writes there.
exec {nothing}<> <(:)
pause() { read -rt "$1" -u "$nothing" || true; }

# user COMMAND-LINE: what a user types, in bash or $user_shell; must succeed.
user() {
	local shell_words
	read -ra shell_words <<<"${user_shell:-bash}"
	run timeout "$patience" "${shell_words[@]}" -c "$1"
	[ "$status" -eq 0 ] || fail "\$ $1" "$output" "status $status"
}

# refused ERRNO COMMAND-LINE: must fail, and the command must report ERRNO.
refused() {
	local message shell_words
	read -ra shell_words <<<"${user_shell:-bash}"
	message=$(errno_text "$1")
	run timeout "$patience" "${shell_words[@]}" -c "$2"
	[ "$status" -ne 0 ] || fail "\$ $2" "succeeded, but should have failed with $1"
	[[ $output == *"$message"* ]] || fail "\$ $2" "$output" "should have failed with $1"
}

errno_text() {
	case $1 in
	E2BIG) echo "Argument list too long" ;;
	EACCES) echo "Permission denied" ;;
	EEXIST) echo "File exists" ;;
	EFBIG) echo "File too large" ;;
	EINVAL) echo "Invalid argument" ;;
	ENAMETOOLONG) echo "File name too long" ;;
	ENOENT) echo "No such file or directory" ;;
	ERANGE) echo "Numerical result out of range" ;;
	ENOPKG) echo "Package not installed" ;;
	EOPNOTSUPP) echo "Operation not supported" ;;
	EPERM) echo "Operation not permitted" ;;
	ESRCH) echo "No such process" ;;
	*) echo "no text for $1" ;;
	esac
}

# says FILE REGEX: the file has a line that matches.
says() {
	grep -Eiq -- "$2" "$1" || fail "$1 should say: $2" "it says:" "$(cat "$1")"
}

# shows FILE LINE...: the file has exactly these lines.
shows() {
	local file=$1
	shift
	[ "$(cat "$file")" = "$(printf '%s\n' "$@")" ] ||
		fail "$file should show:" "$@" "it shows:" "$(cat "$file")"
}

# event FILE REGEX: such a line comes from a stream.
event() {
	timeout "$patience" grep -m 1 -E -- "$2" "$1" ||
		fail "no event in $1 that matches: $2"
}

# no_event FILE REGEX: such a line does not come in a time that is long enough.
no_event() {
	local found
	! found=$(timeout "$silence" grep -m 1 -E -- "$2" "$1") || fail "an event in $1: $found"
}

# stream FILE NAME: a reader in the background that writes to $src/NAME.
stream() {
	cat "$1" >"$src/$2" 2>"$src/$2.stderr" 3>&- &
	streams+=($!)
}

# source_file NAME: standard input becomes $src/NAME.
source_file() { cat >"$src/$1"; }

hello_c() {
	source_file hello.c <<-'END'
		int hello(void *ctx)
		{
			bpf_trace_printk("Hello\n");
			return 0;
		}
	END
}

# long_c N: long.c, of N functions, which takes long to compile.
long_c() {
	local i
	{
		for ((i = 0; i < $1; i++)); do
			echo "static int f$i(int x) { return x * $i + 1; }"
		done
		cat <<-'END'
			int hello(void *ctx) { bpf_trace_printk("Hello\n"); return 0; }
		END
	} >"$src/long.c"
}

# Things to trace.
clone_a_process() { (:); }
open_a_file() { cat "$1" >/dev/null 2>&1 || true; }
drop_a_packet() { echo x >/dev/udp/127.0.0.1/9; }
