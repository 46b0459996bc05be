"""What every format module turns a file into: records under column names, before anyone knows what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agentopt_core.importing.draft import Issue
from agentopt_core.words import JsonObject


class Record(NamedTuple):
    """One record. All numbers in it are text as written, so that 7.0, 007 and 1e5 survive."""

    row: int
    """As `Issue.row`."""
    fields: JsonObject


class Records(NamedTuple):
    """A file's records in order, its columns, and the rows that could not be read."""

    format: str
    columns: tuple[str, ...]
    records: list[Record]
    issues: list[Issue]


Reader = Callable[[str, str], Records]
"""`read(name, text)`: raises TaskSetError when nothing of the text can be read."""


def columns_of(records: list[Record]) -> tuple[str, ...]:
    """All keys of the records, in the order they first appear."""
    return tuple(dict.fromkeys(key for record in records for key in record.fields))
