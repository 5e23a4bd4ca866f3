# SPDX-License-Identifier: GPL-2.0-only
"""What tools ask about a kernel, out of a directory that `facts` wrote."""

import functools
import os
import shutil
import subprocess

_DIRECTORY = os.environ["CORPUS_FACTS"]


def text(value):
    """@value, which tools give as bytes, str or an ArgString, as str."""
    return value if isinstance(value, str) else bytes(value).decode()


@functools.lru_cache(maxsize=None)
def _names(file):
    with open(os.path.join(_DIRECTORY, file), encoding="utf-8") as lines:
        return dict.fromkeys(line.rstrip("\n") for line in lines)


def functions():
    return _names("functions")


@functools.lru_cache(maxsize=None)
def symbols():
    return {line.split()[2] for line in _names("kallsyms")}


def tracepoints():
    return _names("tracepoint-names")


def struct_has_field(struct, field):
    """1 or 0; -1 where the kernel has no such struct, as BCC answers."""
    if f"{struct}." not in _names("fields"):
        return -1
    return int(f"{struct}.{field}" in _names("fields"))


@functools.lru_cache(maxsize=None)
def find_library(name):
    if name.startswith("/"):
        return name if os.path.isfile(name) else None
    known = subprocess.run(["/sbin/ldconfig", "-p"], check=True,
                           capture_output=True, text=True).stdout
    for line in known.splitlines():
        if line.strip().startswith(f"lib{name}.so"):
            return os.path.realpath(line.split(" => ")[1])
    return None


def find_executable(name):
    return shutil.which(name)


@functools.lru_cache(maxsize=None)
def user_functions(path):
    out = subprocess.run(["nm", "-D", "--defined-only", path], check=False,
                         capture_output=True, text=True).stdout
    fields = (line.split() for line in out.splitlines())
    return sorted({f[2].split("@")[0] for f in fields
                   if len(f) == 3 and f[1] in "TtWi"})
