# SPDX-License-Identifier: GPL-2.0-only
"""Compiles recorded programs with probefs-compile alone, and times it.

Knows the compiler's job directories (bpf/compiler/job.h) and what `facts` and
`record` leave; knows nothing of a mounted probefs.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
DEADLINE_S = 30
# By then the compiler has made ready for the next job (SPARE_DELAY_MS).
REST_S = 0.4


def program_name(name):
    """The name of the program of a recorded tool, as progs/ has it."""
    return name.replace("+", "-")


def tool_name(name):
    """The tool that the program @name is of: see `record` for the names."""
    return re.sub(r"-\d+$", "", name).partition("+")[0]


def cflags_of(recorded):
    path = os.path.join(recorded, "cflags")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as text:
        return text.read().split()


def job_fill(job, name, recorded, facts, keep):
    """Make the directory @job as the engine would."""
    source = program_name(name) + ".c"
    lines = [f"source {source}", f"btf {facts}/btf"]
    lines += [f"cflag {flag}" for flag in cflags_of(recorded)]
    lines += ["keep 1"] if keep else []
    with open(os.path.join(job, "job"), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    shutil.copyfile(os.path.join(recorded, "program.c"),
                    os.path.join(job, source))
    with open(os.path.join(job, source), encoding="utf-8") as text:
        copy_tracepoints(text.read(), job, facts)


def copy_tracepoints(text, job, facts):
    for subsystem, event in re.findall(
            r"TRACEPOINT_PROBE\(\s*(\w+)\s*,\s*(\w+)\s*\)", text):
        path = os.path.join("tracepoints", subsystem, event)
        if not os.path.exists(os.path.join(facts, path)):
            continue
        os.makedirs(os.path.join(job, "tracepoints", subsystem),
                    exist_ok=True)
        shutil.copyfile(os.path.join(facts, path), os.path.join(job, path))


class Server:
    """probefs-compile --serve, one job at a time."""

    def __init__(self, build):
        self._process = subprocess.Popen(
            [os.path.join(build, "bpf/compiler/probefs-compile"),
             "--include-dir", os.path.join(TOP, "bpf/include"), "--serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def compile(self, job):
        """(exit status, milliseconds)"""
        start = time.monotonic()
        self._process.stdin.write(job + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        took_ms = (time.monotonic() - start) * 1000
        if not answer:
            raise RuntimeError("probefs-compile --serve ended by itself")
        return int(answer.split()[-1]), took_ms

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def first_error(job):
    path = os.path.join(job, "diagnostics")
    if not os.path.exists(path):
        return "no diagnostics"
    with open(path, encoding="utf-8", errors="replace") as text:
        lines = [line for line in text.read().splitlines() if line]
    errors = [line for line in lines if "error: " in line]
    return (errors or lines or ["no word in diagnostics"])[0]


def compile_all(names, recorded, facts, build, keep_in, rest_s):
    """Yield (name, status, milliseconds, first error) of each program.

    @keep_in: a directory that shall hold the jobs afterwards, or None.
    @rest_s: the pause before each.
    """
    server = Server(build)
    try:
        for name in names:
            job = tempfile.mkdtemp(prefix="corpus-")
            if keep_in:
                os.rmdir(job)
                job = os.path.join(keep_in, program_name(name))
                shutil.rmtree(job, ignore_errors=True)
                os.makedirs(job)
            job_fill(job, name, os.path.join(recorded, name), facts, keep_in)
            time.sleep(rest_s)
            status, took_ms = server.compile(job)
            why = first_error(job) if status else ""
            if not keep_in:
                shutil.rmtree(job)
            yield name, status, took_ms, why
    finally:
        server.close()
