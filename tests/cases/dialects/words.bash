# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# shellcheck disable=SC2154 # ../helpers.bash sets src
# Words of the cases about dialects, besides those of ../helpers.bash. Most
# programs here run when this process sends signal 0, and print what they
# found.

# program NAME: standard input becomes a program, without a complaint. SENDER is
# the process that sends signal: what a program keeps in maps is exact only if it
# ignores all others, who may send one just then.
program() {
	echo "-DSENDER=$$" >"progs/$1.cflags"
	source_file "$1.c"
	user "cp $src/$1.c progs/"
	shows "progs/$1/errors"
}

signal() { kill -0 $$; }

# prints NAME REGEX: the program prints such a line.
prints() { event "progs/$1/output" "^$2\$"; }

# loaded NAME FUNCTION SECTION: it is said that nothing attaches it.
loaded() {
	says "progs/$1/errors" "^$2 is loaded, but nothing attaches it: SEC\(\"$3\"\)"
	bpftool prog list | grep -q " name ${2:0:15}"
}

# is_unloaded FUNCTION: a while after the rm of its program.
is_unloaded() { ! bpftool prog list | grep -q " name $1 "; }
