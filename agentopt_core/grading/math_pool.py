"""Processes that do algebra, and are killed where it does not end."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from agentopt_core.errors import InfrastructureFault
from agentopt_core.grading import math_library

TIME_S = 2.0
"""Seconds one comparison may take; then its process is killed and another one started."""
MEMORY_MB = 1024
"""MiB of address space of one process."""
_HINT = "Resume the run; what was graded is kept."


class TooComplex(Exception):
    """The comparison was stopped; the message says by which limit."""


class MathPool:
    """Compares answers by algebra in processes of its own (spawned: nothing of this process is inherited).

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
        self.equal("x+1", "1+x")

    def equal(self, gold: str, answer: str) -> bool:
        """Whether the two are equal.

        Raises: TooComplex when a limit ended the comparison; InfrastructureFault when the processes are lost.
        """
        try:
            return bool(self.submit(gold, answer).result())
        except BaseException as error:
            raise self._meaning(error) from None

    async def equal_async(self, gold: str, answer: str) -> bool:
        """As `equal`, without blocking the event loop."""
        try:
            future: Future[bool] = self.submit(gold, answer)
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            raise self._meaning(error) from None

    def submit(self, gold: str, answer: str) -> Future[bool]:
        """The comparison as a future, for callers that keep many under way; read its errors with `meaning`."""
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    context=multiprocessing.get_context("spawn"),
                    initializer=math_library.start,
                    initargs=(self._memory_mb,),
                )
            return self._pool.schedule(math_library.equal, args=(gold, answer), timeout=self._time_s)

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

    def _meaning(self, error: BaseException) -> BaseException:
        match error:
            case FutureTimeout() | TimeoutError():
                return TooComplex(f"too complex to evaluate in {self._time_s:g} s")
            case MemoryError():
                return TooComplex(f"too complex to evaluate in {self._memory_mb} MB")
            case ProcessExpired():
                return TooComplex("too complex to evaluate: its process ended")
            case RecursionError() | OverflowError():
                return TooComplex("too deep to evaluate")
            case CancelledError() | RuntimeError():
                return InfrastructureFault(f"Answers cannot be compared at the moment: {error}.", _HINT)
            case Exception():
                return TooComplex(f"cannot be evaluated ({type(error).__name__})")
            case _:
                return error
