"""The agent's Python within one rollout: cells that share variables, as in a notebook, in a process of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.rollouts import ExecutionResult, SandboxLevel
from agentopt_core.sandbox.pool import Pool
from agentopt_core.sandbox.requests import Unsendable, bounds, request
from agentopt_core.sandbox.results import as_result, failed
from agentopt_core.sandbox.workers import Worker, WorkerLost

_FORGOTTEN = "Variables of earlier scripts are lost."

InThread = Callable[[Callable[[], ExecutionResult]], Awaitable[ExecutionResult]]


class Permits:
    """So many notebooks may be open at a time. Who waits for one keeps no thread of the calls'."""

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)
        self._waiting = ThreadPoolExecutor(1, thread_name_prefix="sandbox notebooks")

    async def acquire(self) -> None:
        """Wait for a permit. Raises: InfrastructureFault when the sandbox is closed."""
        if not self._free.acquire(blocking=False):
            try:
                taken: Future[bool] = self._waiting.submit(self._free.acquire)
            except RuntimeError as error:
                raise InfrastructureFault("The sandbox is closed.", "Start a new one.") from error
            try:
                await asyncio.wrap_future(taken)
            except asyncio.CancelledError:
                taken.add_done_callback(lambda done: None if done.cancelled() else self._free.release())
                raise

    def release(self) -> None:
        """Give a permit back."""
        self._free.release()

    def close(self) -> None:
        """Let nobody wait any more."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        self._free.release()  # for the one that is waiting already


class ProcessNotebook:
    """Keeps the promise of `seams.Notebook`: one process for all cells, stopped between them.

    A cell that is ended by a limit, or ends its process, takes the variables with it; the next cell begins afresh, and
    its result says so.
    """

    def __init__(
        self,
        pool_for: Callable[[str], Pool],
        in_thread: InThread,
        permits: Permits,
        limits: SandboxLimits,
        level: SandboxLevel,
        files: Mapping[str, str],
    ) -> None:
        self._pool_for = pool_for
        self._in_thread = in_thread
        self._permits = permits
        self._limits = limits
        self._level: SandboxLevel = level
        self._files = files
        self._turn = asyncio.Lock()
        self._pool: Pool | None = None
        self._worker: Worker | None = None
        self._cells = 0
        self._closed = False

    async def run(self, code: str) -> ExecutionResult:
        """Run one cell after those before it; see `seams.Notebook`."""
        async with self._turn:
            self._refuse_when_closed()
            self._cells += 1
            try:
                data = request(self._limits, "cell", code, f"<cell {self._cells}>", files=self._files)
            except Unsendable as error:
                return failed("BadArguments", str(error), self._level)
            if self._pool is None:
                await self._permits.acquire()
                self._pool = self._pool_for(code)
            pool = self._pool
            return await self._in_thread(lambda: self._ask(pool, code, data))

    async def close(self) -> None:
        """End its process. Closing twice is fine."""
        self._closed = True
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.to_thread(self._drop, pool)
            finally:
                self._permits.release()

    def _ask(self, pool: Pool, code: str, data: bytes) -> ExecutionResult:
        self._refuse_when_closed()
        try:
            worker = self._worker = self._worker or pool.take()
            reply = worker.ask(data, bounds(self._limits))
        except WorkerLost:
            self._drop(pool)
            return failed("Killed", f"It ended the process that runs scripts. {_FORGOTTEN}", self._level)
        result = as_result(reply, self._limits, code.count("\n") + 1, self._level)
        if self._is_closed():  # meanwhile, by its rollout
            self._drop(pool)
        elif reply.header.get("fresh") and self._cells > 1:
            result = result.with_(stdout=f"[{_FORGOTTEN}]\n{result.stdout}")
        return result

    def _is_closed(self) -> bool:
        return self._closed

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise InfrastructureFault("The notebook is closed.", "Open a new one.")

    def _drop(self, pool: Pool) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            pool.drop(worker)
