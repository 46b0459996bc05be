"""Which isolation this machine really gives, and whether that is enough for a run.

A level counts when a call that was started in it could not do what the level forbids; what is installed or promised
counts for nothing. Never lowered without a word: what stronger levels lack is kept beside the one that was found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import which

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import SandboxUnavailable
from agentopt_core.rollouts import LEVELS, PROTECTION, Isolation, SandboxLevel
from agentopt_core.sandbox.bubblewrap import PROGRAM
from agentopt_core.sandbox.jail import is_root
from agentopt_core.sandbox.paths import closed_to_others, readable_paths
from agentopt_core.sandbox.privacy import hide_from_calls
from agentopt_core.sandbox.probe import probe
from agentopt_core.sandbox.process import ProcessSandbox
from agentopt_core.sandbox.zygote import kernel, landlock, seccomp

_SAFE_FOR_ROOT: tuple[SandboxLevel, ...] = ("namespaces", "landlock")
_BY_NAME = "--min-isolation {level} on the command line, 'Weakest isolation' on the Train page"


def find_isolation() -> Isolation:
    """The strongest level that holds here. Blocks for half a second, at first and when bubblewrap came or went."""
    return _found_with(which(PROGRAM))


@cache
def _found_with(bubblewrap: str | None) -> Isolation:
    return look_for_isolation(obstacle, probe)


def look_for_isolation(
    obstacle: Callable[[SandboxLevel], str | None], probe: Callable[[SandboxLevel], str | None]
) -> Isolation:
    """The first level with neither an obstacle nor a hole; both say what is wrong in a sentence, or None."""
    lacking: dict[SandboxLevel, str] = {}
    for level in LEVELS:
        wrong = obstacle(level) or probe(level)
        if wrong is None:
            return Isolation(level=level, lacking=lacking)
        lacking[level] = wrong
    return Isolation(level=None, lacking=lacking)


def obstacle(level: SandboxLevel) -> str | None:
    """What keeps a level from working here, as far as that is known without trying."""
    if level == "limits":
        return None
    if sys.platform != "linux":
        return "It needs Linux."
    if not seccomp.is_supported():
        return "No filter of system calls has been checked on this processor; x86_64 and aarch64 have one."
    if level == "namespaces" and which(PROGRAM) is None:
        return "bubblewrap is not installed (Debian, Ubuntu: sudo apt install bubblewrap)."
    if level == "landlock" and landlock.version() == 0:
        return "The kernel has no Landlock, or it is switched off; Linux 5.13 or newer has it."
    if level == "landlock" and is_root() and not kernel.may_keep_reading():
        closed = closed_to_others(path for path, _ in readable_paths(SandboxLimits().packages))
        if closed is not None:
            return f"Calls of root get another user, and '{closed}' keeps others from Python (chmod o+x '{closed}')."
    return None


def require(isolation: Isolation, minimum: SandboxLevel, *, root: bool | None = None) -> SandboxLevel:
    """The level a run may start with. `root`: this process's user may do anything; None: look.

    Raises: SandboxUnavailable, with the way out, when it is weaker than the run asks for, or too weak for root.
    """
    level = isolation.level
    if level is None:
        raise SandboxUnavailable("Functions cannot be run on this machine.", _lacking(isolation, "limits"))
    if (is_root() if root is None else root) and level not in _SAFE_FOR_ROOT:
        raise SandboxUnavailable(
            f"Functions would run at level '{level}' ({PROTECTION[level]}) and as root: that is always refused.",
            f"Run AgentOpt as a normal user, or mend this: {_lacking(isolation, 'landlock')}",
        )
    if LEVELS.index(level) > LEVELS.index(minimum):
        raise SandboxUnavailable(
            f"Functions would run at level '{level}': {PROTECTION[level]} The run asks for '{minimum}' at least.",
            f"{_lacking(isolation, minimum)} Or accept it by name: {_BY_NAME.format(level=level)}.",
        )
    return level


def open_sandbox(
    limits: SandboxLimits, isolation: Isolation, files: Path | None = None, notebooks: int = 8
) -> ProcessSandbox:
    """A sandbox at the level that was found; see `ProcessSandbox`. Raises: SandboxUnavailable as `require`."""
    level = require(isolation, limits.minimum)
    hide_from_calls(level)
    return ProcessSandbox(limits, level, files, notebooks)


def _lacking(isolation: Isolation, minimum: SandboxLevel) -> str:
    """What each level from the strongest to this one lacks."""
    wanted = LEVELS[: LEVELS.index(minimum) + 1]
    return " ".join(f"For '{level}': {isolation.lacking[level]}" for level in wanted if level in isolation.lacking)
