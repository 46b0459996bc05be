"""One sandbox a level for all tests of the folder: that calls do not disturb each other is part of the promise.

`sandbox` and `run` are there once for each level that this machine can give. `loose` is level `limits`, for what only
matters where a call may start processes and touch files. Functions that attack are in `tests/attacks`.
"""

import asyncio
import os
import select
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.rollouts import LEVELS, ExecutionResult
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.levels import obstacle

Run = Callable[..., ExecutionResult]


def function(code: str, name: str = "f", packages: tuple[str, ...] = ()) -> Function:
    return Function(name=name, description="A test.", parameters={"type": "object"}, packages=packages, code=code)


def descendants(root: int) -> set[int]:
    """Processes below `root`, by the process table."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    found, waiting = set(), {root}
    while waiting:
        waiting = {pid for pid, parent in parents.items() if parent in waiting}
        found |= waiting
    return found


def wait_for_end(pids, seconds=30):
    """The pids that are still there after that time."""
    left = set()
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                poll = select.poll()
                poll.register(handle, select.POLLIN)
                if not poll.poll(seconds * 1000):
                    left.add(pid)
            finally:
                os.close(handle)
    return left


LEVELS_HERE = [level for level in LEVELS if obstacle(level) is None]


@pytest.fixture(scope="session")
def make_sandbox() -> Iterator[Callable[..., ProcessSandbox]]:
    made: list[ProcessSandbox] = []

    def make(level: str = "limits", files: Path | None = None, notebooks: int = 4, **limits: Any) -> ProcessSandbox:
        made.append(ProcessSandbox(SandboxLimits(**limits), level, files, notebooks))
        return made[-1]

    yield make
    for sandbox in made:
        asyncio.run(sandbox.close())


@pytest.fixture(scope="session", params=LEVELS_HERE)
def level(request: pytest.FixtureRequest) -> str:
    return request.param


USUAL = {"wall_s": 60, "cpu_s": 60, "memory_mb": 256, "output_kb": 64, "result_kb": 64}


@pytest.fixture(scope="session")
def sandbox(make_sandbox, level) -> ProcessSandbox:
    return make_sandbox(level, **USUAL)


@pytest.fixture(scope="session")
def loose(make_sandbox) -> ProcessSandbox:
    return make_sandbox("limits", **USUAL)


@pytest.fixture(scope="session")
def hasty(make_sandbox, level) -> ProcessSandbox:
    """A sandbox for calls that must run out of time."""
    return make_sandbox(level, wall_s=0.5, workers=2)


@pytest.fixture(scope="session")
def hasty_loose(make_sandbox) -> ProcessSandbox:
    return make_sandbox("limits", wall_s=0.5, workers=2)


def runner(sandbox: ProcessSandbox) -> Run:
    def run(code: str, /, **arguments: Any) -> ExecutionResult:
        return asyncio.run(sandbox.call(function(code), arguments))

    return run


def cell(sandbox: ProcessSandbox, *codes: str) -> ExecutionResult:
    """The last of some cells of one notebook."""

    async def play() -> ExecutionResult:
        notebook = sandbox.notebook()
        try:
            return [await notebook.run(code) for code in codes][-1]
        finally:
            await notebook.close()

    return asyncio.run(play())


@pytest.fixture(scope="session")
def run(sandbox) -> Run:
    """Run the function `f` of some code with these arguments."""
    return runner(sandbox)


@pytest.fixture(scope="session")
def run_loose(loose) -> Run:
    return runner(loose)


@pytest.fixture(scope="session")
def run_hasty(hasty) -> Run:
    return runner(hasty)
