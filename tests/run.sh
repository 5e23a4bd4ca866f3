#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sudo tests/run.sh: installs what the tests need and runs everything: build,
# unit tests, cases here, those that want another kernel in the guest, all with
# ASan and UBSan, what several users do at once with TSan, analyzers, layering.
# Goes on after a failure. Its last line is "N passed, N failed, N skipped"; a
# case counts as skipped only where it ran nowhere. Exit status 1 when something
# failed.
#
# tests/run.sh PART...: some of packages build analyze unit host guest asan tsan,
# or guest_all, which no other includes: every case in the guest.
set -uo pipefail
exec </dev/null

top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top" || exit 1

for part; do
	case $part in
	packages | build | analyze | unit | host | guest | guest_all | asan | tsan) ;;
	*)
		echo "tests/run.sh: no part is named $part" >&2
		exit 2
		;;
	esac
done

export PROBEFS_BUILD=${PROBEFS_BUILD:-$top/build}
asan_build=$PROBEFS_BUILD-asan
tsan_build=$PROBEFS_BUILD-tsan

if [ "$(id -u)" != 0 ]; then
	echo "tests/run.sh: tracing the kernel needs root: sudo $0" >&2
	exit 1
fi

work=$(mktemp -d)
export TMPDIR=$work
declare -A children=()
# Also after Ctrl-C in the middle of a case no mount, process or file is left.
cleanup() {
	local mount child
	for child in "${children[@]}"; do
		kill -- "-$child" 2>/dev/null
	done
	awk -v work="$work/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo |
		while read -r mount; do
			umount -l "$mount"
		done
	rm -rf "$work"
	[ -z "${SUDO_UID:-}" ] ||
		chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$PROBEFS_BUILD" "$asan_build" \
			"$tsan_build" 2>/dev/null
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

passed=0
failed=0
skipped=0
failures=()
died=() # files whose first machine in the guest did not come to an end

pass() { passed=$((passed + 1)); }
failure() {
	failed=$((failed + 1))
	failures+=("$1")
}

step() { printf '\n=== %s (after %d min %02d s)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

# begin NAME COMMAND...: starts it in a process group of its own, which cleanup
# can end; finish NAME waits for it.
begin() {
	local name=$1
	shift
	set -m
	"$@" &
	children[$name]=$!
	set +m
}

finish() {
	local status=0
	wait "${children[$1]}" || status=$?
	unset "children[$1]"
	return $status
}

# one NAME COMMAND...: a test that is one command.
one() {
	local name=$1
	shift
	begin one "$@"
	if finish one; then
		pass
	else
		failure "$name"
		echo "not ok: $name"
	fi
}

build() {
	local directory=$1
	shift
	if ! build_in "$directory" "$@" >"$work/build" 2>&1; then
		cat "$work/build"
		return 1
	fi
	# What the compiler only warns of is an error; meson has warnings too.
	grep -i 'warning' "$work/build"
	return 0
}

build_in() {
	local directory=$1
	shift
	[ -e "$directory/build.ninja" ] || meson setup "$directory" "$top" "$@" || return
	meson configure "$directory" -Dwerror=true "$@" || return
	ninja -C "$directory"
}

# unit NAME DIRECTORY [COMMAND]...: each of meson's tests is one; COMMAND starts
# meson.
unit() {
	local log=$2/meson-logs/testlog.json name result
	rm -f "$log"
	begin unit "${@:3}" meson test -C "$2" --no-rebuild --print-errorlogs -t 3
	finish unit
	[ -e "$log" ] || failure "$1: meson test"
	while IFS=$'\t' read -r name result; do
		case $result in
		OK | EXPECTEDFAIL) pass ;;
		SKIP) skipped=$((skipped + 1)) ;;
		*) failure "$1: $name" ;;
		esac
	done < <(jq -r '[.name, .result] | @tsv' "$log" 2>/dev/null)
}

# cases NAME COMMAND...: bats cases, shown as they come, and their TAP kept. Half
# an hour, ten times what they take, is for a case that hangs.
cases() {
	local name=$1 tap=$work/$1.tap group shown
	shift
	: >"$tap.all"
	begin "$name" timeout -k 30 1800 "$@" >"$tap.all" 2>&1
	group=${children[$name]}
	# With --pid tail would call kill() each second, which cases trace.
	tail -f -n +1 "$tap.all" &
	shown=$!
	finish "$name"
	sleep 1
	kill "$shown"
	wait "$shown" 2>/dev/null
	kill -- "-$group" 2>/dev/null # what a case that hung has started
	count_cases "$name"
}

# count_cases NAME: what $work/NAME.tap.all says.
count_cases() {
	local name=$1 tap=$work/$1.tap planned got line
	grep -E '^(1\.\.|(not )?ok )' "$tap.all" >"$tap"
	planned=$(sed -n 's/^1\.\.//p' "$tap")
	got=$(grep -Ec '^(not )?ok ' "$tap")
	if [ "$got" -eq 0 ] || [ "$got" -ne "${planned:-0}" ]; then
		failure "$name: only $got of ${planned:-?} cases came to an end"
		tail -n 100 "$tap.all" >"$tap.why"
	fi
	passed=$((passed + $(grep -Ec '^ok ' "$tap") - $(grep -Ec '^ok .* # skip' "$tap")))
	while read -r line; do
		failure "$name: $line"
	done < <(sed -n -E 's/^not ok [0-9]+ //p' "$tap")
	# A failure's own words stand in comments below it.
	awk '/^(1\.\.|ok )/ { shown = 0 } /^not ok / { shown = 1 } shown' \
		"$tap.all" >>"$tap.why"
}

# Cases that were skipped wherever they were tried.
count_skipped() {
	local line
	while read -r line; do
		skipped=$((skipped + 1))
		echo "skipped: $line"
	done < <(
		cat "$work"/*.tap 2>/dev/null | sed -n -E 's/^ok [0-9]+ (.*) # skip.*/\1/p' | sort -u |
			comm -23 - <(cat "$work"/*.tap 2>/dev/null | grep -v ' # skip' |
				sed -n -E 's/^(not )?ok [0-9]+ //p' | sort -u)
	)
}

run_packages() {
	step "Packages"
	one packages tests/lib/packages.sh test
}

run_build() {
	step "Build"
	one build build "$PROBEFS_BUILD"
}

run_analyze() {
	step "Layering and analyzers"
	one "layering: self-test" tests/layering --self-test
	one layering tests/layering
	for check in format shell gcc clang cppcheck; do
		one "analyze $check" tests/analyze "$check"
	done
}

run_unit() {
	step "Unit tests"
	unit unit "$PROBEFS_BUILD"
}

run_host() {
	step "Cases on this kernel"
	cases host bats --formatter tap -r tests/cases
}

# longest_first, files of cases on standard input. In the corpus a case is a
# whole tool or many.
longest_first() {
	local file n
	while read -r file; do
		n=$(bats -c "$file")
		[[ $file != */corpus/* ]] || n=$((n * 3))
		echo "$n $file"
	done | sort -k1,1nr -k2 | cut -d' ' -f2
}

guest_name() {
	local name=${1#tests/cases/}
	name=${name%.bats}
	echo "guest ${name//\//_}"
}

# came_to_an_end TAP: are there as many cases as were planned?
came_to_an_end() {
	[ "$(grep -Ec '^(not )?ok ' "$1")" = "$(sed -n 's/^1\.\.//p' "$1")" ]
}

# guest_worker FILE...: runs each that no other worker has taken, in a machine
# of its own, so that one which hangs takes no other with it. It has happened
# once, nobody knows why; there is a second try, and a first that was in vain is
# told. Cases that look for a second processor have one.
guest_worker() {
	local file tap try cpus
	for file; do
		tap=$work/$(guest_name "$file").tap.all
		(set -o noclobber && : >"$tap") 2>/dev/null || continue
		cpus=1
		! grep -q nproc "$file" || cpus=2
		for try in 1 2; do
			VM_CPUS=$cpus VM_TIMEOUT=900 tests/vm/run \
				bats --formatter tap "$file" >"$tap" 2>"$tap.stderr"
			# Each comes by a pipe of its own, in pieces.
			cat "$tap.stderr" >>"$tap"
			printf '# %s\n%s\n' "$file" "$(cat "$tap")"
			! came_to_an_end "$tap" || break
			cp "$tap" "$tap.$try"
		done
	done
}

# in_guest FILE...: an emulated machine keeps one core busy, so there are two;
# with two processors each, all would take a third longer.
in_guest() {
	local files file
	mapfile -t files < <(printf '%s\n' "$@" | longest_first)
	begin "worker 0" guest_worker "${files[@]}"
	begin "worker 1" guest_worker "${files[@]}"
	finish "worker 0"
	finish "worker 1"
	for file in "${files[@]}"; do
		count_cases "$(guest_name "$file")"
		[ ! -e "$work/$(guest_name "$file").tap.all.1" ] || died+=("$file")
	done
}

# In half an hour: the rest of the cases ask nothing of the guest's kernel that
# this one does not have.
run_guest() {
	step "In the guest: what has kprobes in it, dialects, replacement"
	local files
	mapfile -t files < <(grep -rlE 'kprobes' --include='*.bats' tests/cases | sort)
	in_guest "${files[@]}" tests/cases/main/replace.bats \
		tests/cases/dialects/{bcc_maps,bcc_helpers,libbpf}.bats
}

# Every case, in an hour.
run_guest_all() {
	step "All cases in the guest"
	local files
	mapfile -t files < <(find tests/cases -name '*.bats' | sort)
	in_guest "${files[@]}"
}

run_asan() {
	step "Build with ASan, UBSan and LSan"
	one "asan build" build "$asan_build" -Db_sanitize=address,undefined -Db_lundef=false
	export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	step "Unit tests with sanitizers"
	unit "asan unit" "$asan_build"
	step "Cases with sanitizers"
	cases asan env PROBEFS_BUILD="$asan_build" bats --formatter tap -r tests/cases
}

# no_tsan_reports: a process that was killed, or that nobody waited for, tells of
# a race here only.
no_tsan_reports() {
	local report found=0
	while read -r report; do
		cat "$report"
		found=1
	done < <(find "$work" -name 'tsan-report.*')
	return $found
}

# The unit tests, and the cases in which several users do everything at once;
# all cases would take as long as with ASan, with the same few threads.
run_tsan() {
	step "Build with TSan"
	one "tsan build" build "$tsan_build" -Db_sanitize=thread -Db_lundef=false
	# GLib's own allocator hands memory from one thread to another under a lock
	# that TSan does not see.
	export G_SLICE=always-malloc
	export TSAN_OPTIONS=halt_on_error=0:exitcode=66:suppressions=$top/tests/tsan.supp
	TSAN_OPTIONS+=:log_path=$work/tsan-report
	# gcc 12's TSan ends with "unexpected memory mapping" where addresses are
	# more random than it knows.
	local run=()
	[ "$(cat /proc/sys/vm/mmap_rnd_bits)" -le 28 ] || run=(setarch -R)
	step "Unit tests with TSan"
	unit "tsan unit" "$tsan_build" "${run[@]}"
	step "Cases with TSan"
	cases tsan "${run[@]}" env PROBEFS_BUILD="$tsan_build" \
		bats --formatter tap tests/cases/main/parallel.bats
	one "tsan reports" no_tsan_reports
	unset G_SLICE TSAN_OPTIONS
}

[ $# -gt 0 ] || set -- packages build analyze unit host guest asan tsan
for part; do
	"run_$part"
done

step "Done"
cat "$work"/*.tap.why 2>/dev/null
count_skipped
for name in "${died[@]}"; do
	echo "needed a second machine: $name"
	tail -n 100 "$work/$(guest_name "$name").tap.all.1"
done
for name in "${failures[@]}"; do
	echo "failed: $name"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
