#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sudo examples/quickstart.sh: from a fresh clone to the first events. Installs
# what is missing, builds into build/, mounts at /mnt/probefs, compiles hello.c
# there, attaches it and prints a few of its events. It may be run again.
#
# With --here it installs and builds nothing; it calls itself so in the guest.
set -euo pipefail

top=$(dirname "$(dirname "$(readlink -f "$0")")")
build=${PROBEFS_BUILD:-$top/build}
mount_point=/mnt/probefs
point=

say() { printf '\n== %s\n' "$*"; }

die() {
	echo "quickstart: $*" >&2
	exit 1
}

# show COMMAND-LINE: what a user would type, and its result.
show() {
	printf '# %s\n' "$1"
	bash -c "$1"
}

has_kprobes() {
	# tracefs need not be mounted; a look at it leaves no mount behind.
	unshare -m sh -c \
		'mount -t tracefs tracefs /mnt && test -e /mnt/kprobe_events' 2>/dev/null
}

# quietly COMMAND...: shows what it says only where it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || {
		printf '%s\n' "$said"
		die "$1 failed"
	}
}

meson_setup() { [ -e "$build/build.ninja" ] || meson setup "$build" "$top"; }

build_probefs() {
	say "Installing what is missing"
	if has_kprobes; then
		"$top/tests/lib/packages.sh" build
	else
		"$top/tests/lib/packages.sh" guest
	fi
	say "Building into $build"
	quietly meson_setup
	quietly ninja -C "$build" fs/probefs bpf/compiler/probefs-compile
	# What sudo built should still be the user's.
	[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$build"
}

mount_probefs() {
	if mountpoint -q "$mount_point" && [ -e "$mount_point/README" ]; then
		say "$mount_point is mounted already; going on with it"
		return
	fi
	say "Mounting at $mount_point"
	mkdir -p "$mount_point"
	show "$build/fs/probefs $mount_point"
}

# A few processes for the probe to see, until $1 ends.
make_events() {
	while kill -0 "$1" 2>/dev/null; do
		sleep 0.2
		/bin/true
	done
}

hello() {
	point=$1
	say "Compiling a program, attaching it, looking at its events"
	show "cp $top/examples/hello.c $mount_point/progs/"
	show "echo hello > $mount_point/$point"
	echo "# cat $mount_point/output          (the first 5 lines)"
	timeout 60 grep -m 5 Hello "$mount_point/output" &
	make_events $!
	wait $! || die "no events came within a minute; see $mount_point/errors"
}

# The guest is switched off when this ends, and its mount with it.
next_commands() {
	if [ -d /run/vm ]; then
		say "That was in the virtual machine, which ends now, and its mount with it"
		echo "   For a shell in one: sudo tests/vm/run"
		return
	fi
	cat <<-END

	== $mount_point stays mounted, and hello attached. As root, try next:
	   cat $mount_point/output                       # Ctrl-C ends it
	   echo '!hello' >> $mount_point/$point
	   cat $mount_point/README
	To end all: umount $mount_point
	END
}

[ "$(id -u)" = 0 ] || die "tracing the kernel needs root: sudo $0"
[ "${1:-}" = --here ] || build_probefs
mount_probefs
if has_kprobes; then
	hello kprobes/sys_clone
else
	say "This kernel was built without kprobes, so here a tracepoint instead"
	hello tracepoints/sched/sched_process_fork
	say "And the kprobe in a virtual machine with Debian's kernel (a minute)"
	PROBEFS_BUILD=$build "$top/tests/vm/run" "$top/examples/quickstart.sh" --here ||
		die "the virtual machine could not do it"
	say "Back on this machine"
fi
next_commands
