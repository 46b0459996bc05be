"""Reading what a process writes, by a thread a pipe: that works on every system, and nothing hostile can block it."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import IO

_CHUNK = 1 << 16


class Stream:
    """All that comes out of an unbuffered pipe: counted to its end, kept up to `limit` bytes.

    `changed` is told of each part; who reads an attribute or calls a method holds it.
    """

    def __init__(self, pipe: IO[bytes], changed: threading.Condition, limit: int) -> None:
        self.limit = limit
        self.kept = bytearray()
        self.count = 0
        self.has_ended = False
        self._pipe = pipe
        self._changed = changed
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self, limit: int) -> None:
        """Forget what came so far."""
        self.limit = limit
        self.kept.clear()
        self.count = 0

    def take(self, part: bytes) -> None:
        """Count a part, and keep what fits."""
        self.count += len(part)
        self.kept += part[: max(0, self.limit - len(self.kept))]

    def end(self) -> None:
        """Nothing comes any more."""
        self.has_ended = True

    def _read(self) -> None:
        with self._pipe, suppress(OSError):
            while part := self._pipe.read(_CHUNK):
                with self._changed:
                    self.take(part)
                    self._changed.notify_all()
        with self._changed:
            self.end()
            self._changed.notify_all()


class Output(Stream):
    """A stream of which each cell prints a part, that ends with a mark. What follows the mark is the next cell's."""

    def __init__(self, pipe: IO[bytes], changed: threading.Condition, limit: int) -> None:
        self._mark = b""
        self._tail = b""  # it may be the beginning of the mark
        self._complete: tuple[bytes, int] | None = None
        super().__init__(pipe, changed, limit)

    @property
    def is_complete(self) -> bool:
        """All of the part is here."""
        return self._complete is not None or self.has_ended

    def begin_part(self, limit: int, mark: bytes) -> None:
        """From now on up to this mark."""
        self.limit = limit
        self._mark = mark
        self._complete = None

    def end_part(self) -> tuple[bytes, int]:
        """What was kept of the part, and how many bytes it had; without its mark, all there is."""
        if self._complete is None:
            self._end_here(b"")
        assert self._complete is not None
        return self._complete

    def take(self, part: bytes) -> None:
        """Count a part, and keep what fits."""
        if not self._mark:
            super().take(part)
            return
        window = self._tail + part
        before, mark, behind = window.partition(self._mark)
        if mark:
            super().take(before)
            self._tail = b""
            self._end_here(behind)
        else:
            certain = max(0, len(window) - len(self._mark) + 1)
            super().take(window[:certain])
            self._tail = window[certain:]

    def _end_here(self, behind: bytes) -> None:
        super().take(self._tail)
        self._complete = bytes(self.kept), self.count
        self._mark = self._tail = b""
        self.begin(self.limit)
        super().take(behind)
