"""One zygote and its workers, as the host sees them: starting, asking, ending. Everything blocks: for threads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress

from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox.jail import Jail, environment
from agentopt_core.sandbox.workers import Bounds, Reply, WorkerLost, WorkerStuck
from agentopt_core.sandbox.zygote import framing, processes, scratch

_HEADER = 4096
_START_S = 120.0
"""Seconds a zygote may take to import its libraries, on a busy machine."""
_FORK_S = 30.0
"""Seconds a worker may be late, on a busy machine."""
_END_S = 5.0
_START_HINT = "Check free memory and that this Python can be started again."
_SAID = 2000
"""Bytes of what a process says before it fails to start that are kept."""


class ForkedWorker:
    """A connection to one worker process."""

    def __init__(self, connection: socket.socket, slot: int) -> None:
        self.slot = slot
        self._connection = connection
        connection.settimeout(_FORK_S)
        try:
            hello = framing.receive(connection, _HEADER)
        except (OSError, framing.FrameError) as error:
            raise WorkerLost(str(error)) from error
        if hello is None:
            raise WorkerLost("it ended at once")

    @property
    def is_alive(self) -> bool:
        """Between calls a worker says nothing: what can be read is its end."""
        try:
            self._connection.settimeout(0)
            self._connection.recv(1)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def ask(self, request: bytes, bounds: Bounds) -> Reply:
        """One call. Raises: WorkerLost."""
        self._connection.settimeout(bounds.wall_s + _FORK_S)
        try:
            self._connection.sendall(framing.pack(request))
            limits = (_HEADER, bounds.printed, bounds.result)
            frames = [framing.receive(self._connection, limit) for limit in limits]
            header, output, answer = frames
            if header is None or output is None or answer is None:
                raise WorkerLost("it ended during a call")
            return Reply(json.loads(header), output, answer)
        except TimeoutError as error:
            raise WorkerStuck(str(error)) from error
        except (OSError, framing.FrameError, ValueError) as error:
            raise WorkerLost(str(error)) from error

    def end(self) -> bool:
        """Let the worker end its call and itself, and see it go: then nothing uses its folder any more."""
        with self._connection:
            try:
                self._connection.shutdown(socket.SHUT_WR)
                self._connection.settimeout(_END_S)
                while self._connection.recv(_HEADER):
                    pass
            except TimeoutError:
                return False
            except OSError:  # it went without reading all
                return True
        return True

    def close(self) -> None:
        """The worker ends its call and itself."""
        self._connection.close()


class Zygote:
    """One zygote process in its jail, with its workers.

    Raises: InfrastructureFault when it does not start.
    """

    def __init__(self, jail: Jail, modules: tuple[str, ...]) -> None:
        self._control, theirs = socket.socketpair()
        self._folder: str | None = None
        info, info_end = os.pipe()
        os.set_blocking(info, False)  # a bubblewrap that hangs tells nothing
        with theirs, os.fdopen(info, "rb", 0) as told, tempfile.TemporaryFile() as said:
            try:
                plan = jail.make_plan(theirs.fileno(), info_end, modules)
                self._folder = plan.folder
                self._process = subprocess.Popen(
                    plan.command,
                    env=environment(os.environ, os.name),
                    cwd=plan.folder or "/",
                    pass_fds=plan.descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                self._control.close()
                if self._folder:
                    scratch.remove(self._folder)
                raise InfrastructureFault(f"The sandbox's process did not start: {error}.", _START_HINT) from error
            finally:
                os.close(info_end)
            theirs.close()
            self._control.settimeout(_START_S)
            ready = None
            with suppress(OSError, framing.FrameError):
                ready = framing.receive(self._control, _HEADER)
            self._pid = self._process.pid if plan.folder else _told_pid(told.read(_HEADER))
            if ready is None:
                self.close()
                said.seek(0)
                reason = said.read(_SAID).decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                raise InfrastructureFault(f"The sandbox's process did not start: {reason[0]}.", _START_HINT)
        self._mapped = processes.mapped_bytes(self._pid)

    def start_worker(self, slot: int) -> ForkedWorker:
        """A new worker in the folder of that number.

        Raises: WorkerLost when the zygote is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [framing.ORDER.pack(self._mapped, slot)], [theirs.fileno()])
                if sys.platform == "linux":
                    theirs.close()  # macOS may lose a socket that is closed while it is under way
                return ForkedWorker(ours, slot)
        except (OSError, WorkerLost) as error:
            ours.close()
            raise WorkerLost(str(error)) from error

    def close(self) -> None:
        """End the zygote and everything below it, and remove its folder."""
        self._control.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:  # stopped or stuck; its workers die with it
            for pid in {self._pid or self._process.pid, self._process.pid}:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
        if self._folder:
            scratch.remove(self._folder)


def _told_pid(message: bytes | None) -> int | None:
    """The pid of the jail's first process, as bubblewrap tells it."""
    try:
        return int(json.loads(message or b"")["child-pid"])
    except (ValueError, KeyError, TypeError):
        return None
