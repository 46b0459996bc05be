"""Tasks as normalised JSONL, one a line: how task sets are stored, and how a run keeps its snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from agentopt_core.lenient_json import well_formed
from agentopt_core.tasks import Task


def to_lines(tasks: Iterable[Task]) -> bytes:
    """The tasks in order, one JSON object a line, in UTF-8. Half characters (lone surrogates) become `?`."""
    return b"".join(to_line(task) for task in tasks)


def to_line(task: Task) -> bytes:
    """One task as `to_lines` writes it, with its line feed."""
    return f"{well_formed(json.dumps(task.model_dump(mode='json'), ensure_ascii=False))}\n".encode()


def each_task(path: Path, offset: int = 0, limit: int | None = None) -> Iterator[Task]:
    """The tasks of a file that `to_line` wrote, one by one; `offset` and `limit` count tasks.

    Raises: OSError; ValueError naming the line that is no task.
    """
    with path.open("rb") as file:
        given = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        for number, line in islice(given, offset, None if limit is None else offset + limit):
            yield _task_of(line, number)


def from_lines(data: bytes) -> tuple[Task, ...]:
    """The tasks that `to_lines` wrote; fields that are left out have their defaults, empty lines are skipped.

    Raises: ValueError naming the line that is no task, or the second task of its id.
    """
    tasks: dict[str, Task] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        task = _task_of(line, number)
        if task.id in tasks:
            raise ValueError(f"line {number}: a second task '{task.id[:80]}'")
        tasks[task.id] = task
    return tuple(tasks.values())


def _task_of(line: bytes, number: int) -> Task:
    try:
        return Task.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise ValueError(f"line {number}: {f'{place}: ' if place else ''}{fault['msg']}") from error
