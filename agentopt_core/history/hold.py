"""A lock file that one process holds: the kernel ends the hold with the process, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentopt_core.errors import AgentOptError
from agentopt_core.history.lines import write_error

_TRIES = 20
_PAUSE_S = 0.01


class Hold:
    """The hold on one file; `busy` makes the error for the process that has it (None: it did not say which it is)."""

    def __init__(self, path: Path, busy: Callable[[int | None], AgentOptError]) -> None:
        self._path = path
        self._busy = busy

    @contextmanager
    def take(self, patience_s: float = 0.0) -> Iterator[None]:
        """Be the only one meanwhile. `patience_s`: seconds to wait for one that is about to let go.

        Raises: what `busy` makes; DiskFull or ConfigError when nothing may be written there.
        """
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise write_error(self._path, error) from error
        try:
            self._lock(fd, patience_s)
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)
            try:
                yield
            finally:
                os.ftruncate(fd, 0)
        finally:
            os.close(fd)

    def _lock(self, fd: int, patience_s: float) -> None:
        # holder() takes the lock for a moment to look at it: only a lock that stays is somebody's.
        tries = _TRIES + round(patience_s / _PAUSE_S)
        for last in [False] * tries + [True]:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if last:
                    raise self._busy(_pid(fd) or None) from error
                time.sleep(_PAUSE_S)

    def holder(self) -> int | None:
        """The id of the process that holds it (0 when it did not say), or None when nobody does."""
        try:
            fd = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(fd)
        else:
            return None
        finally:
            os.close(fd)


def _pid(fd: int) -> int:
    text = os.pread(fd, 20, 0)
    return int(text) if text.isdigit() else 0
