"""What every kind of file is turned into: a table of records under column names, before anyone knows what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.limits import MAX_COLUMNS, MAX_ROWS
from agentopt_core.words import JsonObject

MAX_SAMPLE = 50


class Record(NamedTuple):
    """One record. All numbers in it are text as written, so that 7.0, 007 and 1e5 survive."""

    row: int
    """As `Issue.row`."""
    fields: JsonObject
    file: str = ""
    """Where each record is a file of its own: that file."""


Items = Iterator[Record | Issue]
"""The records in order, and an issue in the place of each that cannot be read."""


@dataclass(frozen=True)
class Table:
    """One file of records (or many files of one record each), looked through once and read again row by row."""

    file: str
    """Its name in the bundle."""
    kind: str
    """jsonl, json, csv, tsv, xlsx, parquet, or `files` where each record is a file."""
    columns: tuple[str, ...]
    """In the order they first appear, at most `MAX_COLUMNS`."""
    sample: tuple[JsonObject, ...]
    """The first records."""
    count: int
    """Records and issues that `read` will give."""
    read: Callable[[], Items]
    """From the start, each time."""
    encoding: str = "utf-8"
    notes: tuple[Issue, ...] = ()
    """About the file as a whole."""
    first_fault: str = ""
    """Why the first unreadable record is unreadable."""
    keyed: bool = False
    """The records stand under their ids."""


def look_through(file: str, kind: str, read: Callable[[], Items], header: Iterable[str] = ()) -> Table:
    """The table of a file that `read` reads. `header`: the columns, where the file names them itself.

    Raises: TaskSetError when it has too many rows.
    """
    columns = dict.fromkeys(header)
    grows = not columns
    sample: list[JsonObject] = []
    count, fault = 0, ""
    for item in read():
        count += 1
        if count > MAX_ROWS:
            raise too_many(file)
        if isinstance(item, Issue):
            fault = fault or f" Row {item.row}: {item.reason}"
            continue
        if len(sample) < MAX_SAMPLE:
            sample.append(item.fields)
        if grows and len(columns) < MAX_COLUMNS:
            columns.update(dict.fromkeys(item.fields))
    return Table(file, kind, tuple(columns)[:MAX_COLUMNS], tuple(sample), count, read, first_fault=fault)


def too_many(name: str) -> TaskSetError:
    """More rows than we read."""
    return TaskSetError(f"{name} has more than {MAX_ROWS:,} rows.", "Split it into several files.")
