# SPDX-License-Identifier: GPL-2.0-only
"""Writes recorded programs to a mounted probefs and attaches them.

Does what a user does with cp, echo and rm, and nothing else; how far a
program came is told from the tree's own files.
"""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time

from jobs import cflags_of, program_name

START_S = 60
STEP_S = 180

# What tools look for and a kernel may have as modules.
MODULES = ["ext4", "btrfs", "xfs", "nfs", "nfsv4", "kvm", "md_mod"]


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
            [os.path.join(build, "fs/probefs"), "-f",
             "-o", "allow_changing_helpers", self.path],
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

    def is_good(self):
        return self.state in ("attached", "not in this kernel")


def sentence(mount, error):
    """The tree's own word on the last failure, without when and who."""
    lines = mount.read("errors").splitlines()
    return re.sub(r"^\S+ (.*) uid \d+: ", r"\1: ",
                  lines[-1] if lines else str(error))


# What the kernel that runs lacks, and what BCC's own tool would miss there.
NOT_HERE = re.compile(r"no such (kernel function|tracepoint|raw tracepoint)|"
                      r"this kernel has no tracepoint|"
                      r"no tracepoint \S+ in subsystem|"
                      r"the kernel allows no probe there|"
                      r"uses more arguments than the tracepoint has|"
                      r"this kernel has no such helper|"
                      r"this kernel cannot do it for this function|"
                      r"this machine has no counter")


SEVERITY = ["not compiled", "not verified", "not attached",
            "not in this kernel"]


def state_of_failure(why):
    """Which step refused, by the sentence @why."""
    if NOT_HERE.search(why):
        return "not in this kernel"
    if "verifier" in why:
        return "not verified"
    return "not compiled" if "error: " in why else "not attached"


def attach_all(mount, program, lines):
    """(state, why) after writing the tool's own attachments."""
    failures, unbuilt = [], set()
    for line in lines:
        # The process that the tool was recorded for has ended.
        line = re.sub(r" pid=\d+$", f" pid={os.getpid()}", line)
        point, function = line.split(" ", 1)
        kind = point.split("/", 1)[0]
        if not mount.has(kind):
            unbuilt.add(kind)
            continue
        error = mount.write(point, f"{program}:{function}\n", "a")
        if error:
            failures.append(sentence(mount, error))
    failures.sort(key=lambda why: SEVERITY.index(state_of_failure(why)))
    if failures:
        return state_of_failure(failures[0]), failures[0]
    if unbuilt:
        return "kind not built yet", " ".join(sorted(unbuilt))
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
        why = sentence(mount, error)
        return Outcome(name, state_of_failure(why), why, took_ms)
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
