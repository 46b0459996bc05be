"""What a format is: how it is recognised, and how one of its records becomes a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.records import Record, Table
from agentopt_core.tasks import Split, Task
from agentopt_core.words import JsonObject


class Wanted(NamedTuple):
    """A file that a record names as one of its task's."""

    name: str
    """As the record says it."""
    places: tuple[str, ...]
    """Where it may lie in the bundle, the likeliest first. None of them: it is looked for by its name alone."""
    needed: bool = True
    """As `Attachment.needed`. A file that is not needed may be missing."""
    sha256: str = ""
    """What it must be, where the record knows."""
    field: str = "attachments"


class Made(NamedTuple):
    """A task without its attachments, and the files to be attached."""

    task: Task
    files: tuple[Wanted, ...] = ()
    meta: JsonObject | None = None
    """What the task remembers of its record; None: all of it."""


class NoTask(Exception):
    """The record is meant to be none; the sentence says why."""


@dataclass(frozen=True)
class Setting:
    """What is known of a record beside itself."""

    bundle: Bundle
    table: Table
    mapping: Mapping[str, str]
    """Task field -> column."""
    split: Split | None = None
    """Where several files are one set: the split that the file's name says."""
    prefix: str = ""
    """Where several files are one set: goes before ids that are row numbers."""

    def beside(self, name: str) -> str:
        """The name of a file in the bundle that lies where `name` says, seen from the table's folder."""
        return (PurePosixPath(self.table.file).parent / name).as_posix()

    def row_id(self, record: Record) -> str:
        """The id of a record that has none."""
        return f"{self.prefix}{record.row}"


@dataclass(frozen=True)
class Format:
    """One format. A new one is a module with such a value, and its line in `FORMATS`."""

    name: str
    title: str
    sentence: str
    """What such files hold and how they become tasks; for the help."""
    keys: tuple[str, ...]
    """Columns that a table must have."""
    make: Callable[[Record, Setting], Made]
    """The task of a record. Raises: RowError; NoTask."""
    sign: Callable[[Table], str]
    """What a table with these keys is recognised by, as a clause; empty when it is none."""
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Task field -> column, where it is always the same."""
    split_by_name: bool = False
    """Where several files are one set, the name of a file says its split."""
    private: bool = False
    """Its tasks must not be published: they are never exported."""
    notes: tuple[str, ...] = ()
    """Sentences that whoever imports it should read."""
    remark: Callable[[Bundle, int], str] = lambda bundle, missing: ""
    """What to say of `missing` files that are not needed; empty for nothing."""

    def missing(self, table: Table) -> tuple[str, ...]:
        """Keys that a table lacks."""
        return tuple(key for key in self.keys if key not in table.columns)

    def reason(self, table: Table) -> str:
        """Why a table is of this format, as a clause; empty when it is not."""
        return "" if self.missing(table) else self.sign(table)


def keys_in_words(keys: tuple[str, ...]) -> str:
    """`'a', 'b' and 'c'`."""
    quoted = [f"'{key}'" for key in keys]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
