"""Drafts on disk: folders beside the task sets, from reading a file until somebody keeps or discards what it holds."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agentopt_core.errors import DiskFull, TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.draft import Draft
from agentopt_core.importing.planned import planned
from agentopt_core.importing.reading import Progress, read_tasks
from agentopt_core.importing.splits import SplitPlan
from agentopt_core.importing.stored import TASKS, sync_folder, tasks_in
from agentopt_core.importing.survey import Profile
from agentopt_core.task_lines import to_line

_PREFIX = ".draft-"
_STALE_S = 24 * 3600.0
"""Nobody comes back to a draft after a day."""


def read_draft(
    root: Path,
    bundle: Bundle,
    *,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Draft:
    """Read a bundle into a new folder below `root`. Raises: TaskSetError; DiskFull."""
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        _remove_stale(root)
        folder = root / f"{_PREFIX}{uuid.uuid4().hex}"
        return read_tasks(bundle, folder, format=format, mapping=mapping, progress=progress)


def require_draft(root: Path, draft: Draft) -> Path:
    """The draft's folder. Raises: TaskSetError when it was kept or discarded already."""
    folder = draft.folder
    if folder.parent != root or not folder.name.startswith(_PREFIX) or not (folder / TASKS).is_file():
        raise TaskSetError("What was read is no longer there.", "Read the file again.")
    return folder


def discard_draft(root: Path, draft: Draft) -> None:
    """Remove the draft's folder; nothing happens when it was kept or discarded already."""
    if draft.folder.parent == root and draft.folder.name.startswith(_PREFIX):
        shutil.rmtree(draft.folder, ignore_errors=True)


def split_anew(folder: Path, plan: SplitPlan, before: Profile) -> Profile:
    """Write the tasks in a folder with the splits of a plan; returns the set's new numbers. Raises: TaskSetError."""
    splits, profile = planned(folder, plan, before)
    fresh = folder / f"{TASKS}.new"
    with fresh.open("wb") as file:
        for task, split in zip(tasks_in(folder), splits, strict=True):
            file.write(to_line(task.model_copy(update={"split": split})))
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, folder / TASKS)
    sync_folder(folder)
    return profile


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turns what a disk can refuse into sentences: TaskSetError, or DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull("The disk is full: the task set was not saved.", "Free some space.") from error
        raise TaskSetError(
            f"The task set cannot be saved in {root}: {error.strerror or error}.", "Check the folder's permissions."
        ) from error


def _remove_stale(root: Path) -> None:
    """Drafts, and what a killed process left half made or half deleted."""
    for folder in (*root.glob(f"{_PREFIX}*"), *root.glob(".new-*"), *root.glob(".deleted-*")):
        try:
            if time.time() - folder.lstat().st_mtime > _STALE_S:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another process was faster
