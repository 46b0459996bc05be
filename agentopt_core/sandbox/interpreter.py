"""A fresh interpreter with its pipes and its folder, as the host sees it: for systems without a fork."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any, Protocol

from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import job
from agentopt_core.sandbox.jail import Jail, environment
from agentopt_core.sandbox.streams import Output, Stream
from agentopt_core.sandbox.workers import Bounds, Reply
from agentopt_core.sandbox.zygote import processes, scratch
from agentopt_core.sandbox.zygote.framing import pack, unpack
from agentopt_core.sandbox.zygote.once import GO, READY, mark_of
from agentopt_core.words import JsonObject

_START_S = 120.0
"""Seconds an interpreter may take to import its libraries, on a busy machine."""
_SAY_S = 0.5
"""Seconds a call that is out of time gets to say in which line it is."""
_END_S = 1.0
"""Seconds to wait for pipes that a process which got away may hold open."""
_CHUNK = 1 << 16
_SAID = 2000
_START_HINT = "Check free memory and that this Python can be started again."
_OUT_OF_CPU = (job.OUT_OF_TIME, -getattr(signal, "SIGXCPU", 0) or None)
_LATE = b"Timeout ("
"""What a call says first when it says where it is: see faulthandler."""


class Tree(Protocol):
    """A process and what it started."""

    def allow(self, cpu_s: float, memory_bytes: int) -> None:
        """So much from now on, where the process does not limit itself."""
        ...

    def end(self) -> None:
        """Nothing of it runs any more."""
        ...

    def close(self) -> None:
        """Give back what held it."""
        ...


class Group:
    """A process group (POSIX). What leaves the group gets away: where there is a fork, `host.Pool` is for that."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def allow(self, cpu_s: float, memory_bytes: int) -> None:
        """The process has its limits by itself."""

    def end(self) -> None:
        """Kill it."""
        processes.end_group(self._pid)

    def close(self) -> None:
        """There is nothing to give back."""


def tree_of(pid: int) -> Tree:
    """What holds a process and its own together on this system. Raises: InfrastructureFault."""
    return job.Job(job.windows_kernel(), pid) if os.name == "nt" else Group(pid)


class Interpreter:
    """One process, for one call or the cells of one notebook; it waits for its request.

    Raises: InfrastructureFault when it does not start.
    """

    def __init__(self, jail: Jail, modules: tuple[str, ...], tree: Callable[[int], Tree]) -> None:
        self.requests = 0
        self._token = secrets.token_hex(16)
        command = jail.make_fresh(modules, self._token)
        self._changed = threading.Condition()
        self._ending = threading.Lock()
        self._has_exited = self._is_over = False
        with ExitStack() as undo:
            try:
                self._folder = tempfile.mkdtemp(prefix="agentopt-sandbox-")
                undo.callback(scratch.remove, self._folder)
                self._process = subprocess.Popen(
                    command,
                    env=environment(os.environ, os.name),
                    cwd=self._folder,
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise InfrastructureFault(f"The sandbox's process did not start: {error}.", _START_HINT) from error
            undo.enter_context(self._process)
            undo.callback(self._process.kill)
            self._tree = tree(self._process.pid)
            undo.pop_all()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._requests_pipe = self._process.stdin
        self._answer = Stream(self._process.stdout, self._changed, _CHUNK)
        self._output = Output(self._process.stderr, self._changed, _SAID)
        with self._changed:
            self._output.begin_part(_SAID, mark_of(self._token, 0))
        self._sending = threading.Thread()
        threading.Thread(target=self._wait_for_exit, daemon=True).start()

    @property
    def is_waiting(self) -> bool:
        """It can take a request."""
        with self._changed:
            return not (self._has_exited or self._is_over)

    def ask(self, request: bytes, asked: Mapping[str, Any], bounds: Bounds) -> Reply:
        """One call, after which the process is ended, or one cell, after which it stays when it gave its result.

        `asked` is the request, parsed. Raises: InfrastructureFault when the process does not begin.
        """
        self.requests += 1
        limits, is_cell = asked["limits"], asked["kind"] == "cell"
        own_line = re.compile(rb'File "' + re.escape(asked["source"].encode()) + rb'", line (\d{1,9})')
        if self.requests == 1:
            self._send(request)
            self._wait_until_ready()
        self._tree.allow(limits["cpu_s"], limits["memory_bytes"])
        with self._changed:
            self._answer.begin(bounds.result + 1)
            self._output.begin_part(bounds.printed, mark_of(self._token, self.requests) if is_cell else b"")
            self._send(request if self.requests > 1 else GO)
            reason = self._changed.wait_for(lambda: self._reason(bounds), bounds.wall_s) or "wall"
            if reason == "wall":
                self._changed.wait_for(lambda: self._has_exited or self._line(own_line), _SAY_S)
            stays = is_cell and reason == "result"
            if stays:
                self._changed.wait_for(lambda: self._output.is_complete, _END_S)
        if not stays:
            self.end()
        with self._changed:
            printed, count = self._output.end_part()
            result = unpack(self._answer.kept)
            header: JsonObject = {
                "reason": self._told_apart(reason, has_result=result is not None),
                "exit": self._process.returncode,
                "line": self._line(own_line),
                "printed": count,
            }
        return Reply(header, printed, result or b"")

    def end(self) -> None:
        """End it and all that it started, and remove its folder. Doing so twice is fine."""
        with self._ending:
            if self._is_over:
                return
            self._tree.end()
            self._process.wait()
            self._tree.close()
            with self._changed:
                self._changed.wait_for(lambda: self._answer.has_ended and self._output.has_ended, _END_S)
            if self._sending.ident is not None:
                self._sending.join(_END_S)
            if not self._sending.is_alive():
                self._requests_pipe.close()
            scratch.remove(self._folder)
            self._is_over = True

    def _send(self, payload: bytes) -> None:
        # By a thread: whatever runs there may be hostile and not read at all.
        self._sending = threading.Thread(target=self._write, args=(pack(payload),), daemon=True)
        self._sending.start()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        with suppress(OSError, ValueError):
            while rest:
                rest = rest[self._requests_pipe.write(rest) :]

    def _wait_until_ready(self) -> None:
        def is_ready() -> bool:
            return unpack(self._answer.kept) == READY and self._output.is_complete

        with self._changed:
            self._changed.wait_for(lambda: self._has_exited or is_ready(), _START_S)
            if is_ready():
                self._output.end_part()  # what libraries said when they were imported is nobody's output
                return
        self.end()
        with self._changed:
            said = self._output.end_part()[0].decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise InfrastructureFault(f"The sandbox's process did not start: {said[-1]}.", _START_HINT)

    def _wait_for_exit(self) -> None:
        if hasattr(os, "waitid"):
            # It stays a zombie until its group was ended, so that its number belongs to nobody else.
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        with self._changed:
            self._has_exited = True
            self._changed.notify_all()

    def _reason(self, bounds: Bounds) -> str | None:
        """Why there is nothing to wait for any more."""
        if self._answer.count > bounds.result:
            return "oversize"
        if unpack(self._answer.kept) is not None:
            return "result"
        return "exit" if self._has_exited else None

    def _told_apart(self, reason: str, *, has_result: bool) -> str:
        """The reason of an exit, by how the process ended."""
        if reason != "exit":
            return reason
        if has_result:  # its end was seen before its message
            return "result"
        if self._answer.kept.startswith(_LATE):  # it said where it was just before its time was over here
            return "wall"
        if self._process.returncode in _OUT_OF_CPU:
            return "cpu"
        return "garbage" if self._process.returncode == 0 and self._answer.kept else "exit"

    def _line(self, own_line: re.Pattern[bytes]) -> int | None:
        """The line in which the function was, if it could say so: its first thread is told of last."""
        threads = bytes(self._answer.kept).rpartition(b"Thread 0x")[2]
        found = own_line.search(threads)
        return int(found[1]) if found else None
