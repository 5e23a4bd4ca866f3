# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Words of the cases about maps and variables, besides those of ../helpers.bash.

# getpriority NUMBER...: one system call for each.
getpriority() {
	python3 -c 'import os, sys
for who in sys.argv[1:]:
    try:
        os.getpriority(os.PRIO_PROCESS, int(who))
    except OSError:
        pass' "$@"
}
