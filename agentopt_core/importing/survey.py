"""What a set of tasks is made of, found in one pass: counts, questions asked twice, and what splits share."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import NamedTuple

from pydantic import Field

from agentopt_core.grading import kind_of
from agentopt_core.grading.text import normal
from agentopt_core.tasks import Split, Task
from agentopt_core.words import Word

MAX_REPEATS = 200
"""Repeated questions a profile lists; all are counted."""
MAX_VALUES = 60
"""Subjects or levels a profile counts one by one, the commonest first; the rest is counted together."""
OTHERS = "(others)"
NONE = "(none)"
_MEMBERS = 6


class TaskFacts(NamedTuple):
    """The little of a task that counting and splitting need: a hundred thousand of them fit into memory easily."""

    id: str
    row: int
    split: Split
    group: str
    level: str
    subject: str
    kind: str
    scorable: bool
    question: bytes
    """Digest of all that is asked, blind to case, space and punctuation."""


class Repeat(Word):
    """One question that more than one task asks."""

    ids: tuple[str, ...]
    """The first few of the tasks."""
    rows: tuple[int, ...]
    count: int
    splits: tuple[Split, ...]
    """More than one: what is trained on is also tested."""

    @property
    def is_leak(self) -> bool:
        """The question stands in two splits."""
        return len(self.splits) > 1


class Profile(Word):
    """A set of tasks in numbers."""

    tasks: int = 0
    scorable: int = 0
    splits: dict[str, int] = Field(default_factory=dict)
    scorable_splits: dict[str, int] = Field(default_factory=dict)
    levels: dict[str, int] = Field(default_factory=dict)
    subjects: dict[str, int] = Field(default_factory=dict)
    kinds: dict[str, int] = Field(default_factory=dict)
    """How the answers will be compared: grader -> tasks."""
    groups: int = 0
    """Groups of tasks that stay in one split."""
    attachments: int = 0
    attachment_bytes: int = 0
    media: dict[str, int] = Field(default_factory=dict)
    """Attachments by media type."""
    repeats: tuple[Repeat, ...] = ()
    """Leaks first."""
    repeated: int = 0
    """Questions that more than one task asks."""
    leaks: int = 0
    """Questions that stand in more than one split."""


class Survey:
    """Counts tasks one by one; `profile` says what was seen so far."""

    def __init__(self) -> None:
        self.facts: list[TaskFacts] = []
        self._media: Counter[str] = Counter()
        self._bytes = 0

    def add(self, task: Task) -> TaskFacts:
        """Count a task."""
        facts = facts_of(task)
        self.facts.append(facts)
        for attachment in task.attachments:
            self._media[attachment.media_type] += 1
            self._bytes += attachment.bytes
        return facts

    def profile(self) -> Profile:
        """All that was counted."""
        return profile_of(self.facts).with_(
            attachments=self._media.total(), attachment_bytes=self._bytes, media=_commonest(self._media)
        )


def facts_of(task: Task) -> TaskFacts:
    """What counting and splitting need of a task."""
    return TaskFacts(
        id=task.id,
        row=task.source.row if task.source else 0,
        split=task.split,
        group=task.group,
        level=task.level,
        subject=task.subject,
        kind=kind_of(task),
        scorable=task.answer is not None,
        question=_digest(task),
    )


def profile_of(facts: list[TaskFacts]) -> Profile:
    """The numbers of tasks, but for their attachments."""
    repeats = _repeats(facts)
    return Profile(
        tasks=len(facts),
        scorable=sum(one.scorable for one in facts),
        splits=_in_order(Counter(one.split for one in facts)),
        scorable_splits=_in_order(Counter(one.split for one in facts if one.scorable)),
        levels=_commonest(Counter(one.level or NONE for one in facts)),
        subjects=_commonest(Counter(one.subject or NONE for one in facts)),
        kinds=_commonest(Counter(one.kind for one in facts)),
        groups=len({one.group for one in facts if one.group}),
        repeats=tuple(repeats[:MAX_REPEATS]),
        repeated=len(repeats),
        leaks=sum(repeat.is_leak for repeat in repeats),
    )


def _repeats(facts: list[TaskFacts]) -> list[Repeat]:
    asked: dict[bytes, list[TaskFacts]] = {}
    for one in facts:
        asked.setdefault(one.question, []).append(one)
    repeats = [
        Repeat(
            ids=tuple(one.id for one in same[:_MEMBERS]),
            rows=tuple(one.row for one in same[:_MEMBERS]),
            count=len(same),
            splits=tuple(split for split in _SPLITS if any(one.split == split for one in same)),
        )
        for same in asked.values()
        if len(same) > 1
    ]
    return sorted(repeats, key=lambda repeat: not repeat.is_leak)


_SPLITS: tuple[Split, ...] = ("train", "val", "test")


def _in_order(counts: Counter[Split]) -> dict[str, int]:
    return {split: counts[split] for split in _SPLITS if counts[split]}


def _commonest(counts: Counter[str]) -> dict[str, int]:
    """By number, the commonest first. A single "(none)" says that no task has the field."""
    if set(counts) <= {NONE}:
        return {}
    listed = dict(counts.most_common(MAX_VALUES))
    rest = counts.total() - sum(listed.values())
    return listed | ({OTHERS: rest} if rest else {})


def _digest(task: Task) -> bytes:
    parts = [task.question, task.context, *task.choices]
    words = [normal(part) or part for part in parts] + [one.sha256 for one in task.attachments]
    return hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=16).digest()
