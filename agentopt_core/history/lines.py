"""Append-only files of lines: the only form in which processes of this program talk through the disk."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agentopt_core.errors import ConfigError, DiskFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHUNK = 1 << 20


def write_error(path: Path, error: OSError) -> DiskFull | ConfigError:
    """Why nothing can be written there, with the next move: no more room (disk, quota or size limit), or no right."""
    what = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _FULL:
        return DiskFull(
            f"{path} cannot grow: {what}.",
            "Free some space on that disk and resume; everything written before is safe.",
        )
    return ConfigError(f"{path} cannot be written: {what}.", "Check who owns the folder and what may be written there.")


class LineFile:
    """Appends whole lines to a file that others read while it grows.

    A line is there as a whole or not at all: a writer killed in the middle leaves a torn end, which the next writer
    cuts off (`repaired` tells how many bytes); a full disk leaves nothing of the line that did not fit.
    Several processes may append; a lock on the file itself keeps them apart for the length of one line.
    """

    def __init__(self, path: Path, write: Callable[[int, bytes], int] = os.write) -> None:
        self.path = path
        self.repaired = 0
        self._write = write
        self._thread_lock = threading.Lock()
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise write_error(path, error) from error
        with self._thread_lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                self.repaired = self._cut_torn_end()
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def append(self, line: bytes, sync: bool = False) -> None:
        """Write one line, its newline included. When it returns, the line survives a kill of this process, and with
        `sync` a power cut.

        Raises: DiskFull, or ConfigError when it may not be written; the file then ends with the line before.
        """
        with self._thread_lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                self._cut_torn_end()
                self._append(line)
                if sync:
                    os.fsync(self._fd)
            except OSError as error:
                raise write_error(self.path, error) from error
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _append(self, line: bytes) -> None:
        start = os.fstat(self._fd).st_size
        rest = line
        try:
            while rest:  # one write, but for a disk that takes only a part of it
                rest = rest[self._write(self._fd, rest) :]
        except OSError:
            os.ftruncate(self._fd, start)
            raise

    def _cut_torn_end(self) -> int:
        size = os.fstat(self._fd).st_size
        whole = size
        while whole and os.pread(self._fd, 1, whole - 1) != b"\n":
            start = max(0, whole - _CHUNK)
            whole = start + os.pread(self._fd, whole - start, start).rfind(b"\n") + 1
        if whole != size:
            os.ftruncate(self._fd, whole)
        return size - whole

    def close(self) -> None:
        """Close the file."""
        with self._thread_lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """The whole lines from a byte offset on, each with the offset after it; an unfinished last line is left for later.

    A file that does not exist (yet) has no lines.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield offset, line
