"""A worker: takes one call after another and forks a process for each, in a folder of its own.

A notebook is a process that stays between its cells, stopped, with what it defined; its worker serves it alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any, NoReturn

from . import processes, scratch
from .call import Call
from .confinement import Confinement
from .framing import MAX_REQUEST, FrameError, pack, receive
from .watch import Ended, Wakeup, watch

_MAX_FAULT = 1000
"""Characters of what is said of a call that could not be started."""


def serve(host: socket.socket, setup: dict[str, Any], slot: int, mapped: int, zygote: int) -> NoReturn:
    """Answer requests until the host closes. `slot` names the worker's folder, `mapped` what a fork maps, in bytes."""
    processes.die_with(zygote)
    processes.adopt_orphans()
    with contextlib.suppress(OSError, FrameError):
        worker = _Worker(host, setup, slot, mapped)
        host.sendall(pack(b"ready"))
        # A call that cannot be cleared away ends its worker, too: the zygote then ends what is left.
        while worker.clean and (message := receive(host, MAX_REQUEST)) is not None:
            host.sendall(worker.answer(json.loads(message)))
        worker.close()
    processes.end_descendants()
    os._exit(0)


class _Worker:
    def __init__(self, host: socket.socket, setup: dict[str, Any], slot: int, mapped: int) -> None:
        self.clean = True
        self._host = host
        self._setup = setup
        self._mapped = mapped
        self._folder = os.path.join(setup["scratch"], str(slot))
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._folder, 0o700)
        scratch.empty(self._folder)  # of what a lost worker left there
        self._root = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        self._confinement = Confinement(setup, self._folder)
        self._calls = 0
        self._wakeup = Wakeup()
        self._notebook: Call | None = None

    def answer(self, request: dict[str, Any]) -> bytes:
        """Three frames: how the call ended, what it printed, and its own message as it wrote it."""
        try:
            ended = self._cell(request) if request["kind"] == "cell" else self._call(request)
        except OSError as error:  # no process, descriptor or disk, or no isolation: not the function's fault
            return pack(json.dumps({"fault": str(error)[:_MAX_FAULT]}).encode()) + pack(b"") + pack(b"")
        return pack(json.dumps(ended.header).encode()) + pack(bytes(ended.printed)) + pack(ended.result)

    def close(self) -> None:
        """End the notebook."""
        if self._notebook is not None:
            processes.end_group(self._notebook.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._notebook.pid, 0)
            self._notebook.close()
            self._notebook = None

    def _call(self, request: dict[str, Any]) -> Ended:
        call = self._start(request)
        try:
            return self._watch(call, request)
        finally:
            call.close()

    def _cell(self, request: dict[str, Any]) -> Ended:
        fresh = self._notebook is None
        call = self._notebook = self._notebook or self._start(request)
        try:
            if not fresh:
                call.go_on(request)
            ended = self._watch(call, request, stays=True)
        except BaseException:
            self.close()
            raise
        if not ended.stays:
            self.close()
        ended.header["fresh"] = fresh
        return ended

    def _watch(self, call: Call, request: dict[str, Any], *, stays: bool = False) -> Ended:
        disk = self._root if self._setup["own_disk"] else None
        ended = watch(call, self._wakeup, self._host, request, disk, stays=stays)
        self.clean = ended.clean
        return ended

    def _start(self, request: dict[str, Any]) -> Call:
        self._calls += 1
        return Call(
            request,
            f"call-{os.getpid()}-{self._calls}",
            self._root,
            self._confinement,
            self._mapped,
            self._setup["tasks"],
        )
