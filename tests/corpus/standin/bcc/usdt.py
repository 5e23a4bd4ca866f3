# SPDX-License-Identifier: GPL-2.0-only
"""USDT probes: what is enabled becomes a line of the program's attach."""

import os

from . import facts
from .facts import text as _str


class USDT:
    def __init__(self, pid=None, path=None):
        if path is None:
            path = os.readlink(f"/proc/{pid}/exe")
        self.path = facts.find_library(_str(path)) or \
            facts.find_executable(_str(path)) or _str(path)
        self.pid = pid
        self.enabled = []

    def enable_probe(self, probe, fn_name):
        point = f"{self.path.lstrip('/')}/{_str(probe).replace(':', '/')}"
        self.enabled.append((point, _str(fn_name)))

    enable_probe_or_bail = enable_probe

    def get_text(self):
        return ""

    def get_probe_arg_ctype(self, _probe_name, _arg_index):
        return "unsigned long"

    def enumerate_probes(self):
        return []

    def enumerate_active_probes(self):
        return []
