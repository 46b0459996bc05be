"""The files that tasks came with, as they lie in a folder: opened without leaving it, and told from changed ones."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from agentopt_core.errors import TaskSetError
from agentopt_core.tasks import Attachment

_CHUNK = 1024 * 1024
_HINT = "Restore the file, or import the task set again."


def open_attachment(folder: Path, attachment: Attachment) -> BinaryIO:
    """The file in a task set's folder, whose bytes are not looked at yet.

    Raises: TaskSetError when it is missing, outside the folder, or no plain file.
    """
    path = Path(attachment.path)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in attachment.path:
        raise TaskSetError(f"The attachment '{attachment.path[:200]}' does not lie in the task set's folder.", _HINT)
    place = folder / path
    try:
        # No link on the way: a set could otherwise bring any file of this machine along.
        if place.resolve() != folder.resolve() / path or not stat.S_ISREG(place.lstat().st_mode):
            raise TaskSetError(f"The attachment '{attachment.path}' is no plain file.", _HINT)
        return os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError as error:
        raise TaskSetError(f"The attachment '{attachment.path}' cannot be read: {error.strerror}.", _HINT) from error


def check_attachment(folder: Path, attachment: Attachment) -> None:
    """Raises: TaskSetError when the file is not there or not what was imported."""
    digest = hashlib.sha256()
    with open_attachment(folder, attachment) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != attachment.sha256:
        raise changed(attachment)


def read_attachment(folder: Path, attachment: Attachment) -> bytes:
    """The file's bytes, checked against its digest. Raises: TaskSetError."""
    with open_attachment(folder, attachment) as file:
        data = file.read(attachment.bytes + 1)
    if hashlib.sha256(data).hexdigest() != attachment.sha256:
        raise changed(attachment)
    return data


def changed(attachment: Attachment) -> TaskSetError:
    """The error for a file that is not what was imported."""
    return TaskSetError(f"The attachment '{attachment.path}' was changed after it was imported.", _HINT)
