"""The limits a process takes on itself, where its system has them. Windows has none: there a job object holds them."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from typing import Any

try:
    import resource
except ImportError:
    EXIST = False
else:
    EXIST = True

MAX_FDS = 256
MAX_FILES = 4096
"""Files and folders one call may make: they cost the kernel memory, which the size of its folder does not bound."""
_SPARE = 32 * 1024 * 1024
"""Address space that is set free after a MemoryError, so that it can still be reported."""


def take_on(limits: dict[str, Any], mapped: int, tasks: int | None = None, used_s: float = 0.0, *, stays: bool) -> None:
    """Bound this process and what it starts.

    `mapped` bytes of address space are there already, 0 when that is unknown, and `used_s` seconds of CPU were used;
    `tasks` threads and processes its user may have, None: as many as before. With `stays` it is a notebook's, whose
    CPU time grows by the cell.
    """
    if not EXIST:
        return
    seconds = math.ceil(used_s + limits["cpu_s"])
    bounds = [
        (resource.RLIMIT_CPU, seconds, resource.RLIM_INFINITY if stays else seconds + 1),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0, 0),
    ]
    if mapped or sys.platform == "linux":  # elsewhere even an idle process may map more than a call is allowed
        memory = mapped + limits["memory_bytes"]
        bounds.append((resource.RLIMIT_AS, memory, memory + _SPARE))
    if tasks is not None:
        bounds.append((resource.RLIMIT_NPROC, tasks, tasks))
    for kind, soft, hard in bounds:
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(kind, (soft, hard))


def bound_files() -> None:
    """Let this process and its forks open no more than `MAX_FDS` files."""
    if EXIST:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        files = MAX_FDS if hard == resource.RLIM_INFINITY else min(MAX_FDS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def used_cpu_s(pid: int) -> float:
    """CPU seconds of a process; 0 where the system does not tell (only Linux does), or when it has ended."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the process's own clock, as clock_getcpuclockid(3) numbers it
    except OSError:
        return 0.0


def allow_cpu(pid: int, seconds: float) -> None:
    """Let a process that has used CPU time use so many seconds more (Linux)."""
    if EXIST and hasattr(resource, "prlimit"):
        resource.prlimit(pid, resource.RLIMIT_CPU, (math.ceil(used_cpu_s(pid) + seconds), resource.RLIM_INFINITY))


def allow_own_cpu(seconds: float) -> None:
    """The same from inside, where no other process can do it."""
    if EXIST:
        with contextlib.suppress(OSError, ValueError):
            until = math.ceil(time.process_time() + seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def can_be_raised_from_outside() -> bool:
    """`allow_cpu` works here."""
    return EXIST and hasattr(resource, "prlimit")


def free_spare_memory() -> None:
    """After a MemoryError: room enough to tell of it."""
    if EXIST:
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
