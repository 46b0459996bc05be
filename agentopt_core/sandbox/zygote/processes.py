"""Finding and ending processes that a call left behind.

A process can leave its group and its session, but on Linux not its ancestors: workers and zygote adopt orphans below
them. Elsewhere only the process group is ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import suppress

from .kernel import LIBC

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MACOS: ctypes.CDLL | None = ctypes.CDLL(None) if sys.platform == "darwin" else None
_USAGE_BYTES, _FOOTPRINT = 96, slice(72, 80)
"""Of `struct rusage_info_v0`: its size, and where ri_phys_footprint is."""


def adopt_orphans() -> None:
    """From now on a descendant whose parent ended becomes a child of this process (Linux)."""
    if LIBC is not None:
        LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """End this process when its parent ends (Linux)."""
    if LIBC is not None:
        LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def count_descendants(root: int, enough: int) -> int:
    """Processes below `root` and their threads; stops counting at `enough`. 0 where the system does not tell."""
    found, waiting = 0, [root]
    while waiting and found < enough:
        children = _children(waiting.pop())
        found += sum(map(_count_threads, children))
        waiting += children
    return found


def mapped_bytes(pid: int | None) -> int:
    """Address space of a process; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def memory_used(pid: int) -> int:
    """Bytes a process occupies, on macOS: there no limit on address space holds, so that someone must look. Else 0."""
    if _MACOS is None:
        return 0
    usage = ctypes.create_string_buffer(_USAGE_BYTES)
    if _MACOS.proc_pid_rusage(pid, 0, usage) != 0:
        return 0
    return int.from_bytes(usage.raw[_FOOTPRINT], sys.byteorder)


def below(root: int) -> list[int]:
    """All processes below another one (Linux)."""
    return _descendants(root, ())


def memory_below(root: int) -> int:
    """Bytes that all processes below another one occupy together, shared pages counted in each (Linux)."""
    pages = 0
    for pid in _descendants(root, ()):
        with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:
            pages += int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def end_group(pid: int) -> None:
    """Kill a process and its group."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def end_descendants(keep: Collection[int] = (), seconds: float = 5.0) -> bool:
    """Kill and reap all that lives below this process but for the children in `keep` and what is below them.

    True when nothing else is left. A process that forks while it is being killed is met again in the next round.
    """
    deadline = time.monotonic() + seconds
    while True:
        _reap(keep)
        if not keep and not _has_children():
            return True
        found = _descendants(os.getpid(), keep)
        if not found and (keep or sys.platform != "linux"):
            return True
        if time.monotonic() > deadline:
            return False
        # Stopping all of them first keeps a fork bomb from outrunning the killing.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
        time.sleep(0.001)


def _reap(keep: Collection[int]) -> None:
    if not keep:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        return
    for pid in _children(os.getpid()):
        if pid not in keep:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _count_threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 1


def _children(pid: int) -> list[int]:
    """Children of a process; of all its threads, since each thread keeps its own list."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except OSError:
        pass
    return found


def _descendants(root: int, keep: Collection[int]) -> list[int]:
    """Everything below `root` from one look at the process table, which needs no optional kernel feature."""
    below: dict[int, list[int]] = {}
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for pid in numbers:
        with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                below.setdefault(int(parent), []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        for pid in below.get(waiting.pop(), []):
            if pid not in keep:
                found.append(pid)
                waiting.append(pid)
    return found
