"""A task set as normalised JSONL, one task a line: how sets are stored, and how a run keeps its snapshot."""

from __future__ import annotations

import json

from pydantic import ValidationError

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.rows import scrubbed
from agentopt_core.tasks import Task, TaskSet


def to_lines(task_set: TaskSet) -> bytes:
    """The tasks in order, one JSON object a line, in UTF-8. The set's id, name and description are not in it."""
    rows = (json.dumps(scrubbed(task.model_dump(mode="json")), ensure_ascii=False) for task in task_set.each())
    return "".join(f"{row}\n" for row in rows).encode()


def from_lines(data: bytes, id: str, name: str = "", description: str = "") -> TaskSet:
    """The set whose tasks `to_lines` wrote; fields that are left out have their defaults.

    Raises: TaskSetError naming the line that is damaged.
    """
    tasks = []
    seen: set[str] = set()
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            task = Task.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            reason = f"line {number}: {place}: {fault['msg']}" if place else f"line {number}: {fault['msg']}"
            raise TaskSetError(f"Task set '{id}' is damaged, {reason}.", "Import it again.") from error
        if task.id in seen:
            raise TaskSetError(
                f"Task set '{id}' is damaged, line {number}: a second task '{task.id[:80]}'.", "Import it again."
            )
        seen.add(task.id)
        tasks.append(task)
    if not tasks:
        raise TaskSetError(f"Task set '{id}' holds no tasks.", "Import it again.")
    return TaskSet(id=id, name=name or id, description=description, tasks=tuple(tasks))
