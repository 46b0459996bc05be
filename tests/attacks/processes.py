"""The process table, as far as tests need it."""

import os
from contextlib import suppress


def depths(root: int) -> dict[int, int]:
    """Living processes below `root`, with how many generations they are below it."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found: dict[int, int] = {}
    waiting = [(root, 0)]
    while waiting:
        parent, depth = waiting.pop()
        for pid in children.get(parent, []):
            found[pid] = depth + 1
            waiting.append((pid, depth + 1))
    return found
