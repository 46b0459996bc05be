"""Where a level does not protect the user's files, this process at least keeps its own memory and keys to itself."""

from __future__ import annotations

from agentopt_core.rollouts import SandboxLevel
from agentopt_core.sandbox.zygote.kernel import LIBC

_SET_DUMPABLE = 4
_READS_FILES: tuple[SandboxLevel, ...] = ("seccomp", "limits")


def hide_from_calls(level: SandboxLevel | None) -> None:
    """Let no process of this user read this one's environment and memory in /proc, where calls could (Linux).

    For every process that holds keys. It covers nothing else of what such a level leaves open.
    """
    if level in _READS_FILES and LIBC is not None:
        LIBC.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
