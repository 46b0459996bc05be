"""What every family has in common: levels, splits and the record of one task."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["easy", "medium", "hard"]
"""easy: a person manages it without paper; medium, hard: hardly anyone does. Hard ones also hold the snag."""

PLAN: dict[str, tuple[Level, ...]] = {
    "train": ("easy", "easy", "medium", "hard", "hard"),
    "val": ("easy", "hard"),
    "test": ("easy", "medium", "hard"),
}
"""Levels of the tasks each family has in each split."""


@dataclass(frozen=True)
class Draft:
    """One task before it has an id."""

    question: str
    answer: str
    context: str = ""
    file: str = ""
    """Text of a CSV file that comes with the task."""


@dataclass(frozen=True)
class Record:
    """One line of tasks.jsonl, and the files it names: path in the set's folder -> text."""

    task: dict[str, object]
    files: dict[str, str]


@dataclass(frozen=True)
class Family:
    """A kind of task. `draw` makes one from a source of chance, a level and a running number (for the wording)."""

    subject: str
    answer_type: str
    draw: Callable[[random.Random, Level, int], Draft]

    def records(self, seed: int) -> dict[str, list[Record]]:
        """The family's tasks by split, no question twice."""
        chance = random.Random(f"{seed}:{self.subject}")
        seen: set[tuple[str, str]] = set()
        splits: dict[str, list[Record]] = {}
        number = 0
        for split, levels in PLAN.items():
            splits[split] = []
            for level in levels:
                draft = self.draw(chance, level, number)
                while (draft.question, draft.context + draft.file) in seen:
                    draft = self.draw(chance, level, number)
                seen.add((draft.question, draft.context + draft.file))
                number += 1
                id = f"{self.subject.replace(' ', '-')}-{number:02d}"
                record: dict[str, object] = {
                    "id": id,
                    "question": draft.question,
                    "answer": draft.answer,
                    "answer_type": self.answer_type,
                    "split": split,
                    "subject": self.subject,
                    "level": level,
                }
                if draft.context:
                    record["context"] = draft.context
                path = f"attachments/{id}.csv"
                if draft.file:
                    record["attachments"] = [_attachment(path, draft.file)]
                splits[split].append(Record(record, {path: draft.file} if draft.file else {}))
        return splits


def _attachment(path: str, text: str) -> dict[str, object]:
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    return {"path": path, "media_type": "text/csv", "sha256": digest, "bytes": len(data), "role": "workspace"}


@dataclass(frozen=True)
class Domain:
    """One sample set: a folder with tasks.jsonl and manifest.json."""

    id: str
    name: str
    description: str
    families: tuple[Family, ...]


def thousands(number: int) -> str:
    """12400 -> 12,400, as people write it."""
    return f"{number:,}"
