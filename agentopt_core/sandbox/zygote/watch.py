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

from . import processes
from .child import SOURCE
from .framing import unpack

MAX_PROCESSES = 64
"""Processes one call may have at a time; an endless fork ends there."""
_LOOK_S = 0.05
_DUMP_S = 0.2
"""Seconds a call that is out of time gets to say in which line it is."""
_CHUNK = 1 << 16
_OWN_LINE = re.compile(rb'File "' + re.escape(SOURCE.encode()) + rb'", line (\d{1,9})')


@dataclass
class Ended:
    """What became of a call."""

    header: dict[str, Any]
    """`reason` (`result`, `exit`, `wall`, `cpu`, `processes`, `oversize`, `garbage`, `abandoned`), `exit` code
    (negative: signal), `line`, `printed` bytes in all."""
    printed: bytearray = field(default_factory=bytearray)
    result: bytes = b""
    clean: bool = True
    """Nothing that the call started is left."""


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


def watch(pid: int, output: int, result: int, wakeup: Wakeup, host: socket.socket, limits: dict[str, Any]) -> Ended:
    """See a call to its end, which comes with its result, its exit, a limit, or the host's end."""
    call = _Call(pid, output, result, limits)
    reason = call.wait(wakeup, host)
    call.end(reason)
    clean = processes.end_descendants()
    call.read_rest()
    line = _OWN_LINE.search(call.answer)
    header = {
        "reason": call.reason(reason),
        "exit": call.exit_code,
        "line": int(line[1]) if line else None,
        "printed": call.printed_bytes,
    }
    return Ended(header, call.printed, unpack(call.answer) or b"", clean)


class _Call:
    def __init__(self, pid: int, output: int, result: int, limits: dict[str, Any]) -> None:
        self.printed = bytearray()
        self.printed_bytes = 0
        self.answer = bytearray()
        self.exit_code: int | None = None
        self._pid = pid
        self._output = output
        self._result = result
        self._limits = limits
        self._max_answer = limits["result_bytes"] + _CHUNK
        self._cpu_s = 0.0

    def wait(self, wakeup: Wakeup, host: socket.socket) -> str:
        """Why the waiting ended."""
        poll = select.poll()
        sources: dict[int, Callable[[], bool]] = {
            self._output: self._read_output,
            self._result: self._read_answer,
        }
        for descriptor in (*sources, wakeup.fd, host.fileno()):
            poll.register(descriptor, select.POLLIN)
        now = time.monotonic()
        deadline, look = now + self._limits["wall_s"], now + _LOOK_S
        while now < deadline:
            for descriptor, _ in poll.poll(max(0.0, min(look, deadline) - now) * 1000):
                if descriptor in sources:
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
                if self._reaped():  # a wake-up may have been cleared with that of another process
                    return "exit"
        return "wall"

    def end(self, reason: str) -> None:
        """Kill the call and wait for it; out of time, it may first say where it is."""
        if self.exit_code is not None:
            processes.end_group(self._pid)
            return
        if reason == "wall":
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
        while not _OWN_LINE.search(self.answer) and (left := deadline - time.monotonic()) > 0:
            if poll.poll(left * 1000) and not self._read_answer():
                return

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
