"""The journal of a run, events.ndjson: append-only, one event a line, the truth about the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from agentopt_core.errors import ProtocolError
from agentopt_core.events import Event, Warned, from_line, to_line
from agentopt_core.history.lines import LineFile, read_lines

_SYNCED = {"evaluation_finished", "verdict_reached", "command_obeyed", "run_finished", "run_failed"}
"""Kinds that survive a power cut, since something was decided or somebody was answered."""


class JournalWriter:
    """Writes a run's journal; keeps the promise of `EventSink`. Thread safe.

    Only the trainer that holds the run (`RunFolder.hold`) may open one. What a killed trainer left torn is cut off at
    opening, and a `warned` event says so.
    """

    def __init__(self, path: Path, write: Callable[[int, bytes], int] = os.write) -> None:
        self._file = LineFile(path, write)
        if self._file.repaired:
            self.emit(
                Warned(
                    message=f"The trainer before was killed while it wrote an event; its {self._file.repaired} bytes "
                    "at the end of the journal were cut off.",
                    hint="Nothing that was acknowledged is lost; that event's work is done again.",
                )
            )

    def emit(self, event: Event) -> None:
        """Record one event. When it returns, the event survives a kill of this process.

        Raises: DiskFull; the journal then ends with the event before.
        """
        self._file.append(to_line(event), sync=event.kind in _SYNCED)

    def close(self) -> None:
        """Close the journal."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


class Entry(NamedTuple):
    """One line of a journal: an event, or what is wrong with the line. Both empty: a kind of a newer version."""

    offset: int
    """Where the line begins, in bytes; it names the event within its run."""
    end: int
    """Where the next line begins."""
    event: Event | None
    damage: str
    """Why the line cannot be read; empty for a good one."""


def read_entries(path: Path, offset: int = 0) -> Iterator[Entry]:
    """Every whole line from a byte offset on, damaged ones included. An unfinished last line is left for later."""
    for end, line in read_lines(path, offset):
        try:
            yield Entry(offset, end, from_line(line), "")
        except (ValueError, RecursionError) as error:
            reason = str(error).splitlines()[0][:200]
            yield Entry(offset, end, None, f"{path.name} is damaged at byte {offset}: {reason}")
        offset = end


def read_journal(path: Path, offset: int = 0) -> Iterator[tuple[int, Event]]:
    """The events from a byte offset on, each with the offset after it; kinds of a newer version are passed over.

    Raises: ProtocolError at the first damaged line, naming file and byte.
    """
    for entry in read_entries(path, offset):
        if entry.damage:
            raise ProtocolError(
                f"{path}: {entry.damage}.",
                "Mend or delete that line, then run `python -m agentopt_core history rebuild`.",
            )
        if entry.event is not None:
            yield entry.end, entry.event
