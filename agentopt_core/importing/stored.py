"""A stored task set is a folder: tasks.jsonl, and a manifest that says what it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.names import is_id
from agentopt_core.task_lines import from_lines
from agentopt_core.tasks import TaskSet
from agentopt_core.views import TaskSetSummary
from agentopt_core.words import Word

TASKS = "tasks.jsonl"
MANIFEST = "manifest.json"

_CHANGED = "its tasks were changed after they were imported"


class Manifest(Word):
    """What stands beside a set's tasks. A sample set's names only id, name and description."""

    model_config = ConfigDict(extra="ignore")

    id: str
    name: str
    description: str = ""
    digest: str = ""
    """SHA-256 of tasks.jsonl, to tell a damaged file."""
    tasks: int = 0
    scorable: int = 0
    splits: dict[str, int] = Field(default_factory=dict)
    source: str = ""
    """Name of the file the tasks were read from."""
    importer: str = ""


def manifest_for(id: str, task_set: TaskSet, digest: str) -> Manifest:
    """The manifest of a set that is stored under `id`."""
    source = task_set.tasks[0].source if task_set.tasks else None
    return Manifest(
        id=id,
        name=task_set.name,
        description=task_set.description,
        digest=digest,
        tasks=len(task_set),
        scorable=sum(task.answer is not None for task in task_set.tasks),
        splits=dict(Counter(task.split for task in task_set.tasks)),
        source=source.file if source else "",
        importer=source.importer if source else "",
    )


def ids_in(root: Path) -> list[str]:
    """Folders that are, or were, task sets."""
    try:
        return sorted(path.name for path in root.iterdir() if is_id(path.name) and _looks_like_a_set(path))
    except OSError:
        return []


def _looks_like_a_set(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MANIFEST).exists() or (folder / TASKS).exists())


def summary_of(folder: Path, *, is_sample: bool) -> TaskSetSummary:
    """The set's row in a list; a damaged set has its reason in `problem`. Imported sets are not read task by task."""
    try:
        manifest = manifest_of(folder)
        if not manifest.digest:
            manifest = manifest_for(folder.name, load(folder), "")
        elif _digest(folder / TASKS) != manifest.digest:
            raise damaged(folder, _CHANGED)
    except TaskSetError as error:
        return TaskSetSummary(
            id=folder.name,
            name=folder.name,
            description="",
            is_sample=is_sample,
            tasks=0,
            scorable=0,
            splits={},
            problem=str(error),
        )
    return TaskSetSummary(
        id=folder.name,
        name=manifest.name,
        description=manifest.description,
        is_sample=is_sample,
        tasks=manifest.tasks,
        scorable=manifest.scorable,
        splits=manifest.splits,
    )


def load(folder: Path) -> TaskSet:
    """The set in a folder. Raises: TaskSetError when it is damaged."""
    manifest = manifest_of(folder)
    data = _bytes(folder / TASKS)
    if manifest.digest and hashlib.sha256(data).hexdigest() != manifest.digest:
        raise damaged(folder, _CHANGED)
    try:
        tasks = from_lines(data)
    except ValueError as error:
        raise TaskSetError(f"Task set '{folder.name}' is damaged, {error}.", "Import it again.") from error
    if not tasks:
        raise TaskSetError(f"Task set '{folder.name}' holds no tasks.", "Import it again.")
    return TaskSet(id=folder.name, name=manifest.name or folder.name, description=manifest.description, tasks=tasks)


def manifest_of(folder: Path) -> Manifest:
    """The manifest in a folder. Raises: TaskSetError when it is damaged."""
    data = _bytes(folder / MANIFEST)
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise damaged(folder, f"{MANIFEST}: {error.errors()[0]['msg']}") from error


def damaged(folder: Path, reason: str) -> TaskSetError:
    """The error for a folder that is no sound task set."""
    return TaskSetError(f"Task set '{folder.name}' is damaged: {reason}.", "Import it again.")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise damaged(path.parent, f"{path.name}: {error.strerror}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise damaged(path.parent, f"{path.name}: {error.strerror}") from error


def write(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
