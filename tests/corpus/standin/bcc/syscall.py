# SPDX-License-Identifier: GPL-2.0-only
"""The numbers of the system calls, out of the system's own header."""

import re
import subprocess


def _table():
    out = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-"],
                         stdin=subprocess.DEVNULL, capture_output=True,
                         check=True, text=True).stdout
    found = re.findall(r"#define __NR_(\w+) (\d+)", out)
    return {int(number): name.encode() for name, number in found}


syscalls = _table()


def syscall_name(number):
    return syscalls.get(number, b"[unknown: %d]" % number)
