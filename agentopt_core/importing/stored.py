"""A stored task set is a folder: tasks.jsonl, and a manifest that says what it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from agentopt_core.attached import read_attachment
from agentopt_core.errors import TaskSetError
from agentopt_core.importing.draft import Draft
from agentopt_core.importing.names import is_id
from agentopt_core.importing.survey import Profile, Survey
from agentopt_core.task_lines import each_task, from_lines
from agentopt_core.tasks import Task, TaskSet
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
    """Names of the files the tasks were read from."""
    importer: str = ""
    """Name of the format."""
    private: bool = False
    """The tasks must not be published: no export holds them."""
    profile: Profile | None = None
    """The set in numbers, as it was imported."""


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


def manifest_for_draft(id: str, draft: Draft, name: str, digest: str, *, private: bool) -> Manifest:
    """The manifest of a draft that is kept under `id`."""
    left_out = f" {draft.left_out} rows were left out." if draft.left_out else ""
    source = ", ".join(draft.files[:3]) + (f" and {len(draft.files) - 3} more" if len(draft.files) > 3 else "")
    return Manifest(
        id=id,
        name=name,
        description=f"{draft.title}, read from {source}.{left_out}",
        digest=digest,
        tasks=draft.profile.tasks,
        scorable=draft.profile.scorable,
        splits=draft.profile.splits,
        source=source,
        importer=draft.format,
        private=private,
        profile=draft.profile,
    )


def profile_in(folder: Path) -> Profile:
    """The set in numbers: from its manifest, or by looking through its tasks. Raises: TaskSetError."""
    if profile := manifest_of(folder).profile:
        return profile
    survey = Survey()
    for task in tasks_in(folder):
        survey.add(task)
    return survey.profile()


def tasks_in(folder: Path, offset: int = 0, limit: int | None = None) -> Iterator[Task]:
    """The set's tasks one by one, or a page of them. Raises: TaskSetError when it is damaged."""
    try:
        yield from each_task(folder / TASKS, offset, limit)
    except ValueError as error:
        raise TaskSetError(f"Task set '{folder.name}' is damaged, {error}.", "Import it again.") from error
    except OSError as error:
        raise damaged(folder, f"{TASKS}: {error.strerror}") from error


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
        elif digest_of(folder / TASKS) != manifest.digest:
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
    return TaskSet(
        id=folder.name,
        name=manifest.name or folder.name,
        description=manifest.description,
        tasks=tasks,
        folder=folder if any(task.attachments for task in tasks) else None,
        private=manifest.private,
    )


def manifest_of(folder: Path) -> Manifest:
    """The manifest in a folder. Raises: TaskSetError when it is damaged."""
    data = _bytes(folder / MANIFEST)
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise damaged(folder, f"{MANIFEST}: {error.errors()[0]['msg']}") from error


def copy_files(source: Path, target: Path) -> None:
    """Copy a set's attachments, each checked, into the folder of another one. Raises: TaskSetError; OSError."""
    for place, one in {one.path: one for task in tasks_in(source) for one in task.attachments}.items():
        copy = target / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        write(copy, read_attachment(source, one))


def damaged(folder: Path, reason: str) -> TaskSetError:
    """The error for a folder that is no sound task set."""
    return TaskSetError(f"Task set '{folder.name}' is damaged: {reason}.", "Import it again.")


def digest_of(path: Path) -> str:
    """SHA-256 of a set's file. Raises: TaskSetError."""
    try:
        about = path.stat()
        return _digest(path, about.st_mtime_ns, about.st_size, about.st_ino)
    except OSError as error:
        raise damaged(path.parent, f"{path.name}: {error.strerror}") from error


@lru_cache(maxsize=256)
def _digest(path: Path, *state: int) -> str:
    """Once for each state of the file: lists of sets are asked for on every page."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
