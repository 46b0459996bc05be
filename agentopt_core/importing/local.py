"""Tasks in a file or folder of the user's own."""

from __future__ import annotations

from pathlib import Path

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.detection import READERS
from agentopt_core.importing.draft import Draft
from agentopt_core.importing.limits import MAX_FILE_BYTES
from agentopt_core.importing.names import slug
from agentopt_core.importing.reading import read_tasks
from agentopt_core.importing.stored import MANIFEST, TASKS, load
from agentopt_core.tasks import TaskSet


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for what cannot be a path."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL
        return False


def read_folder(folder: Path) -> TaskSet:
    """A folder's tasks.jsonl (with our manifest: as stored), or its only task file. Raises: TaskSetError."""
    if (folder / TASKS).is_file():
        return load(folder) if (folder / MANIFEST).is_file() else read_file(folder / TASKS)
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in READERS and path.is_file())
    except OSError as error:
        raise TaskSetError(f"{folder} cannot be read: {error.strerror}.", "Check the folder's permissions.") from error
    if len(files) == 1:
        return read_file(files[0])
    found = f"{len(files)} ({', '.join(path.name for path in files[:5])})" if files else "none"
    raise TaskSetError(f"{folder} must hold {TASKS} or one task file; found: {found}.", "Name the file itself.")


def _left_out(draft: Draft) -> str:
    """How many rows are missing and why the first ones are."""
    rows = {issue.row: issue.reason.rstrip(".") for issue in reversed(draft.errors)}
    if not rows:
        return ""
    first = "; ".join(f"row {row}: {rows[row]}" for row in sorted(rows)[:3])
    return f"; {len(rows)} row{'s' if len(rows) > 1 else ''} left out ({first}{'; ...' if len(rows) > 3 else ''})"


def read_file(path: Path) -> TaskSet:
    """The tasks of a file without its bad rows, which the description counts. Raises: TaskSetError."""
    try:
        if not path.is_file():
            raise TaskSetError(f"{path} is not a regular file.", "Name a JSONL, JSON, CSV or TSV file.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TaskSetError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MB.", "Split it into several files.")
        draft = read_tasks(path.name, path.read_bytes())
    except OSError as error:
        raise TaskSetError(f"{path} cannot be read: {error.strerror}.", "Check the file's permissions.") from error
    description = f"Read from {path.name}{_left_out(draft)}."
    # tasks.jsonl says nothing about its tasks; the folder it lies in does
    name = path.resolve().parent.name if path.name == TASKS else draft.task_set.name
    return draft.task_set.with_(id=slug(name), name=name or draft.task_set.name, description=description)
