"""A task's files as its calls see them: by plain names in one folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from agentopt_core.errors import ProtocolError
from agentopt_core.tasks import ATTACHMENTS, Attachment


def files_of(attachments: Iterable[Attachment]) -> dict[str, str]:
    """Name in the call's `attachments/` -> path below the folder of all attachments.

    A file keeps its own name; where two have the same, their whole paths, with `_` between, tell them apart.
    Raises: ProtocolError for a path that leads out of the folder.
    """
    paths = [attachment.path for attachment in attachments]
    for path in paths:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise ProtocolError(f"The attachment '{path[:200]}' does not lie in the task set's folder.")
    names = [PurePosixPath(path).name for path in paths]
    alone = {name for name in names if names.count(name) == 1}
    return {
        name if name in alone else "_".join(PurePosixPath(path).parts): path
        for name, path in zip(names, paths, strict=True)
    }


def places_of(attachments: Iterable[Attachment]) -> list[str]:
    """Where code finds each file, relative to its current folder."""
    return [f"{ATTACHMENTS}/{name}" for name in files_of(attachments)]
