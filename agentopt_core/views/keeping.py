"""What people write about a run: its name, tags, notes, whether it is put away, and who changed what."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Annotated, Literal

from pydantic import Field

from agentopt_core.views.runs import RunStatus, RunSummary
from agentopt_core.words import Word

MAX_NAME = 200
"""Characters of a run's name."""
MAX_TAG = 40
"""Characters of a tag."""
MAX_TAGS = 12
MAX_NOTE = 20_000
"""Characters of a note, Markdown."""
MAX_CHANGES = 200
"""Changes that a run's `about` remembers; older ones are forgotten."""

ChangeKind = Literal["renamed", "tagged", "noted", "archived", "unarchived", "loaded"]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG)]
Note = Annotated[str, Field(max_length=MAX_NOTE)]


class AboutChange(Word):
    """Who changed what."""

    at: float
    by: str = Field(max_length=80)
    kind: ChangeKind
    text: str = Field(max_length=1_000)
    """What was changed, in words."""


class About(Word):
    """What people have written about a run. Beside the journal, which it never changes."""

    name: str = Field(default="", max_length=MAX_NAME)
    """Empty: the name of the run's settings."""
    tags: tuple[Tag, ...] = Field(default=(), max_length=MAX_TAGS)
    note: Note = ""
    """Markdown."""
    update_notes: dict[int, Note] = Field(default_factory=dict, max_length=1_000)
    """Notes on single updates, by their step."""
    archived: bool = False
    """Hidden from lists unless asked for."""
    sample: str = Field(default="", max_length=80)
    """Digest of the shipped bundle that the run was loaded from; empty for a run that was trained here."""
    revision: int = 0
    """Goes up with every change."""
    changed_at: float = 0.0
    changes: tuple[AboutChange, ...] = ()
    """The latest last."""


class Kept(Word):
    """What came of a change."""

    about: About
    before: About
    """As it was: undo puts these fields back."""
    overwrote: str = ""
    """Who else changed it since it was read, in a sentence; empty when nobody did."""


def matching(
    runs: Iterable[RunSummary],
    statuses: Container[RunStatus],
    *,
    archived: bool = False,
    text: str = "",
    tags: Iterable[str] = (),
) -> list[RunSummary]:
    """The runs of these statuses, put away or not, with all of these tags, and every word of the text somewhere.

    Words are looked for in name, id, task set, models, tags, status and its reason, and the beginning of the note.
    """
    words, wanted = text.casefold().split(), {tag.casefold() for tag in tags}
    return [
        run
        for run in runs
        if run.status in statuses
        and run.archived == archived
        and wanted <= {tag.casefold() for tag in run.tags}
        and all(word in _searched(run) for word in words)
    ]


def _searched(run: RunSummary) -> str:
    fields = (run.name, run.run_id, run.task_set, run.agent_model, run.optimizer_model, run.status, run.status_reason)
    return "\n".join((*fields, *run.tags, run.note)).casefold()
