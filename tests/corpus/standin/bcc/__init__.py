# SPDX-License-Identifier: GPL-2.0-only
"""A stand-in for the Python module bcc that records instead of doing.

It owns what a tool sees of BCC: the names that tools import, and answers that
let them go on until all is asked for. What they ask (the C text, its flags,
what is to be attached) goes to bcc.recording. It must not touch BPF, nor need
any privilege.
"""

import re

from . import facts, recording
from .facts import text as _str
from .table import Table
from .usdt import USDT
from .utils import ArgString, StrcmpRewrite, printb

__all__ = ["ArgString", "BPF", "PerfHWConfig", "PerfSWConfig", "PerfType",
           "StrcmpRewrite", "USDT", "printb"]

__version__ = "0.26.0"


class PerfType:
    HARDWARE, SOFTWARE, TRACEPOINT, HW_CACHE, RAW, BREAKPOINT = range(6)


class PerfHWConfig:
    (CPU_CYCLES, INSTRUCTIONS, CACHE_REFERENCES, CACHE_MISSES,
     BRANCH_INSTRUCTIONS, BRANCH_MISSES, BUS_CYCLES, STALLED_CYCLES_FRONTEND,
     STALLED_CYCLES_BACKEND, REF_CPU_CYCLES) = range(10)


class PerfSWConfig:
    (CPU_CLOCK, TASK_CLOCK, PAGE_FAULTS, CONTEXT_SWITCHES, CPU_MIGRATIONS,
     PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ, ALIGNMENT_FAULTS, EMULATION_FAULTS,
     DUMMY, BPF_OUTPUT) = range(11)


# As perf names them, by (type, config).
_PERF_EVENTS = {
    (0, 0): "cpu-cycles", (0, 1): "instructions", (0, 2): "cache-references",
    (0, 3): "cache-misses", (0, 4): "branch-instructions",
    (0, 5): "branch-misses", (0, 6): "bus-cycles", (0, 9): "ref-cycles",
    (1, 0): "cpu-clock", (1, 1): "task-clock", (1, 2): "page-faults",
    (1, 3): "context-switches", (1, 4): "cpu-migrations",
    (1, 5): "minor-faults", (1, 6): "major-faults",
}

# Functions of the program text that BCC attaches without being asked.
_SELF_NAMING = re.compile(
    r"\b(?:kprobe__|kretprobe__|tracepoint__|raw_tracepoint__)\w+\s*\("
    r"|\b(?:TRACEPOINT|RAW_TRACEPOINT|KFUNC|KRETFUNC|KMOD_RET|LSM|"
    r"MODULE_KFUNC|MODULE_KRETFUNC)_PROBE\s*\(|\bBPF_ITER\s*\(")


def _matching(names, expression):
    pattern = re.compile(_str(expression))
    return [name for name in names if pattern.match(name)]


class NotTraceable(Exception):
    """A kernel function that is not there; some tools then try another."""

    def __init__(self, point, function):
        super().__init__(f"Failed to attach BPF program {function} to "
                         f"{point}, it's not traceable")
        self.attachment = point, function


def _point(target):
    """@target of kprobes/: a pattern where it is one as the shell has it."""
    glob = re.sub(r"\.\*", "*", re.sub(r"^\^|\$$", "", target))
    return glob if re.fullmatch(r"[\w.*]+", glob) else None


class BPF:
    SOCKET_FILTER, KPROBE, SCHED_CLS, SCHED_ACT, TRACEPOINT, XDP, \
        PERF_EVENT = range(1, 8)
    CGROUP_SKB = 8
    RAW_TRACEPOINT = 17
    TRACING = 26
    LSM = 29

    def __init__(self, src_file=b"", hdr_file=b"", text=None, debug=0,
                 cflags=(), usdt_contexts=(), **_ignored):
        if text is None:
            with open(_str(src_file), encoding="utf-8") as source:
                text = source.read()
        if isinstance(text, (bytes, ArgString)):
            text = bytes(text).decode()
        before = "".join(context.get_text() for context in usdt_contexts)
        self._n_self_naming = len(_SELF_NAMING.findall(text))
        self._tables = {}
        self._counts = {}
        self.kprobe_fds = {}
        self.uprobe_fds = {}
        self.tracepoint_fds = {}
        self._program = recording.program_begin(before + text, cflags)
        for context in usdt_contexts:
            for point, function in context.enabled:
                self._attach("usdt", point, function)

    def _attach(self, kind, target, function, *options):
        recording.program_attach(self._program, f"{kind}/{target}",
                                 _str(function), *options)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    # --- attaching ------------------------------------------------------

    def _attach_function(self, kind, event, function, pattern, *options):
        if not pattern:
            name = _str(event).partition("+")[0]
            if name not in facts.symbols():
                raise NotTraceable(f"{kind}/{_str(event)}", _str(function))
            self._attach(kind, _str(event), function, *options)
            self.kprobe_fds[_str(event)] = {}
            return
        names = _matching(facts.functions(), pattern)
        if not names:
            return
        point = _point(_str(pattern))
        if point:
            self._attach(kind, point, function, *options)
            self._counts[kind] += len(names) - 1
            return
        for name in names:
            self._attach(kind, name, function, *options)

    def attach_kprobe(self, event=b"", event_off=0, fn_name=b"", event_re=b""):
        event = _str(event)
        if event_off:
            event += "+0x%x" % event_off
        self._attach_function("kprobes", event, fn_name, event_re)

    def attach_kretprobe(self, event=b"", fn_name=b"", event_re=b"",
                         maxactive=0):
        options = ["maxactive=%d" % maxactive] if maxactive else []
        self._attach_function("kretprobes", event, fn_name, event_re, *options)

    def attach_tracepoint(self, tp=b"", tp_re=b"", fn_name=b""):
        names = [_str(tp)]
        if tp_re:
            names = self.get_tracepoints(tp_re)
        for name in names:
            self._attach("tracepoints", _str(name).replace(":", "/"), fn_name)
            self.tracepoint_fds[name] = -1

    def attach_raw_tracepoint(self, tp=b"", fn_name=b""):
        self._attach("raw_tracepoints", _str(tp), fn_name)

    def _attach_user(self, kind, name, sym, sym_re, addr, fn_name, pid,
                     sym_off):
        name = _str(name)
        path = facts.find_library(name) or facts.find_executable(name) or name
        functions = facts.user_functions(path)
        symbols = [_str(sym)]
        if sym_re:
            symbols = _matching(functions, sym_re)
        elif sym and functions and _str(sym) not in functions:
            # Some tools then try another library.
            raise Exception(f"could not determine address of symbol "
                            f"{_str(sym)} in {path}")
        options = ["pid=%d" % pid] if pid and pid > 0 else []
        for symbol in symbols:
            target = symbol or "0x%x" % (addr or 0)
            if sym_off:
                target += "+0x%x" % sym_off
            self._attach(kind, path.lstrip("/") + "/" + target, fn_name,
                         *options)
            self.uprobe_fds[target] = -1

    def attach_uprobe(self, name=b"", sym=b"", sym_re=b"", addr=None,
                      fn_name=b"", pid=-1, sym_off=0):
        self._attach_user("uprobes", name, sym, sym_re, addr, fn_name, pid,
                          sym_off)

    def attach_uretprobe(self, name=b"", sym=b"", sym_re=b"", addr=None,
                         fn_name=b"", pid=-1):
        self._attach_user("uretprobes", name, sym, sym_re, addr, fn_name, pid,
                          0)

    def attach_perf_event(self, ev_type=-1, ev_config=-1, fn_name=b"",
                          sample_period=0, sample_freq=0, pid=-1, cpu=-1,
                          group_fd=-1):
        event = _PERF_EVENTS.get((ev_type, ev_config),
                                 f"{ev_type}:{ev_config}")
        rate = f"{sample_freq}hz" if sample_freq else f"every-{sample_period}"
        self._attach("perf_events", f"{event}/{rate}", fn_name)

    def load_func(self, func_name, prog_type, device=None):
        return self

    def add_module(self, modname):
        pass

    def num_open_kprobes(self):
        return (self._counts.get("kprobes", 0) +
                self._counts.get("kretprobes", 0) + self._n_self_naming)

    def num_open_uprobes(self):
        return (self._counts.get("uprobes", 0) +
                self._counts.get("uretprobes", 0))

    def num_open_tracepoints(self):
        return self._counts.get("tracepoints", 0)

    def _detach(self, *_args, **_named):
        pass

    detach_kprobe = detach_kretprobe = detach_uprobe = detach_uretprobe = \
        detach_perf_event = detach_tracepoint = cleanup = _detach

    # --- what a tool asks about the machine -----------------------------

    @staticmethod
    def get_kprobe_functions(event_re):
        return [n.encode() for n in _matching(facts.functions(), event_re)]

    @staticmethod
    def get_tracepoints(tp_re):
        pattern = re.compile(_str(tp_re))
        names = [name.replace("/", ":") for name in facts.tracepoints()]
        return [n.encode() for n in names if pattern.match(n)]

    @staticmethod
    def tracepoint_exists(category, event):
        return f"{_str(category)}/{_str(event)}" in facts.tracepoints()

    @staticmethod
    def kernel_struct_has_field(struct_name, field_name):
        return facts.struct_has_field(_str(struct_name), _str(field_name))

    @staticmethod
    def support_kfunc():
        return (recording.option("kfunc") and
                "bpf_trampoline_link_prog" in facts.symbols())

    @staticmethod
    def support_raw_tracepoint():
        return "bpf_find_raw_tracepoint" in facts.symbols() or \
            "bpf_get_raw_tracepoint" in facts.symbols()

    support_raw_tracepoint_in_module = support_raw_tracepoint

    @staticmethod
    def get_probe_limit():
        return 1000

    @staticmethod
    def get_syscall_prefix():
        return b"__x64_sys_"

    @classmethod
    def get_syscall_fnname(cls, name):
        return cls.get_syscall_prefix() + _str(name).encode()

    @staticmethod
    def fix_syscall_fnname(name):
        return _str(name).encode()

    @staticmethod
    def ksymname(name):
        return 0xffffffff81000000 if _str(name) in facts.symbols() else -1

    @staticmethod
    def ksym(addr, show_module=False, show_offset=False):
        return b"[unknown]"

    @staticmethod
    def sym(addr, pid, show_module=False, show_offset=False, demangle=True):
        return b"[unknown]"

    @staticmethod
    def find_library(libname):
        path = facts.find_library(_str(libname))
        return path and path.encode() if isinstance(libname, bytes) else path

    @staticmethod
    def find_exe(bin_path):
        path = facts.find_executable(_str(bin_path))
        return path and path.encode() if isinstance(bin_path, bytes) else path

    @staticmethod
    def get_user_functions_and_addresses(name, sym_re):
        names = _matching(facts.user_functions(_str(name)), sym_re)
        return [(name.encode(), at) for at, name in enumerate(names, 0x1000)]

    @classmethod
    def get_user_functions(cls, name, sym_re):
        return [f for f, _ in cls.get_user_functions_and_addresses(name,
                                                                   sym_re)]

    @staticmethod
    def monotonic_time():
        return 0

    @staticmethod
    def generate_auto_includes(program_words):
        headers = {"sk_buff": "linux/skbuff.h", "file": "linux/fs.h",
                   "sock": "net/sock.h", "net_device": "linux/netdevice.h",
                   "request": "linux/blkdev.h", "bio": "linux/bio.h"}
        names = {header for name, header in headers.items()
                 if any(name in word for word in program_words)}
        return "".join(f"#include <{name}>\n" for name in sorted(names))

    # --- reading: here a tool has asked for all it wants ----------------

    def _ends(self, *_args, **_named):
        recording.done()

    perf_buffer_poll = perf_buffer_consume = kprobe_poll = _ends
    ring_buffer_poll = ring_buffer_consume = _ends
    trace_open = trace_fields = trace_readline = trace_print = _ends

    def get_table(self, name, keytype=None, leaftype=None, reducer=None,
                  flags=0):
        return self._tables.setdefault(_str(name), Table(_str(name)))

    __getitem__ = get_table
