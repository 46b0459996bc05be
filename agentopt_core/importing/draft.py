"""What reading a file gives: the tasks that can be used, and every issue by row. Nothing is saved by it."""

from __future__ import annotations

from typing import Literal

from agentopt_core.tasks import TaskSet
from agentopt_core.words import Word

MAX_ISSUES = 1_000
"""Issues a draft lists; the rest is counted in one more."""


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


class Draft(Word):
    """A file, read but not saved."""

    format: str
    """jsonl, json, csv, tsv, or tasks for our own normalised JSONL."""
    columns: tuple[str, ...]
    """As they are in the file, in order."""
    mapping: dict[str, str]
    """Task field -> column it was read from."""
    task_set: TaskSet
    issues: tuple[Issue, ...] = ()
    encoding: str = "utf-8"
    """utf-8, utf-16, or a guess: windows-1252."""

    @property
    def scorable(self) -> int:
        """Tasks with a gold answer."""
        return sum(task.answer is not None for task in self.task_set.tasks)

    @property
    def errors(self) -> tuple[Issue, ...]:
        """The issues that cost a row."""
        return tuple(issue for issue in self.issues if issue.severity == "error")


def listed(issues: list[Issue]) -> tuple[Issue, ...]:
    """At most `MAX_ISSUES` of them, in row order, and how many more there are."""
    ordered = sorted(issues, key=lambda issue: issue.row)
    if len(ordered) <= MAX_ISSUES:
        return tuple(ordered)
    more = ordered[MAX_ISSUES:]
    severity: Literal["error", "warning"] = "error" if any(issue.severity == "error" for issue in more) else "warning"
    rest = Issue(row=0, field="", reason=f"{len(more):,} more issues are not listed.", severity=severity)
    return (*ordered[:MAX_ISSUES], rest)
