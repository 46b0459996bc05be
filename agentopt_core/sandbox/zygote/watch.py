"""Watching one call: its output, its result, its time, its processes; and ending it."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from . import limits, processes
from .call import Call
from .framing import unpack

MAX_PROCESSES = 64
"""Processes and threads one call may have at a time, where they can be counted; an endless fork ends there."""
_CPU_GRACE_S = 1.0
"""Seconds in which a call that is out of CPU time may say so itself."""
_LOOK_S = 0.05
_DUMP_S = 0.5
"""Seconds a call that is out of time gets to say in which line it is."""
_CHUNK = 1 << 16


@dataclass
class Ended:
    """What became of a call."""

    header: dict[str, Any]
    """`reason` (`result`, `exit`, `wall`, `cpu`, `memory`, `processes`, `files`, `oversize`, `garbage`, `abandoned`),
    `exit` code (negative: signal), `line`, `printed` bytes in all."""
    printed: bytearray = field(default_factory=bytearray)
    result: bytes = b""
    clean: bool = True
    """Nothing that the call started is left."""
    stays: bool = False
    """Its process waits for the next cell."""


class Wakeup:
    """A descriptor that becomes readable when a child ends, so that one poll sees everything."""

    def __init__(self) -> None:
        self.fd, self._end = os.pipe()
        for end in (self.fd, self._end):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._end, warn_on_full_buffer=False)

    def clear(self) -> None:
        """Forget the wake-ups so far."""
        with suppress(BlockingIOError):
            while os.read(self.fd, _CHUNK):
                pass

    def close(self) -> None:
        """For a fork that has no use for it."""
        signal.set_wakeup_fd(-1)
        os.close(self.fd)
        os.close(self._end)


def watch(
    call: Call, wakeup: Wakeup, host: socket.socket, request: dict[str, Any], disk: int | None, *, stays: bool = False
) -> Ended:
    """See a call to its end, which comes with its result, its exit, a limit, or the host's end.

    `disk` is a descriptor of the file system that is the call's alone, where there is one. With `stays` a process that
    gave its result is stopped instead of ended.
    """
    watched = _Watched(call, request, disk)
    reason = watched.wait(wakeup, host)
    stays = stays and reason == "result"
    if stays:
        call.stop()
        clean = processes.end_descendants(keep={call.pid})
    else:
        watched.end(reason)
        clean = processes.end_descendants()
    watched.read_rest()
    trouble = "" if reason == "result" else call.trouble()
    if trouble:
        raise OSError(trouble)
    header = {
        "reason": watched.reason(reason),
        "exit": watched.exit_code,
        "line": watched.line(),
        "printed": watched.printed_bytes,
    }
    return Ended(header, watched.printed, unpack(watched.answer) or b"", clean, stays)


class _Watched:
    def __init__(self, call: Call, request: dict[str, Any], disk: int | None) -> None:
        self.printed = bytearray()
        self.printed_bytes = 0
        self.answer = bytearray()
        self.exit_code: int | None = None
        self._call = call
        self._pid = call.pid
        self._output = call.output
        self._result = call.result
        self._disk = disk
        self._limits = request["limits"]
        self._own_line = re.compile(rb'File "' + re.escape(request["source"].encode()) + rb'", line (\d{1,9})')
        self._cpu_at_most_s = limits.used_cpu_s(call.pid) + self._limits["cpu_s"] + _CPU_GRACE_S
        self._max_answer = self._limits["result_bytes"] + _CHUNK
        # A fork begins with what its worker has.
        self._max_memory = processes.memory_used(os.getpid()) + self._limits["memory_bytes"]
        self._cpu_s = 0.0

    def line(self) -> int | None:
        """The line in which the process was, if it could say so."""
        found = self._own_line.search(self.answer)
        return int(found[1]) if found else None

    def wait(self, wakeup: Wakeup, host: socket.socket) -> str:
        """Why the waiting ended."""
        poll = select.poll()
        sources: dict[int, Callable[[], bool]] = {
            self._output: self._read_output,
            self._result: self._read_answer,
        }
        for descriptor in (*sources, wakeup.fd, host.fileno()):
            poll.register(descriptor, select.POLLIN)
        sending = self._call.waiting_to_send
        if sending is not None:
            poll.register(sending, select.POLLOUT)
        now = time.monotonic()
        deadline, look = now + self._limits["wall_s"], now + _LOOK_S
        while now < deadline:
            for descriptor, _ in poll.poll(max(0.0, min(look, deadline) - now) * 1000):
                if descriptor == sending:
                    self._call.send()
                    if self._call.waiting_to_send is None:
                        poll.unregister(descriptor)
                elif descriptor in sources:
                    if not sources[descriptor]():
                        poll.unregister(descriptor)
                elif descriptor == wakeup.fd:
                    wakeup.clear()
                    if self._reaped():
                        return "exit"
                else:
                    return "abandoned"
            if len(self.answer) > self._max_answer:
                return "oversize"
            if unpack(self.answer) is not None:
                return "result"
            now = time.monotonic()
            if now >= look:
                look = now + _LOOK_S
                if processes.count_descendants(os.getpid(), MAX_PROCESSES + 1) > MAX_PROCESSES:
                    return "processes"
                if processes.memory_used(self._pid) > self._max_memory:
                    return "memory"
                if self._has_too_many_files():
                    return "files"
                if limits.used_cpu_s(self._pid) > self._cpu_at_most_s:
                    return "cpu"  # its own limit can be held off by ignoring the signal
                if self._reaped():  # a wake-up may have been cleared with that of another process
                    return "exit"
        return "wall"

    def end(self, reason: str) -> None:
        """Kill the call and wait for it; out of time or memory, it may first say where it is."""
        if self.exit_code is not None:
            processes.end_group(self._pid)
            return
        if reason in ("wall", "memory"):
            self._ask_for_line()
        processes.end_group(self._pid)
        self._reaped(0)

    def reason(self, reason: str) -> str:
        """The reason, told apart by how the process ended."""
        if reason != "exit":
            return reason
        if unpack(self.answer) is not None:  # its end was seen before its message
            return "result"
        if self.exit_code == 0 and self.answer:  # it came to its end, but its message is none
            return "garbage"
        spent = self._cpu_s >= self._limits["cpu_s"]
        out_of_cpu = self.exit_code == -signal.SIGXCPU or (self.exit_code == -signal.SIGKILL and spent)
        return "cpu" if out_of_cpu else "exit"

    def read_rest(self) -> None:
        """What is still in the pipes."""
        while self._read_output():
            pass
        while len(self.answer) <= self._max_answer and self._read_answer():
            pass

    def _ask_for_line(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGUSR1)
        poll = select.poll()
        poll.register(self._result, select.POLLIN)
        deadline = time.monotonic() + _DUMP_S
        while not self._own_line.search(self.answer) and (left := deadline - time.monotonic()) > 0:
            if poll.poll(left * 1000) and not self._read_answer():
                return

    def _has_too_many_files(self) -> bool:
        if self._disk is None:
            return False
        usage = os.fstatvfs(self._disk)
        return usage.f_files - usage.f_ffree > limits.MAX_FILES

    def _reaped(self, options: int = os.WNOHANG) -> bool:
        pid, status, usage = os.wait4(self._pid, options)
        if not pid:
            return False
        self.exit_code = os.waitstatus_to_exitcode(status)
        self._cpu_s = usage.ru_utime + usage.ru_stime
        return True

    def _read_output(self) -> bool:
        part = _read(self._output)
        self.printed_bytes += len(part)
        self.printed += part[: max(0, self._limits["output_bytes"] - len(self.printed))]
        return bool(part)

    def _read_answer(self) -> bool:
        part = _read(self._result)
        self.answer += part
        return bool(part)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return b""
