"""A worker: takes one call after another and forks a process for each, in a scratch folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any, NoReturn

from . import child, processes, scratch
from .framing import MAX_REQUEST, FrameError, pack, receive
from .watch import Wakeup, watch

FAILED_START = 70
"""Exit code of a call's process that could not even begin."""


def serve(host: socket.socket, root: str, mapped: int, zygote: int) -> NoReturn:
    """Answer requests until the host closes. `root` is the scratch folder, `mapped` what a fork maps, in bytes."""
    processes.die_with(zygote)
    processes.adopt_orphans()
    worker = _Worker(host, root, mapped)
    with contextlib.suppress(OSError, FrameError):
        host.sendall(pack(b"ready"))
        # A call that cannot be cleared away ends its worker, too: the zygote then ends what is left.
        while worker.clean and (message := receive(host, MAX_REQUEST)) is not None:
            host.sendall(worker.answer(json.loads(message)))
    processes.end_descendants()
    os._exit(0)


class _Worker:
    def __init__(self, host: socket.socket, root: str, mapped: int) -> None:
        self.clean = True
        self._host = host
        self._mapped = mapped
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        self._calls = 0
        self._wakeup = Wakeup()

    def answer(self, request: dict[str, Any]) -> bytes:
        """Three frames: how the call ended, what it printed, and its own message as it wrote it."""
        try:
            ended, printed, result = self._run(request)
        except OSError as error:  # no process, descriptor or disk to begin with: not the function's fault
            ended, printed, result = {"fault": str(error)}, b"", b""
        return pack(json.dumps(ended).encode()) + pack(printed) + pack(result)

    def _run(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes, bytes]:
        self._calls += 1
        name = f"call-{os.getpid()}-{self._calls}"
        os.mkdir(name, 0o700, dir_fd=self._root)
        try:
            with contextlib.ExitStack() as open_fds:
                folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._root)
                open_fds.callback(os.close, folder)
                output, result = _Pipe(open_fds), _Pipe(open_fds)
                pid = self._fork(request, folder, output.end, result.end)
                # Only the call holds the writing ends, so that its end is seen.
                output.give_away()
                result.give_away()
                ended = watch(pid, output.read, result.read, self._wakeup, self._host, request["limits"])
                self.clean = ended.clean
                return ended.header, bytes(ended.printed), bytes(ended.result)
        finally:
            scratch.remove(name, self._root)

    def _fork(self, request: dict[str, Any], folder: int, output: int, result: int) -> int:
        worker = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            child.run(request, folder, output, result, self._mapped, worker)
        finally:
            os._exit(FAILED_START)


class _Pipe:
    def __init__(self, open_fds: contextlib.ExitStack) -> None:
        self.read, self.end = os.pipe()
        self._given = False
        open_fds.callback(os.close, self.read)
        open_fds.callback(self.give_away)
        os.set_blocking(self.read, False)

    def give_away(self) -> None:
        if not self._given:
            self._given = True
            os.close(self.end)
