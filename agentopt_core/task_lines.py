"""Tasks as normalised JSONL, one a line: how task sets are stored, and how a run keeps its snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import ValidationError

from agentopt_core.lenient_json import well_formed
from agentopt_core.tasks import Task


def to_lines(tasks: Iterable[Task]) -> bytes:
    """The tasks in order, one JSON object a line, in UTF-8. Half characters (lone surrogates) become `?`."""
    rows = (json.dumps(task.model_dump(mode="json"), ensure_ascii=False) for task in tasks)
    return well_formed("".join(f"{row}\n" for row in rows)).encode()


def from_lines(data: bytes) -> tuple[Task, ...]:
    """The tasks that `to_lines` wrote; fields that are left out have their defaults, empty lines are skipped.

    Raises: ValueError naming the line that is no task, or the second task of its id.
    """
    tasks: dict[str, Task] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            task = Task.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise ValueError(f"line {number}: {f'{place}: ' if place else ''}{fault['msg']}") from error
        if task.id in tasks:
            raise ValueError(f"line {number}: a second task '{task.id[:80]}'")
        tasks[task.id] = task
    return tuple(tasks.values())
