"""What a call is confined by, beside its limits: Landlock and the filter on system calls, as its level has them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from . import landlock, seccomp

_RIGHTS = {"list": landlock.LIST, "read": landlock.READ, "write": landlock.WRITE}


class Confinement:
    """One worker's way of confining calls. `setup` is what the host said at the start, `folder` the worker's own.

    Nothing here may fail quietly: a call that cannot be confined does not start.
    """

    def __init__(self, setup: Mapping[str, Any], folder: str) -> None:
        self._filter = bool(setup["seccomp"])
        may_write = bool(setup["may_write"])
        may_open = may_write or (setup["landlock"] and landlock.version() >= landlock.COVERS_TRUNCATION)
        self._program = seccomp.program(may_open=may_open, may_change=may_write) if self._filter else b""
        self._files = str(setup["files"])
        self._landlock = bool(setup["landlock"])
        self._rules = [(str(path), _RIGHTS[kind]) for path, kind in setup["readable"]]
        self._rules.append((folder, _RIGHTS["write" if may_write else "read"]))
        self._built: tuple[tuple[str, ...], landlock.Ruleset] | None = None

    def ruleset(self, files: tuple[str, ...]) -> landlock.Ruleset | None:
        """The ruleset of a call that may also read these files; the last one built is kept. For the worker."""
        if not self._landlock:
            return None
        if self._built is None or self._built[0] != files:
            if self._built is not None:
                self._built[1].close()
                self._built = None
            extra = [(self.path_of(file), landlock.READ) for file in files]
            self._built = files, landlock.Ruleset([*self._rules, *extra])
        return self._built[1]

    def path_of(self, file: str) -> str:
        """Where an attachment lies, as a call sees it."""
        return os.path.join(self._files, file)

    def filter(self) -> None:
        """Put the filter on this process, the last step before hostile code. Raises: OSError."""
        if self._filter:
            seccomp.apply(seccomp.of_process(self._program, os.getpid()))
