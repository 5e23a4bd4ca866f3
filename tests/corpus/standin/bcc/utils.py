# SPDX-License-Identifier: GPL-2.0-only
"""Small things that tools import from bcc.utils."""

import os
import sys


class ArgString:
    """An argument of the command line, as str or as bytes."""

    def __init__(self, value):
        self.value = value if isinstance(value, str) else value.decode()

    def __bytes__(self):
        return self.value.encode()

    def __str__(self):
        return self.value


class StrcmpRewrite:
    @staticmethod
    def rewrite_expr(expr, bin_cmp, is_user, probe_user_list, streq_functions,
                     probeid):
        if "STRCMP" in expr:
            raise NotImplementedError("STRCMP is not recorded")
        return {"expr": expr, "streq_functions": streq_functions,
                "probeid": probeid}


def printb(text, file=sys.stdout, nl=1):
    file.write(bytes(text).decode(errors="replace") + ("\n" if nl else ""))


def get_online_cpus():
    return sorted(os.sched_getaffinity(0))


get_possible_cpus = get_online_cpus


def detect_language(_candidates, _pid):
    return None
