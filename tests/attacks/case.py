"""What an attack is: hostile code, how it is started, and what it can show when it got through."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.tasks import Attachment

from .numbers import HERE
from .world import World

AtLimits = Literal["gets through", "is stopped", "not run"]
"""At level `limits`: it gets through (which proves its teeth), limits stop it too, or it must not run there."""

_MODULES = tuple(
    """
    asyncio atexit builtins ctypes errno faulthandler fcntl gc hashlib importlib inspect json math mmap os posix random
    re resource runpy select shutil signal socket sqlite3 stat struct subprocess sys tempfile threading time types
    urllib.request warnings zlib
""".split()  # noqa: SIM905 - names, to be read as words
)
_SYSCALL = f"""
HERE = {HERE}

def syscall(number, *arguments):
    number += HERE.get(number & 0xffffffff, number & 0xffffffff) - (number & 0xffffffff)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    ctypes.set_errno(0)
    sent = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return libc.syscall(ctypes.c_long(number), *sent), ctypes.get_errno()

def reached(number, *arguments):
    '''The kernel worked on the call, whatever came of it, instead of refusing it.'''
    done, number = syscall(number, *arguments)
    return {{"reached": done != -1 or number not in (errno.EPERM, errno.ENOSYS), "errno": number if done == -1 else 0}}
"""
_FRAME = """
def frame(text):
    data = text.encode()
    return struct.pack(">I", len(data)) + data
"""


def source(body: str) -> str:
    """A module with `attack(w)`, which does that; what the body uses is imported before it."""
    body = textwrap.dedent(body).strip()
    helpers = (_SYSCALL if re.search(r"\b(syscall|reached)\(", body) else "") + (_FRAME if "frame(" in body else "")
    imports = [f"import {name}" for name in _MODULES if re.search(rf"\b{re.escape(name)}\b", helpers + body)]
    return "\n".join([*imports, helpers, "def attack(w):", textwrap.indent(body, "    ")])


@dataclass(frozen=True)
class Arena:
    """Where an attack runs: a sandbox, and the world around it."""

    sandbox: ProcessSandbox
    world: World

    async def call(self, body: str, attachments: tuple[Attachment, ...] = ()) -> ExecutionResult:
        """One call of an attack with this body, which is told where everything in the world is."""
        function = Function(name="attack", description="", parameters={"type": "object"}, code=source(body))
        return await self.sandbox.call(function, {"w": self.world.arguments()}, attachments)


Scene = Callable[[Arena, "Case"], Awaitable[ExecutionResult]]
Judge = Callable[[ExecutionResult, World], bool]


async def one_call(arena: Arena, case: Case) -> ExecutionResult:
    return await arena.call(case.body)


async def two_calls(arena: Arena, case: Case) -> ExecutionResult:
    """The attack, then a second call by the same worker, which shows what the first one did to it."""
    await arena.call(case.body)
    return await arena.call(case.then)


async def two_cells(arena: Arena, case: Case) -> ExecutionResult:
    """Two cells of one notebook, with half a second between them in which it must not run."""
    notebook = arena.sandbox.notebook()
    try:
        first = await notebook.run(case.body)
        if first.error is not None:
            return first
        await arena.call("time.sleep(0.5)\nreturn 0")
        return await notebook.run(case.then)
    finally:
        await notebook.close()


async def two_notebooks(arena: Arena, case: Case) -> ExecutionResult:
    """A cell in one notebook while another one is open; then a cell in the other."""
    hostile, other = arena.sandbox.notebook(), arena.sandbox.notebook()
    try:
        await other.run("mine = 1")
        await hostile.run(case.body)
        return await other.run(case.then)
    finally:
        await hostile.close()
        await other.close()


async def with_attachment(arena: Arena, case: Case) -> ExecutionResult:
    """A call of a task that has one attachment; the folder holds those of other tasks as well."""
    return await arena.call(case.body, (arena.world.attachment,))


async def loaded(arena: Arena, case: Case) -> ExecutionResult:
    """Source that is executed without a call."""
    code = textwrap.dedent(case.body)
    return await arena.sandbox.load(Function(name="attack", description="", parameters={"type": "object"}, code=code))


def gave_evidence(result: ExecutionResult, world: World) -> bool:
    """The attack returned what it can only have when it got through."""
    value = result.value
    if isinstance(value, dict) and "reached" in value:
        return bool(value["reached"])
    return result.ok and bool(value)


def came_back(result: ExecutionResult, world: World) -> bool:
    """The attack ended with a value, whichever."""
    return result.ok


def only_outside(result: ExecutionResult, world: World) -> bool:
    """Whatever it returns: the world outside says whether it got through."""
    return False


def printed_too_much(result: ExecutionResult, world: World) -> bool:
    return len(result.stdout.encode()) > (LIMITS.output_kb << 10) + 200


LIMITS = SandboxLimits(
    wall_s=20,
    cpu_s=5,
    memory_mb=128,
    output_kb=64,
    result_kb=64,
    file_mb=4,
    scratch_mb=16,
    workers=1,
    packages=("numpy",),
)
"""What every attack may use, but for what its case changes. One worker, so that calls meet each other's leavings."""


@dataclass(frozen=True)
class Case:
    """One attack. Its name says, as a sentence, what the sandbox promises."""

    name: str
    body: str
    at_limits: AtLimits = "gets through"
    got_through: Judge = gave_evidence
    scene: Scene = one_call
    then: str = ""
    """The second call or cell, in scenes that have one."""
    scratch: bool = False
    """It needs a folder to write to; at `landlock` that has to be asked for by name."""
    limits: Mapping[str, float] = field(default_factory=dict)
    gap: str = ""
    """What the documentation of `landlock` says is missing there; only then it may get through."""
    destructive: bool = False
    """It would destroy something in the world: it never runs below `landlock`."""

    def __post_init__(self) -> None:
        assert not self.destructive or self.at_limits == "not run", self.name

    def limits_for(self, level: str) -> SandboxLimits:
        return LIMITS.with_(**self.limits, scratch_without_quota=self.scratch and level == "landlock")


SOON = {"wall_s": 0.5}
"""For attacks that end when their time is over."""
