"""The sandbox over processes: one zygote for the standard library, one with the allowed libraries, a fork per call."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pydantic import JsonValue

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault, SandboxUnavailable
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult, SandboxLevel
from agentopt_core.sandbox.host import Pool, WorkerLost
from agentopt_core.sandbox.imports import Kind, kind_for, modules_of
from agentopt_core.sandbox.results import as_result, failed
from agentopt_core.sandbox.zygote.framing import MAX_REQUEST

_SLACK = 1 << 16
"""Bytes an answer may be longer than its result: an error's text, the JSON around a value."""


class ProcessSandbox:
    """Keeps the promise of `seams.Sandbox` with processes and resource limits.

    Every call runs in a process of its own: a fresh fork of an interpreter that never saw this process's environment,
    in an empty folder that is removed afterwards. Time, CPU, address space, output, result and processes are bounded,
    and whatever the call started ends with it. Equal calls give equal results: hash seed and random seeds are fixed.
    At most `limits.workers` calls run at a time; the others wait. A cancelled call still runs to its end or limit.
    May be used from several threads and event loops. `close()` ends every process; so does the end of this process.

    What it does not guard, at level `limits`: files and network are those of this user, and so are signals: a function
    can read what the user can read, connect anywhere, and end or inspect other processes of the user, this one too.
    """

    level: SandboxLevel = "limits"

    def __init__(self, limits: SandboxLimits) -> None:
        if not hasattr(os, "fork"):
            raise SandboxUnavailable(
                "Functions cannot be isolated on this system: it has no fork.", "Use Linux, macOS or WSL."
            )
        self._limits = limits
        self._modules = modules_of(limits.packages)
        self._pools: dict[Kind, Pool] = {"standard": Pool(()), "full": Pool(self._modules)}
        workers = limits.workers or max(2, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")

    async def call(self, function: Function, arguments: Mapping[str, JsonValue]) -> ExecutionResult:
        """Run one call; see `seams.Sandbox`."""
        return await self._run("call", function.name, function.code, arguments)

    async def load(self, function: Function) -> ExecutionResult:
        """Execute a function's source without calling it; see `seams.Sandbox`."""
        return await self._run("load", function.name, function.code, {})

    async def run_python(self, code: str) -> ExecutionResult:
        """Run a block like a notebook cell; a value without a JSON form comes as its repr. No state between calls."""
        return await self._run("script", "", code, {})

    async def close(self) -> None:
        """End every process of the sandbox; calls that still run fail. Closing twice is fine."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(asyncio.to_thread(pool.close) for pool in self._pools.values()))

    async def _run(self, kind: str, name: str, code: str, arguments: Mapping[str, JsonValue]) -> ExecutionResult:
        begin = time.perf_counter()
        try:
            request = json.dumps(
                {"kind": kind, "name": name, "code": code, "arguments": dict(arguments), "limits": self._in_bytes()}
            ).encode()
        except (ValueError, TypeError, RecursionError) as error:
            return failed("BadArguments", f"The arguments are no JSON: {str(error)[:200]}.", self.level)
        if len(request) > MAX_REQUEST:
            return failed("BadArguments", f"The arguments are larger than {MAX_REQUEST >> 20} MiB.", self.level)
        try:
            running = self._threads.submit(self._ask, kind_for(code, self._modules), request, code.count("\n") + 1)
        except RuntimeError as error:
            raise InfrastructureFault("The sandbox is closed.", "Start a new one.") from error
        result = await asyncio.wrap_future(running)
        return result.with_(ms=(time.perf_counter() - begin) * 1000)

    def _ask(self, kind: Kind, request: bytes, lines: int) -> ExecutionResult:
        """A worker's loss may be another function's doing, so the call is repeated alone; lost again, it is its own."""
        limits, pool = self._limits, self._pools[kind]
        bounds = limits.wall_s, limits.output_kb * 1024, limits.result_kb * 1024 + _SLACK
        try:
            reply = pool.ask(request, *bounds)
        except WorkerLost:
            try:
                reply = pool.ask_alone(request, *bounds)
            except WorkerLost:
                return failed("Killed", "It ended the process that runs functions.", self.level)
        return as_result(reply, limits, lines, self.level)

    def _in_bytes(self) -> dict[str, float]:
        limits = self._limits
        return {
            "wall_s": limits.wall_s,
            "cpu_s": limits.cpu_s,
            "memory_bytes": limits.memory_mb << 20,
            "output_bytes": limits.output_kb << 10,
            "result_bytes": limits.result_kb << 10,
        }
