"""All attacks at one level: `python -m tests.attacks.run --level landlock`, in a HOME and TMPDIR made for it.

Prints one JSON object a line: what was attacked, whether it was stopped, and why that is known.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.rollouts import LEVELS, ExecutionResult, SandboxLevel
from agentopt_core.sandbox import ProcessSandbox

from .case import LIMITS, Arena, Case
from .cases import GROUPS
from .world import World, below_this_process

_GRACE_S = 10.0
"""Seconds in which what the sandbox ends in the background must have ended."""
_TRIES = 5
"""Half a second may be too little for a call of nothing, on a busy machine."""
_PROBE = "return os.close(os.open(w['folder'] + '/probe', os.O_CREAT | os.O_EXCL | os.O_WRONLY)) is None"
_PEACE = "return sum(range(10))"
_ISOLATING = ("namespaces", "landlock")
UNAVAILABLE = 3
"""Exit code of a level that does not work here, for this user."""
AFTERWARDS = ("a peaceful call still works", "an allowed library works", "no process is left", "no folder is left")


@dataclass(frozen=True)
class Seen:
    """What became of one attack."""

    stopped: bool
    why: str
    missing: bool = False
    """The kernel does not have what was attacked."""


class Runner:
    """The sandboxes of one level, kept for all cases with the same limits, so that attacks meet what others left."""

    def __init__(self, level: SandboxLevel, world: World) -> None:
        self._level = level
        self._world = world
        self._sandboxes: dict[SandboxLimits, ProcessSandbox] = {}
        self._depth = 0

    def arena(self, limits: SandboxLimits) -> Arena:
        sandbox = self._sandboxes.get(limits)
        if sandbox is None:
            sandbox = ProcessSandbox(limits, self._level, files=self._world.files, notebooks=2)
            self._sandboxes[limits] = sandbox
        return Arena(sandbox, self._world)

    async def start(self) -> None:
        """Start, and see how many generations below this process workers live."""
        await self.arena(LIMITS).call(_PEACE)
        self._depth = max(below_this_process(self._world).values())

    async def is_open(self) -> bool:
        """A harmless attempt to write, which must fail where anything worse is to be tried."""
        await self.arena(LIMITS).call(_PROBE)
        return bool(self._world.harm())

    async def attack(self, case: Case) -> Seen:
        arena = self.arena(case.limits_for(self._level))
        result, harm = None, []
        try:
            result = await case.scene(arena, case)
        except InfrastructureFault as fault:
            harm.append(f"the sandbox fails: {fault.message}")
        harm += await self._harm(arena)
        if result is None:
            return Seen(not harm, "; ".join(harm))
        if self._world.secret in result.model_dump_json():
            harm.append("the secret came back")
        if case.got_through(result, self._world):
            harm.append(f"it shows that it got through: {result.model_dump_json()[:200]}")
        return Seen(not harm, "; ".join(harm) or _told(result), _is_missing(result))

    async def end(self) -> Iterator[tuple[str, Seen]]:
        """What must be so after all attacks."""
        peace = await self.arena(LIMITS).call(_PEACE)
        library = await self.arena(LIMITS).call("import numpy\nreturn int(numpy.arange(10).sum())")
        for sandbox in self._sandboxes.values():
            await sandbox.close()
        left = self._patiently(lambda: [str(pid) for pid in below_this_process(self._world)])
        folders = [path.name for path in self._world.temporary.iterdir()]
        seen = [Seen(one.value == 45, _told(one)) for one in (peace, library)]
        seen += [Seen(not left, str(left)), Seen(not folders, str(folders))]
        return zip(AFTERWARDS, seen, strict=True)

    async def _harm(self, arena: Arena) -> list[str]:
        found = self._world.harm()
        try:
            for _ in range(_TRIES):
                peace = await arena.call(_PEACE)
                if peace.error is None or peace.error.type != "Timeout":
                    break
            if peace.value != 45:
                found.append(f"the next call fails: {_told(peace)}")
        except InfrastructureFault as fault:
            found.append(f"the next call fails: {fault.message}")
        return found + self._patiently(self._left_overs)

    def _left_overs(self) -> list[str]:
        below = below_this_process(self._world)
        found = [f"process {pid} is left" for pid, depth in below.items() if depth > self._depth]
        for folder in self._world.temporary.glob("agentopt-sandbox-*/*/*"):
            found.append(f"{folder.relative_to(self._world.temporary)} is left")
        return found

    def _patiently(self, look: Callable[[], list[str]]) -> list[str]:
        deadline = time.monotonic() + _GRACE_S
        while (found := look()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return found


def _told(result: ExecutionResult) -> str:
    if result.error is None:
        return f"it returned {json.dumps(result.value)[:100]}"
    return f"{result.error.type}: {result.error.message}"[:200]


def _is_missing(result: ExecutionResult) -> bool:
    return isinstance(result.value, dict) and result.value.get("errno") == errno.ENOSYS


async def run(level: SandboxLevel, groups: list[str], names: str) -> int:
    if os.geteuid() == 0 and level not in _ISOLATING:
        print(f"At level {level} calls keep the rights of this process: not as root.", file=sys.stderr)
        return 2
    world = World(Path(os.environ["ATTACKS_WORLD"]))
    runner = Runner(level, world)
    try:
        try:
            await runner.start()
        except InfrastructureFault as fault:
            print(f"At level {level} nothing starts: {fault.message}", file=sys.stderr)
            return UNAVAILABLE
        if await runner.is_open() and level in _ISOLATING:
            print("A call can write to the world's folder: nothing else is tried.", file=sys.stderr)
            return 1
        for group in groups:
            for case in GROUPS[group]:
                if names not in case.name or (level not in _ISOLATING and case.at_limits == "not run"):
                    continue
                begin = time.perf_counter()
                _tell(case.name, group, await runner.attack(case), begin)
        begin = time.perf_counter()
        for name, seen in await runner.end():
            _tell(name, "afterwards", seen, begin)
    finally:
        with suppress(OSError):
            world.close()
    return 0


def _tell(name: str, group: str, seen: Seen, begin: float) -> None:
    ms = round((time.perf_counter() - begin) * 1000, 1)
    line = {"case": name, "group": group, "stopped": seen.stopped, "why": seen.why, "missing": seen.missing, "ms": ms}
    print(json.dumps(line), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.run", description="All attacks at one level.")
    parser.add_argument("--level", required=True, choices=LEVELS)
    parser.add_argument("--group", action="append", choices=list(GROUPS), help="only this group; may be repeated")
    parser.add_argument("--name", default="", help="only cases with this in their name")
    chosen = parser.parse_args()
    world = os.environ.get("ATTACKS_WORLD")
    if not world or Path(os.environ["HOME"]) != Path(world, "home") or Path(world, "home").exists():
        parser.error("ATTACKS_WORLD must name a new folder, and HOME `home` in it, which must not be there yet")
    return asyncio.run(run(chosen.level, chosen.group or list(GROUPS), chosen.name))


if __name__ == "__main__":
    sys.exit(main())
