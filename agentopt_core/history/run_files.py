"""The files that a run's tasks came with: copied into the run's folder, so that the run stays whole without its set."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from agentopt_core.attached import changed, open_attachment
from agentopt_core.errors import TaskSetError
from agentopt_core.tasks import TaskSet

_HINT = "Restore the file, or import the task set again."


def copy_attachments(task_set: TaskSet, source: Path | None, target: Path) -> None:
    """Copy every attachment of the set from its folder, each checked against its digest; nothing for a set without.

    Readable by all, since the functions that read them may run as another user.
    Raises: TaskSetError naming the file that is missing, changed or outside the folder; OSError.
    """
    attachments = {one.path: one for task in task_set.each() for one in task.attachments}
    if not attachments:
        return
    if source is None:
        raise TaskSetError(f"Task set '{task_set.name}' has attached files, but no folder holds them.", _HINT)
    target.mkdir()
    for one in attachments.values():
        copy = target / one.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        with open_attachment(source, one) as found, copy.open("xb") as file:
            shutil.copyfileobj(found, file)
            os.fchmod(file.fileno(), 0o644)
        if _digest(copy) != one.sha256:
            raise changed(one)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)  # noqa: S103 - whatever this user's umask says; the run's folder above keeps its own


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
