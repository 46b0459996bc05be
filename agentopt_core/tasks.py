"""Tasks: the training data. What the agent may see of one (`Question`) is a type of its own, without the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from agentopt_core.words import JsonObject, Word

Split = Literal["train", "val", "test"]
AnswerType = Literal["auto", "exact", "text", "numeric", "choice", "math", "gaia", "tabmwp", "regex", "judge"]
"""How an answer is compared with the gold; `auto` lets the grader choose from the gold answer.

`regex`: the gold is a pattern that the whole answer must match; `judge`: a language model compares the two.
"""


ATTACHMENTS = "attachments"
"""The folder, in the current folder of code that works on a task, in which the task's files are found."""


class Attachment(Word):
    """A file that belongs to a task."""

    path: str
    """Relative to the task set's folder; never outside it."""
    media_type: str
    sha256: str
    bytes: int
    role: Literal["prompt", "workspace"] = "workspace"
    """`prompt`: shown to the model (images); `workspace`: readable by its code."""
    needed: bool = True
    """False: the task's text says the same (the picture of a table), so a model that cannot take it works without."""


class Source(Word):
    """Where a task was read from, so that an error can name the place."""

    file: str
    row: int
    """1 for the first record."""
    importer: str


class Question(Word):
    """All an agent may see of a task. It holds no answer, so none can leak."""

    id: str
    text: str
    context: str = ""
    """A table or passage the question is about."""
    choices: tuple[str, ...] = ()
    unit: str = ""
    answer_type: AnswerType = "auto"
    attachments: tuple[Attachment, ...] = ()


class Task(Word):
    """One training or test example. `answer` is the gold as it was written (text, never a float)."""

    id: str
    question: str
    answer: str | None = None
    """None: the task can run but not be scored."""
    answer_type: AnswerType = "auto"
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""
    tolerance: float | None = None
    """Absolute, for numeric answers; None means the grader's own rule."""
    context: str = ""
    attachments: tuple[Attachment, ...] = ()
    split: Split = "train"
    group: str = ""
    """Tasks of one group stay in one split."""
    tags: tuple[str, ...] = ()
    level: str = ""
    subject: str = ""
    solution: str = ""
    """Worked solution; never shown to the agent."""
    meta: JsonObject = Field(default_factory=dict)
    """The original record, whole."""
    source: Source | None = None

    def for_agent(self) -> Question:
        """The task without anything that tells its answer."""
        return Question(
            id=self.id,
            text=self.question,
            context=self.context,
            choices=self.choices,
            unit=self.unit,
            answer_type=self.answer_type,
            attachments=self.attachments,
        )


class TaskSet(Word):
    """Tasks under one name, in file order, ids unique."""

    id: str
    """Folder name: lower-case letters, digits and `-`."""
    name: str
    description: str = ""
    tasks: tuple[Task, ...]
    folder: Path | None = None
    """Where the attachments' paths start from; None where no task has any."""
    private: bool = False
    """The tasks must not be published (GAIA): no export holds anything of them."""

    def __len__(self) -> int:
        return len(self.tasks)

    def each(self) -> Iterator[Task]:
        """The tasks in order."""
        return iter(self.tasks)

    def of(self, split: Split) -> tuple[Task, ...]:
        """The scorable tasks of one split, in order."""
        return tuple(task for task in self.tasks if task.split == split and task.answer is not None)

    @property
    def test_digest(self) -> str:
        """What the test split asks: a digest of its questions, answers and files; empty where there is none.

        The same for a copy or a renamed set, in whatever order. Sets that share only some test tasks differ.
        """
        asked = sorted(
            json.dumps([task.question, task.context, task.answer, [one.sha256 for one in task.attachments]])
            for task in self.of("test")
        )
        return hashlib.sha256("\n".join(asked).encode()).hexdigest() if asked else ""
