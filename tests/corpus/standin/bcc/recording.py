# SPDX-License-Identifier: GPL-2.0-only
"""Writes down what a tool asks of BCC; ends the tool when that is all.

Each BPF object is a directory: program.c, cflags, attach and how, as
tests/corpus/README says. A tool's second object is TOOL-2.
"""

import os
import sys

_DIRECTORY = os.environ["CORPUS_RECORD"]
_NAME = os.environ["CORPUS_NAME"]
_OPTIONS = set(os.environ.get("CORPUS_OPTIONS", "").split())

_programs = []


def option(name):
    return name in _OPTIONS


def _write(program, file, text, mode="w"):
    path = os.path.join(program, file)
    with open(path, mode, encoding="utf-8") as out:
        out.write(text)


def program_begin(source, cflags):
    """A directory for @source; "" for the empty text that only asks."""
    if not source.strip():
        return ""
    number = len(_programs) + 1
    name = _NAME if number == 1 else f"{_NAME}-{number}"
    program = os.path.join(_DIRECTORY, name)
    _programs.append(program)
    os.makedirs(program)
    _write(program, "program.c", source if source.endswith("\n")
           else source + "\n")
    _write(program, "attach", "")
    _write(program, "how", " ".join(sys.argv) + "\n")
    if cflags:
        _write(program, "cflags", " ".join(cflags) + "\n")
    return program


def program_attach(program, point, function, *options):
    _write(program, "attach", " ".join((point, function) + options) + "\n",
           "a")


def program_fails(point, function):
    """The tool's last wish, which ends it with BCC: refused here as well."""
    if _programs:
        program_attach(_programs[-1], point, function)
    done()


def done():
    """Nothing more can come: end at once, past every except clause."""
    sys.stdout.flush()
    os._exit(0 if _programs else 1)
