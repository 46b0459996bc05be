"""Calls where there is no fork (Windows): each in a fresh interpreter, which costs a start instead of a fork.

It gives level `limits` and nothing more. A call's processes end with it: on Windows a job object holds them. On other
systems, where it is only for tests, those that leave the process group get away. A host that is killed hard ends them,
too, but on Windows leaves a call's folder among the temporary files.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial

from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox.interpreter import Interpreter, Tree, tree_of
from agentopt_core.sandbox.jail import Jail
from agentopt_core.sandbox.pool import Pool
from agentopt_core.sandbox.workers import Bounds, Reply, WorkerLost


class FreshPool(Pool):
    """A pool whose workers start an interpreter for each request; `tree` holds a process and what it starts.

    A notebook is one interpreter for all its cells. It is not stopped between them, as signals would be needed: a
    thread that a cell started runs on, and what it prints then belongs to the next cell.
    """

    def __init__(self, jail: Jail, modules: tuple[str, ...], slots: int, tree: Callable[[int], Tree] = tree_of) -> None:
        super().__init__(jail, modules, slots, partial(_Interpreters, tree=tree))


class _Interpreters:
    """Where such workers come from. Keeps the promise of `workers.Origin`."""

    def __init__(self, jail: Jail, modules: tuple[str, ...], tree: Callable[[int], Tree]) -> None:
        self._start = partial(Interpreter, jail, modules, tree)
        self._workers: set[_FreshWorker] = set()  # also those that a forgotten notebook had

    def start_worker(self, slot: int) -> _FreshWorker:
        worker = _FreshWorker(self._start, slot, self._workers.discard)
        self._workers.add(worker)
        return worker

    def close(self) -> None:
        for worker in list(self._workers):
            worker.close()


class _FreshWorker:
    """A place for one interpreter at a time. Keeps the promise of `workers.Worker`, and is never lost by a call."""

    def __init__(self, start: Callable[[], Interpreter], slot: int, forget: Callable[[_FreshWorker], None]) -> None:
        self.slot = slot
        self._start = start
        self._forget = forget
        self._lock = threading.Lock()
        self._is_closed = False
        self._interpreter: Interpreter | None = start()

    @property
    def is_alive(self) -> bool:
        return not self._is_closed

    def ask(self, request: bytes, bounds: Bounds) -> Reply:
        interpreter = self._waiting_interpreter()
        fresh = interpreter.requests == 0
        try:
            reply = interpreter.ask(request, json.loads(request), bounds)
        except InfrastructureFault as fault:
            if self._is_closed:
                raise WorkerLost(str(fault)) from fault
            raise
        if self._is_closed:
            raise WorkerLost("it was closed during a call")
        return Reply({**reply.header, "fresh": fresh}, reply.printed, reply.result)

    def end(self) -> bool:
        self.close()
        return True

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            interpreter.end()
        self._forget(self)

    def _waiting_interpreter(self) -> Interpreter:
        """The one that waits for a request; a new one when the last has ended, by itself or by a limit."""
        with self._lock:
            if self._is_closed:
                raise WorkerLost("it is closed")
            if self._interpreter is not None and not self._interpreter.is_waiting:
                self._interpreter.end()
                self._interpreter = None
            self._interpreter = self._interpreter or self._start()
            return self._interpreter
