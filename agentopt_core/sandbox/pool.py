"""Workers for whoever needs one: started when they are first needed, replaced when they are lost. For threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox.host import Zygote
from agentopt_core.sandbox.jail import Jail
from agentopt_core.sandbox.workers import Bounds, Origin, Reply, Worker, WorkerLost, WorkerStuck


class Pool:
    """The workers of one kind of zygote, started when they are first needed and replaced when they are lost.

    `slots` workers can be there at a time, each with a folder of its own; who needs one more waits for it.
    """

    def __init__(
        self,
        jail: Jail,
        modules: tuple[str, ...],
        slots: int,
        origin: Callable[[Jail, tuple[str, ...]], Origin] = Zygote,
    ) -> None:
        self._jail = jail
        self._modules = modules
        self._origin = origin
        self._slots = list(range(slots))
        self._changed = threading.Condition()
        self._zygote: Origin | None = None
        self._idle: list[Worker] = []
        self._alone: set[Pool] = set()
        self._closed = False

    def ask(self, request: bytes, bounds: Bounds) -> Reply:
        """One call by an idle worker, or a new one.

        Raises: WorkerLost when it was lost during the call; InfrastructureFault when none can be started.
        """
        worker = self.take()
        try:
            reply = worker.ask(request, bounds)
        except WorkerLost as error:
            self.drop(worker, stuck=isinstance(error, WorkerStuck))
            self._refuse_when_closed()
            raise
        except InfrastructureFault:
            self.drop(worker)
            raise
        self.give_back(worker)
        return reply

    def ask_alone(self, request: bytes, bounds: Bounds) -> Reply:
        """One call in a zygote of its own: nothing but this call can end its worker.

        Raises: WorkerLost, InfrastructureFault as `ask`.
        """
        pool = Pool(self._jail, self._modules, 1, self._origin)
        with self._changed:
            self._refuse_when_closed()
            self._alone.add(pool)
        try:
            return pool.ask(request, bounds)
        finally:
            with self._changed:
                self._alone.discard(pool)
            pool.close()

    def start(self) -> None:
        """Start the zygote now. Raises: InfrastructureFault."""
        self.give_back(self.take())

    def close(self) -> None:
        """End all processes; calls that run end with an InfrastructureFault."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            alone = set(self._alone)
        self._retire()
        for pool in alone:
            pool.close()

    def take(self) -> Worker:
        """A worker for this caller alone, until it is given back or dropped.

        Raises: InfrastructureFault when none can be started.
        """
        with self._changed:
            while True:
                self._refuse_when_closed()
                while self._idle:
                    worker = self._idle.pop()
                    if worker.is_alive:
                        return worker
                    self._forget(worker)
                if self._slots:
                    return self._start_worker()
                self._changed.wait()

    def give_back(self, worker: Worker) -> None:
        """The worker may serve the next caller."""
        with self._changed:
            if self._closed:
                self._forget(worker)
            else:
                self._idle.append(worker)
                self._changed.notify()

    def drop(self, worker: Worker, *, stuck: bool = False) -> None:
        """End a worker; with one that does not end goes its whole zygote, since something stopped it."""
        if stuck or not worker.end():
            self._retire()
        with self._changed:
            self._forget(worker)

    def _start_worker(self) -> Worker:
        slot = self._slots.pop()
        try:
            for _ in range(2):
                self._zygote = self._zygote or self._origin(self._jail, self._modules)
                try:
                    return self._zygote.start_worker(slot)
                except WorkerLost:  # the zygote itself is gone
                    self._zygote.close()
                    self._zygote = None
        except BaseException:
            self._slots.append(slot)
            raise
        self._slots.append(slot)
        raise InfrastructureFault("The sandbox's processes end as soon as they start.", "Check free memory.")

    def _forget(self, worker: Worker) -> None:
        worker.close()
        self._slots.append(worker.slot)
        self._changed.notify()

    def _retire(self) -> None:
        with self._changed:
            zygote, self._zygote = self._zygote, None
            for worker in self._idle:
                self._forget(worker)
            self._idle = []
        if zygote is not None:
            zygote.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise InfrastructureFault("The sandbox is closed.", "Start a new one.")
