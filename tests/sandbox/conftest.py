"""One sandbox for all tests of the folder: that calls do not disturb each other is part of the promise."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult
from agentopt_core.sandbox import ProcessSandbox

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


@pytest.fixture(scope="session")
def make_sandbox() -> Iterator[Callable[..., ProcessSandbox]]:
    made: list[ProcessSandbox] = []

    def make(**limits: Any) -> ProcessSandbox:
        made.append(ProcessSandbox(SandboxLimits(**limits)))
        return made[-1]

    yield make
    for sandbox in made:
        asyncio.run(sandbox.close())


@pytest.fixture(scope="session")
def sandbox(make_sandbox) -> ProcessSandbox:
    return make_sandbox(wall_s=60, cpu_s=60, memory_mb=256, output_kb=64, result_kb=64)


@pytest.fixture(scope="session")
def hasty(make_sandbox) -> ProcessSandbox:
    """A sandbox for calls that must run out of time."""
    return make_sandbox(wall_s=0.5, workers=2)


def runner(sandbox: ProcessSandbox) -> Run:
    def run(code: str, /, **arguments: Any) -> ExecutionResult:
        return asyncio.run(sandbox.call(function(code), arguments))

    return run


@pytest.fixture(scope="session")
def run(sandbox) -> Run:
    """Run the function `f` of some code with these arguments."""
    return runner(sandbox)


@pytest.fixture(scope="session")
def run_hasty(hasty) -> Run:
    return runner(hasty)
