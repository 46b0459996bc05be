"""A fresh interpreter that runs one call, or the cells of one notebook, for systems without a fork.

It is started with its requests on descriptor 0, its answers on 1 and its output on 2, in the call's own folder. When
it has a request and its libraries it answers `ready`, and waits until the host, which may limit it first, says `go`.
A thread waits for what the host sends next: when the host is gone, it removes the folder and ends the process and its
group (where a job object has ended both, it is too late for the folder).

Between its cells a notebook is not stopped, since that needs signals: what a cell left running goes on.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from . import child, limits, processes, scratch
from .child import ATTACHMENTS, REQUESTS_FD, RESULT_FD
from .framing import MAX_REQUEST, FrameError, pack, receive_from
from .offered import offer
from .warm import import_libraries

READY = b"ready"
GO = b"go"
LATE_S = 0.05
"""Seconds after its time is over that a call says in which line it is. The host waits longer before it ends it."""


def main(arguments: list[str]) -> NoReturn:
    """`arguments`: the set-up as JSON, see `fresh.Interpreter` on the host's side."""
    setup = json.loads(arguments[0])
    _use_pipes()
    requests = _Requests(os.getcwd())
    request = json.loads(requests.next())
    offer(setup["offered"])
    words = set(re.findall(r"\w+", request["code"]))
    import_libraries(module for module in setup["modules"] if module in words)
    _empty_environment()
    _show_files(setup["files"], request["files"])
    stays = request["kind"] == "cell"
    limits.bound_files()
    faulthandler.enable(RESULT_FD, all_threads=False)
    if hasattr(signal, "SIGXCPU"):
        faulthandler.register(signal.SIGXCPU, RESULT_FD, all_threads=False, chain=True)
    child.same_randomness()
    tempfile.tempdir = os.getcwd()
    used = time.process_time()  # by imports
    limits.take_on(request["limits"], processes.mapped_bytes(os.getpid()), used_s=used, stays=stays)
    os.write(2, mark_of(setup["mark"], 0))
    os.write(RESULT_FD, pack(READY))
    requests.next()  # GO
    _say_the_line_when_late(request)
    if stays:
        child.cells(_cells(request, requests), _Mark(setup["mark"]))
    else:
        child.answer(request)
    os._exit(0)


class _Requests:
    """What the host sends, taken by a thread, so that the host's end is seen while a call runs."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()

    def next(self) -> bytes:
        """The next message. Does not return when there is none any more."""
        return self._received.get()

    def _receive(self) -> None:
        with contextlib.suppress(OSError, FrameError):
            while (message := receive_from(REQUESTS_FD, MAX_REQUEST)) is not None:
                self._received.put(message)
        scratch.remove(self._folder)
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(0, signal.SIGKILL)
        os._exit(1)


class _Mark:
    """Says in the output that a cell's output ends here. It can be forged, by a notebook about its own output only."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._cells = 0

    def __call__(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._cells += 1
        with contextlib.suppress(OSError):
            os.write(2, mark_of(self._token, self._cells))


def mark_of(token: str, cell: int) -> bytes:
    """What follows the output of a notebook's cell, counted from 1, and what was printed before anything ran: 0."""
    return f"{token}.{cell};".encode()


def _cells(request: dict[str, Any], requests: _Requests) -> Iterator[dict[str, Any]]:
    while True:
        yield request
        request = json.loads(requests.next())
        limits.allow_own_cpu(request["limits"]["cpu_s"])
        _say_the_line_when_late(request)


def _use_pipes() -> None:
    """Standard output becomes the output, standard input empty; requests and answers move out of their way."""
    os.dup2(0, REQUESTS_FD, inheritable=False)
    os.dup2(1, RESULT_FD, inheritable=False)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace", newline="\n")  # type: ignore[union-attr]


def _empty_environment() -> None:
    # Windows finds its own libraries by it: without it there is no socket, so no asyncio.
    kept = {name: value for name, value in os.environ.items() if os.name == "nt" and name.upper() == "SYSTEMROOT"}
    os.environ.clear()
    os.environ.update(kept)


def _show_files(root: str, files: Mapping[str, str]) -> None:
    if not files:
        return
    os.mkdir(ATTACHMENTS, 0o700)
    for name, path in files.items():
        source, shown = os.path.join(root, path), os.path.join(ATTACHMENTS, name)
        try:
            os.symlink(source, shown)
        except OSError:  # Windows lets few users make links
            shutil.copyfile(source, shown)


def _say_the_line_when_late(request: dict[str, Any]) -> None:
    faulthandler.dump_traceback_later(request["limits"]["wall_s"] + LATE_S, file=RESULT_FD)
