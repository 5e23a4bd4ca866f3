# SPDX-License-Identifier: GPL-2.0-only
"""Writes recorded programs to a mounted probefs and attaches them.

Does what a user does with cp, echo and rm, and nothing else; how far a
program came is told from the tree's own files.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import time

from jobs import cflags_of, program_name

START_S = 60
STEP_S = 180


class Hangs(Exception):
    """The tree did not answer in STEP_S."""


@contextlib.contextmanager
def deadline():
    def on_alarm(_signal, _frame):
        raise Hangs(f"no answer in {STEP_S} s")

    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(STEP_S)
    try:
        yield
    finally:
        signal.alarm(0)


class Mount:
    """A probefs of its own, in a directory of its own."""

    def __init__(self, build):
        self.path = tempfile.mkdtemp(prefix="corpus-mount-")
        self._log = tempfile.TemporaryFile("w+")
        self._daemon = subprocess.Popen(
            [os.path.join(build, "fs/probefs"), "-f", self.path],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        end = time.monotonic() + START_S
        while not os.path.exists(os.path.join(self.path, "status")):
            if self._daemon.poll() is not None or time.monotonic() > end:
                self.close()
                self._log.seek(0)
                raise RuntimeError("probefs: " + self._log.read().strip())
            time.sleep(0.05)

    def close(self):
        self._daemon.terminate()
        try:
            self._daemon.wait(START_S)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait()
        subprocess.run(["umount", "-l", self.path], check=False,
                       stderr=subprocess.DEVNULL)
        os.rmdir(self.path)

    def has(self, path):
        return os.path.exists(os.path.join(self.path, path))

    def read(self, path):
        try:
            with deadline(), open(os.path.join(self.path, path),
                                  encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def write(self, path, text, mode="w"):
        """None, or the OSError of write() or close()."""
        try:
            with deadline():
                with open(os.path.join(self.path, path), mode + "b",
                          buffering=0) as file:
                    file.write(text.encode())
        except OSError as error:
            return error
        return None

    def remove(self, path):
        try:
            with deadline():
                os.unlink(os.path.join(self.path, path))
        except FileNotFoundError:
            pass


class Outcome:
    """How far one program came."""

    def __init__(self, name, state, why="", took_ms=0):
        self.name, self.state, self.why = name, state, why
        self.took_ms = took_ms


def sentence(mount, program, error):
    """The last failure in plain words; the errno's where there is none."""
    lines = mount.read(f"progs/{program}/errors").splitlines()
    said = next((line for line in lines if "error" in line),
                lines[0] if lines else "")
    return said or str(error)


def last_error(mount, error):
    lines = mount.read("errors").splitlines()
    return f"{error.strerror}: {lines[-1] if lines else ''}"


def state_of_failure(mount, program, why):
    """After a refused source: was it the compiler, the verifier or else?"""
    if not mount.read(f"progs/{program}/object"):
        return "not compiled"
    return "not verified" if "verifier" in why else "not attached"


def attach_all(mount, program, lines):
    """(state, why) after writing the tool's own attachments."""
    failures, unbuilt = [], set()
    for line in lines:
        point, function = line.split(" ", 1)
        kind = point.split("/", 1)[0]
        if not mount.has(kind):
            unbuilt.add(kind)
            continue
        error = mount.write(point, f"{program}:{function}\n", "a")
        if error:
            failures.append(f"{point}: {last_error(mount, error)}")
    if any("verifier" in failure for failure in failures):
        return "not verified", next(f for f in failures if "verifier" in f)
    if failures and len(failures) + len(unbuilt) == len(lines):
        return "not attached", failures[0]
    if unbuilt:
        return "kind not built yet", " ".join(sorted(unbuilt))
    if failures:
        return "attached in part", failures[0]
    return "attached", ""


def try_program(mount, name, recorded):
    program = program_name(name)
    flags = cflags_of(recorded)
    if flags:
        mount.write(f"progs/{program}.cflags", " ".join(flags) + "\n")
    with open(os.path.join(recorded, "program.c"), encoding="utf-8") as text:
        source = text.read()
    start = time.monotonic()
    error = mount.write(f"progs/{program}.c", source)
    took_ms = (time.monotonic() - start) * 1000
    if error:
        why = sentence(mount, program, error)
        return Outcome(name, state_of_failure(mount, program, why), why,
                       took_ms)
    with open(os.path.join(recorded, "attach"), encoding="utf-8") as lines:
        state, why = attach_all(mount, program, lines.read().splitlines())
    return Outcome(name, state, why, took_ms)


def try_all(names, recorded, build):
    """Yield the Outcome of each program."""
    mount = Mount(build)
    try:
        for name in names:
            program = program_name(name)
            try:
                yield try_program(mount, name, os.path.join(recorded, name))
                mount.remove(f"progs/{program}.c")
                mount.remove(f"progs/{program}.cflags")
            except Hangs as hang:
                yield Outcome(name, "hangs", str(hang))
                return
    finally:
        mount.close()
