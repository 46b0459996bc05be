"""One forked process with its pipes and its folder, as its worker sees it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from typing import Any

from . import forked, limits, scratch
from .child import ATTACHMENTS
from .confinement import Confinement
from .framing import pack

FAILED_START = 70
"""Exit code of a process that could not even begin."""
_MAX_TROUBLE = 4096


class Call:
    """A process that runs a request. Raises: OSError when it cannot be started."""

    def __init__(
        self, request: dict[str, Any], name: str, root: int, confinement: Confinement, mapped: int, tasks: int | None
    ) -> None:
        self._to_send = memoryview(b"")
        self._requests: int | None = None
        self._open = contextlib.ExitStack()
        try:
            os.mkdir(name, 0o700, dir_fd=root)
            # All of it: a call can write beside its own folder, too, and rename it; nothing of that may meet the next.
            self._open.callback(scratch.empty, ".", root)
            folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
            ends = contextlib.ExitStack()
            ends.callback(os.close, folder)
            with ends:
                self._show_files(request, folder, confinement)
                ruleset = confinement.ruleset(tuple(request["files"].values()))
                self.output, output = self._pipe(ends)
                self.result, result = self._pipe(ends)
                requests = self._pipe_to_child(ends) if request["kind"] == "cell" else None
                self._trouble, trouble = self._pipe(ends)
                worker = os.getpid()
                place = forked.Place(
                    folder,
                    output,
                    result,
                    requests,
                    trouble,
                    ruleset.fd if ruleset else None,
                    mapped,
                    worker,
                    tasks,
                    confinement,
                )
                self.pid = self._fork(request, place)
        except BaseException:
            self._open.close()
            raise

    def go_on(self, request: dict[str, Any]) -> None:
        """Let a notebook run its next cell. Raises: OSError when it is gone."""
        assert self._requests is not None
        limits.allow_cpu(self.pid, request["limits"]["cpu_s"])
        self._signal(signal.SIGCONT)
        self._to_send = memoryview(pack(json.dumps(request).encode()))

    @property
    def waiting_to_send(self) -> int | None:
        """The descriptor that takes the rest of a request, or None when all was sent."""
        return self._requests if self._to_send else None

    def send(self) -> None:
        """Send what the process takes now: it may be hostile and not read at all."""
        assert self._requests is not None
        try:
            self._to_send = self._to_send[os.write(self._requests, self._to_send) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it reads no more; whatever it did, its end or its silence will tell
            self._to_send = memoryview(b"")

    def trouble(self) -> str:
        """Why a process that has ended could not begin; empty when it began."""
        try:
            return os.read(self._trouble, _MAX_TROUBLE).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    def stop(self) -> None:
        """Nothing of it runs until it goes on."""
        self._signal(signal.SIGSTOP)

    def close(self) -> None:
        """Close the pipes and remove the folder of a process that has ended."""
        self._open.close()

    def _signal(self, number: int) -> None:
        # macOS refuses signals to a group that has just ended; its end is seen soon enough.
        with contextlib.suppress(PermissionError):
            os.killpg(self.pid, number)

    def _show_files(self, request: dict[str, Any], folder: int, confinement: Confinement) -> None:
        if not request["files"]:
            return
        os.mkdir(ATTACHMENTS, 0o700, dir_fd=folder)
        for name, path in request["files"].items():
            os.symlink(confinement.path_of(path), f"{ATTACHMENTS}/{name}", dir_fd=folder)

    def _pipe(self, ends: contextlib.ExitStack) -> tuple[int, int]:
        # Only the process keeps the writing end, so that its end is seen.
        read, write = os.pipe()
        self._open.callback(os.close, read)
        ends.callback(os.close, write)
        os.set_blocking(read, False)
        return read, write

    def _pipe_to_child(self, ends: contextlib.ExitStack) -> int:
        read, write = os.pipe()
        self._open.callback(os.close, write)
        ends.callback(os.close, read)
        os.set_blocking(write, False)
        self._requests = write
        return read

    def _fork(self, request: dict[str, Any], place: forked.Place) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            forked.run(request, place)
        finally:
            os._exit(FAILED_START)
