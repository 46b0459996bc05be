"""The sandbox over processes: one zygote for the standard library, one with the allowed libraries, a fork per call."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import JsonValue

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult, SandboxLevel
from agentopt_core.sandbox.attachments import files_of
from agentopt_core.sandbox.fresh import FreshPool
from agentopt_core.sandbox.imports import Kind, kind_for, modules_of
from agentopt_core.sandbox.jail import Jail
from agentopt_core.sandbox.notebook import Permits, ProcessNotebook
from agentopt_core.sandbox.pool import Pool
from agentopt_core.sandbox.requests import Unsendable, bounds, request
from agentopt_core.sandbox.results import as_result, failed
from agentopt_core.sandbox.shell import run_command
from agentopt_core.sandbox.workers import WorkerLost
from agentopt_core.sandbox.zygote.child import SOURCE
from agentopt_core.tasks import Attachment

MakePool = Callable[[Jail, tuple[str, ...], int], Pool]
_MAX_NOTEBOOKS = 64
"""Notebooks that are open at a time, at most: each keeps two processes."""


def own_pool() -> MakePool:
    """How this system starts processes: by a fork, which costs least, where there is one."""
    return Pool if hasattr(os, "fork") else FreshPool


class ProcessSandbox:
    """Keeps the promise of `seams.Sandbox` with processes, at the level its caller has found (see `levels`).

    Every call runs in a process of its own: a fresh fork of an interpreter that never saw this process's environment,
    confined as the level says. Time, CPU, address space, output, result, files and processes are bounded, and whatever
    the call started ends with it. Equal calls give equal results: hash seed and random seeds are fixed.
    At most `limits.workers` calls run at a time; the others wait. A cancelled call still runs to its end or limit.
    Where the system has no fork, a call starts an interpreter instead (see `fresh`): the same promise, only slower.
    `files` is the folder that the attachments' paths start from. As many as `notebooks` are open at a time; more wait.
    May be used from several threads and event loops. `close()` ends every process; so does the end of this process.

    What it does not guard is in `rollouts.PROTECTION` for each level, and in docs/security.md.
    """

    def __init__(
        self,
        limits: SandboxLimits,
        level: SandboxLevel,
        files: Path | None = None,
        notebooks: int = 8,
        make_pool: MakePool | None = None,
    ) -> None:
        self.level: SandboxLevel = level
        self._limits = limits
        self._files = files.resolve() if files else None
        self._modules = modules_of(limits.packages)
        workers = limits.workers or max(2, os.cpu_count() or 1)
        notebooks = min(notebooks, _MAX_NOTEBOOKS)
        slots = workers + notebooks
        jail = Jail(level, limits, self._files, slots)
        make_pool = make_pool or own_pool()
        self._pools: dict[Kind, Pool] = {
            "standard": make_pool(jail, (), slots),
            "full": make_pool(jail, self._modules, slots),
        }
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        self._permits = Permits(notebooks)
        self._closing = threading.Event()

    def start(self) -> None:
        """Start the first process now instead of at the first call. Raises: InfrastructureFault."""
        self._pools["standard"].start()

    async def call(
        self, function: Function, arguments: Mapping[str, JsonValue], attachments: tuple[Attachment, ...] = ()
    ) -> ExecutionResult:
        """Run one call; see `seams.Sandbox`."""
        return await self._run("call", function, arguments, files_of(attachments))

    async def load(self, function: Function) -> ExecutionResult:
        """Execute a function's source without calling it; see `seams.Sandbox`."""
        return await self._run("load", function, {}, {})

    async def shell(self, command: str, attachments: tuple[Attachment, ...] = ()) -> ExecutionResult:
        """Run one command line in a jail of its own; see `seams.Sandbox`."""
        if self.level != "namespaces":
            return failed("Unavailable", f"There is no shell at level '{self.level}'.", self.level)
        files = files_of(attachments)
        return await self._in_thread(lambda: run_command(command, self._limits, self._files, files, self._closing))

    def notebook(self, attachments: tuple[Attachment, ...] = ()) -> ProcessNotebook:
        """A notebook, opened at its first cell; see `seams.Sandbox`."""

        def pool_for(code: str) -> Pool:
            return self._pools[kind_for(code, self._modules)]

        return ProcessNotebook(
            pool_for, self._in_thread, self._permits, self._limits, self.level, files_of(attachments)
        )

    async def close(self) -> None:
        """End every process of the sandbox; calls that still run fail. Closing twice is fine."""
        self._closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._permits.close()
        await asyncio.gather(*(asyncio.to_thread(pool.close) for pool in self._pools.values()))

    async def _run(
        self, kind: str, function: Function, arguments: Mapping[str, JsonValue], files: Mapping[str, str]
    ) -> ExecutionResult:
        try:
            data = request(self._limits, kind, function.code, SOURCE, function.name, arguments, files)
        except Unsendable as error:
            return failed("BadArguments", str(error), self.level)
        return await self._in_thread(lambda: self._ask(function.code, data))

    async def _in_thread(self, work: Callable[[], ExecutionResult]) -> ExecutionResult:
        """Do it beside the event loop, at most `limits.workers` at a time."""
        begin = time.perf_counter()
        try:
            running = self._threads.submit(work)
        except RuntimeError as error:
            raise InfrastructureFault("The sandbox is closed.", "Start a new one.") from error
        result = await asyncio.wrap_future(running)
        return result.with_(ms=(time.perf_counter() - begin) * 1000)

    def _ask(self, code: str, data: bytes) -> ExecutionResult:
        """A worker's loss may be another function's doing, so the call is repeated alone; lost again, it is its own."""
        pool = self._pools[kind_for(code, self._modules)]
        limit = bounds(self._limits)
        try:
            reply = pool.ask(data, limit)
        except WorkerLost:
            try:
                reply = pool.ask_alone(data, limit)
            except WorkerLost:
                return failed("Killed", "It ended the process that runs functions.", self.level)
        return as_result(reply, self._limits, code.count("\n") + 1, self.level)
