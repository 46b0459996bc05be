"""Processes that do algebra, and are killed where it does not end."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from agentopt_core.errors import InfrastructureFault
from agentopt_core.grading import math_library
from agentopt_core.grading.math_library import Comparison
from agentopt_core.grading.spawning import BareSpawn

TIME_S = 2.0
"""Seconds one comparison may take; then its process is killed and another one started."""
MEMORY_MB = 1024
"""MiB of address space of one process."""
_HINT = "Resume the run; what was graded is kept."


class MathPool:
    """Compares answers by algebra in processes of its own, spawned anew, that forget the environment with its keys.

    Cheap to make: the first comparison, or `warm`, starts the processes. Safe to use from several threads and loops.
    A killed process never takes another comparison with it.
    """

    def __init__(self, workers: int | None = None, time_s: float = TIME_S, memory_mb: int = MEMORY_MB) -> None:
        self._workers = workers or max(1, min(4, os.cpu_count() or 1))
        self._time_s = time_s
        self._memory_mb = memory_mb
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Start the processes now and return when one of them has answered."""
        self.compare(("x+1",), "1+x")

    def compare(self, golds: Sequence[str], answer: str) -> Comparison:
        """What algebra says of one answer and its golds, which share the time; a limit that ended it is told.

        Raises: InfrastructureFault when the processes are lost.
        """
        started = time.perf_counter()
        try:
            return self._submit(golds, answer).result()
        except Exception as error:
            return self._stopped(error, started)

    async def compare_async(self, golds: Sequence[str], answer: str) -> Comparison:
        """As `compare`, without blocking the event loop."""
        started = time.perf_counter()
        try:
            return await asyncio.wrap_future(self._submit(golds, answer))
        except Exception as error:
            return self._stopped(error, started)

    def _submit(self, golds: Sequence[str], answer: str) -> Future[Comparison]:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    context=BareSpawn(),
                    initializer=math_library.start,
                    initargs=(self._memory_mb,),
                )
            return self._pool.schedule(math_library.compare, args=(golds, answer), timeout=self._time_s)

    def close(self) -> None:
        """Kill the processes. Closing twice is fine; a closed pool starts anew when it is asked."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stopped(self, error: Exception, started: float) -> Comparison:
        match error:
            case FutureTimeout():
                return Comparison(None, self._time_s, f"too complex to evaluate in {self._time_s:g} s")
            case ProcessExpired():
                spent = min(time.perf_counter() - started, self._time_s)
                return Comparison(None, spent, "too complex to evaluate: its process ended")
            case _:
                raise InfrastructureFault(f"Answers cannot be compared at the moment: {error}.", _HINT) from error
