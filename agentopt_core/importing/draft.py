"""What reading files gives: the tasks that can be used, and every issue by row. Nothing is saved by it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from agentopt_core.importing.survey import Profile
from agentopt_core.tasks import Task
from agentopt_core.words import Word

MAX_ISSUES = 1_000
"""Issues a draft lists; the rest is counted."""
MAX_PREVIEW = 50
"""Tasks a draft holds itself; the others are read from its folder."""


class Issue(Word):
    """Something about one row that a person should know."""

    row: int
    """The record as the file counts it: line of a JSONL file, else 1 for the first record; 0 for the whole file."""
    field: str
    """Task field or column; empty for the whole record."""
    reason: str
    """A sentence."""
    severity: Literal["error", "warning"] = "error"
    """`error`: the row was left out; `warning`: it was kept."""
    file: str = ""
    """Where several files were read: the one it is about."""


class Draft(Word):
    """Files, read but not saved: their tasks lie in a folder of their own until they are kept or discarded."""

    folder: Path
    """tasks.jsonl and the attachments; gone when the draft is kept or discarded."""
    name: str
    """What the set will be called unless somebody says otherwise."""
    format: str
    """Name of the importer: gsm8k, math, prm800k, tabmwp, gaia, table, tasks."""
    title: str
    """The format in words, e.g. "GSM8K"."""
    reason: str
    """What it was recognised by, in a sentence."""
    files: tuple[str, ...]
    """The files that held tasks."""
    columns: tuple[str, ...]
    """As they are in the files, in order."""
    mapping: dict[str, str]
    """Task field -> column it was read from."""
    encoding: str = "utf-8"
    """utf-8, utf-16, or a guess: windows-1252."""
    profile: Profile
    issues: tuple[Issue, ...] = ()
    """In row order, at most `MAX_ISSUES`."""
    left_out: int = 0
    """Rows that cannot be used: each has an issue of severity `error`."""
    warned: int = 0
    """Issues of severity `warning`."""
    preview: tuple[Task, ...] = ()
    """The first tasks."""

    @property
    def scorable(self) -> int:
        """Tasks with a gold answer."""
        return self.profile.scorable


class FormatInfo(Word):
    """A format that can be imported, for whoever chooses one."""

    name: str
    """As `Draft.format`."""
    title: str
    sentence: str
    """What such files hold and how they become tasks."""
