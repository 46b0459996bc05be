"""The host's side: starting a zygote, asking a worker, replacing what was lost. Everything blocks: for threads."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox.zygote import framing, scratch
from agentopt_core.words import JsonObject

_HEADER = 4096
_START_S = 120.0
"""Seconds a zygote may take to import its libraries, on a busy machine."""
_FORK_S = 30.0
"""Seconds a worker may be late, on a busy machine."""
_END_S = 5.0
# The zygote's folder is loaded as a package of its own name, so that nothing of the project is importable from it.
_BOOT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("agentopt_zygote", sys.argv[1] + "/__init__.py")
package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from agentopt_zygote.main import main
main(sys.argv[2:])
"""
_ZYGOTE = Path(__file__).parent / "zygote"


class WorkerLost(Exception):
    """A worker ended though a call is with it."""


class WorkerStuck(WorkerLost):
    """A worker does not answer: something stopped it."""


@dataclass(frozen=True)
class Reply:
    """What a worker reports of a call; `result` is the function's own message, not to be believed."""

    header: JsonObject
    printed: bytes
    result: bytes


class Worker:
    """A connection to one worker process."""

    def __init__(self, connection: socket.socket) -> None:
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

    def ask(self, request: bytes, wall_s: float, printed: int, result: int) -> Reply:
        """One call. `printed` and `result` bound the answer, in bytes.

        Raises: WorkerLost.
        """
        self._connection.settimeout(wall_s + _FORK_S)
        try:
            self._connection.sendall(framing.pack(request))
            frames = [framing.receive(self._connection, limit) for limit in (_HEADER, printed, result)]
            header, output, answer = frames
            if header is None or output is None or answer is None:
                raise WorkerLost("it ended during a call")
            return Reply(json.loads(header), output, answer)
        except TimeoutError as error:
            raise WorkerStuck(str(error)) from error
        except (OSError, framing.FrameError, ValueError) as error:
            raise WorkerLost(str(error)) from error

    def close(self) -> None:
        """The worker ends its call and itself."""
        self._connection.close()


class Zygote:
    """One zygote process with its workers and scratch folder.

    Raises: InfrastructureFault when it does not start.
    """

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._scratch = tempfile.mkdtemp(prefix="agentopt-sandbox-")
        ours, theirs = socket.socketpair()
        self._control = ours
        command = [sys.executable, "-s", "-P", "-u", "-X", "utf8", "-c", _BOOT, str(_ZYGOTE), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [*command, self._scratch, *modules],
                # A fixed hash seed, so that sets have the same order in every run; nothing else, above all no keys.
                env={"PYTHONHASHSEED": "0"},
                cwd=self._scratch,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.settimeout(_START_S)
        ready = None
        with suppress(OSError, framing.FrameError):
            ready = framing.receive(ours, _HEADER)
        if ready is None:
            self.close()
            raise InfrastructureFault(
                f"The sandbox's process did not start (exit code {self._process.returncode}).",
                "Check free memory and that this Python can be started again.",
            )

    def fork_worker(self) -> Worker:
        """A new worker.

        Raises: WorkerLost when the zygote is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"w"], [theirs.fileno()])
            return Worker(ours)
        except (OSError, WorkerLost) as error:
            ours.close()
            raise WorkerLost(str(error)) from error

    def close(self) -> None:
        """End the zygote and everything below it, and remove the scratch folder."""
        self._control.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:  # stopped or stuck; its workers die with it
            self._process.kill()
            self._process.wait()
        scratch.remove(self._scratch)


class Pool:
    """The workers of one zygote, started when they are first needed and replaced when they are lost."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._modules = modules
        self._lock = threading.Lock()
        self._zygote: Zygote | None = None
        self._idle: list[Worker] = []
        self._alone: set[Pool] = set()
        self._closed = False

    def ask(self, request: bytes, wall_s: float, printed: int, result: int) -> Reply:
        """One call by an idle worker, or a new one.

        Raises: WorkerLost when it was lost during the call; InfrastructureFault when none can be started.
        """
        worker = self._take()
        try:
            reply = worker.ask(request, wall_s, printed, result)
        except WorkerLost as error:
            worker.close()
            if isinstance(error, WorkerStuck):
                self._retire()
            self._refuse_when_closed()
            raise
        with self._lock:
            if self._closed:
                worker.close()
            else:
                self._idle.append(worker)
        return reply

    def ask_alone(self, request: bytes, wall_s: float, printed: int, result: int) -> Reply:
        """One call in a zygote of its own: nothing but this call can end its worker.

        Raises: WorkerLost, InfrastructureFault as `ask`.
        """
        pool = Pool(self._modules)
        with self._lock:
            self._refuse_when_closed()
            self._alone.add(pool)
        try:
            return pool.ask(request, wall_s, printed, result)
        finally:
            with self._lock:
                self._alone.discard(pool)
            pool.close()

    def close(self) -> None:
        """End all processes; calls that run end with an InfrastructureFault."""
        with self._lock:
            self._closed = True
            alone = set(self._alone)
        self._retire()
        for pool in alone:
            pool.close()

    def _retire(self) -> None:
        with self._lock:
            zygote, self._zygote = self._zygote, None
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        if zygote is not None:
            zygote.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise InfrastructureFault("The sandbox is closed.", "Start a new one.")

    def _take(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    return worker
                worker.close()
            for _ in range(2):
                self._refuse_when_closed()
                self._zygote = self._zygote or Zygote(self._modules)
                try:
                    return self._zygote.fork_worker()
                except WorkerLost:  # the zygote itself is gone
                    self._zygote.close()
                    self._zygote = None
        raise InfrastructureFault("The sandbox's processes end as soon as they start.", "Check free memory.")
