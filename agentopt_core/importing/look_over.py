"""Tasks looked over as a set, one by one: who contradicts an earlier one, and what deserves a look."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from agentopt_core.grading import METHODS, check_gold, kind_of
from agentopt_core.importing.draft import MAX_ISSUES, Issue
from agentopt_core.importing.formats.values import RowError
from agentopt_core.tasks import Task

_SPACE = re.compile(r"\s+")


class _Seen(NamedTuple):
    place: str
    answer: str | None


class LookOver:
    """Remembers a digest of every question and every id: a hundred thousand of them fit into memory easily."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._questions: dict[bytes, _Seen] = {}

    def check(self, task: Task, row: int, place: str) -> list[Issue]:
        """Warnings about a task that is kept; `place` is how rows are named.

        Raises: RowError for a task that contradicts an earlier one.
        """
        if task.id in self._ids:
            reason = (
                f"Rows {self._ids[task.id]} and {place} have the same id '{task.id[:40]}'; row {place} was left out."
            )
            raise RowError("id", reason)
        first = self._questions.setdefault(_asked(task), _Seen(place, task.answer))
        if first.place != place and first.answer != task.answer:
            reason = f"Rows {first.place} and {place} ask the same with different answers; row {place} was left out."
            raise RowError("answer", reason)
        self._ids[task.id] = place
        issues = list(_answer_warnings(task, row))
        if first.place != place:
            reason = f"Rows {first.place} and {place} are the same task."
            issues.append(Issue(row=row, field="question", reason=reason, severity="warning"))
        return issues


class IssueList:
    """Issues in the order they come, all counted, at most `MAX_ISSUES` kept: errors before warnings."""

    def __init__(self) -> None:
        self.errors = 0
        self.warnings = 0
        self._kept: list[tuple[int, Issue]] = []
        self._room = {"error": MAX_ISSUES, "warning": MAX_ISSUES}

    def add(self, issue: Issue) -> None:
        """One more."""
        number = self.errors + self.warnings
        if issue.severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        if self._room[issue.severity]:
            self._room[issue.severity] -= 1
            self._kept.append((number, issue))

    def listed(self) -> tuple[Issue, ...]:
        """What is kept, in order; what is about the whole comes first."""
        errors = [kept for kept in self._kept if kept[1].severity == "error"]
        warnings = [kept for kept in self._kept if kept[1].severity == "warning"]
        warnings.sort(key=lambda kept: (kept[1].row > 0, kept[0]))
        chosen = errors + warnings[: MAX_ISSUES - len(errors)]
        return tuple(issue for _, issue in sorted(chosen, key=lambda kept: (kept[1].row > 0, kept[0])))


def gold_fault(task: Task) -> str:
    """Why the gold of a task can never be reached; empty when it can, or when only a model could tell (a judge)."""
    if task.answer is None or kind_of(task) not in METHODS:
        return ""
    score = check_gold(task)
    return "" if score.correct else score.reason


def _answer_warnings(task: Task, row: int) -> Iterator[Issue]:
    if task.answer is None:
        reason = "No answer: the task can run, but not be scored."
        yield Issue(row=row, field="answer", reason=reason, severity="warning")
    elif reason := gold_fault(task):
        yield Issue(row=row, field="answer", reason=reason, severity="warning")


def _asked(task: Task) -> bytes:
    """Digest of all that is asked, as it is written but for its spaces."""
    words = [_SPACE.sub(" ", task.question).strip(), task.context, *task.choices]
    words += [attachment.sha256 for attachment in task.attachments]
    return hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=16).digest()
