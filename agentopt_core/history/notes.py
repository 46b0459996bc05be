"""about.json: what people write about a run, beside its journal.

Whoever changes it holds a lock on the run's folder and replaces the file as a whole, so a reader sees the old state or
the new one. The last writer wins; that somebody else wrote in between is said.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from agentopt_core.errors import ConfigError, NotFound, ProtocolError
from agentopt_core.history.lines import write_error
from agentopt_core.views.keeping import MAX_CHANGES, About, AboutChange, ChangeKind, Kept

ABOUT = "about.json"
MAX_BYTES = 8 << 20
"""Of the file; a larger one was not written here."""


def read_about(folder: Path) -> About:
    """What is written about the run in that folder; nothing when nobody wrote anything.

    Raises: ProtocolError when the file is damaged.
    """
    path = folder / ABOUT
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, "it is too large")
        return About.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return About()
    except ValidationError as error:
        raise _damaged(path, error.errors()[0]["msg"]) from error
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error


def change_about(
    folder: Path,
    by: str,
    kind: ChangeKind,
    text: str,
    changes: Callable[[About], Mapping[str, object]],
    seen: int | None = None,
) -> Kept:
    """Change fields of about.json and remember who did it.

    `text` says what in words, its subject before a colon; `changes` gives the new fields from the old ones; `seen` is
    the revision that the person looked at, None for whatever is there.
    Raises: ConfigError when a value is too long or there are too many; ProtocolError; DiskFull; NotFound when the
    folder is gone.
    """
    with _alone(folder):
        before = read_about(folder)
        entry = AboutChange(at=time.time(), by=by, kind=kind, text=text)
        log = (*before.changes, entry)[-MAX_CHANGES:]
        try:
            after = before.with_(
                **changes(before), revision=before.revision + 1, changed_at=entry.at, changes=log
            )  # fmt: skip
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise ConfigError(f"This cannot be kept: {where}: {fault['msg']}.", "Make it shorter.") from error
        _replace(folder / ABOUT, after)
    return Kept(about=after, before=before, overwrote=_meanwhile(before, entry, seen))


def _meanwhile(before: About, entry: AboutChange, seen: int | None) -> str:
    if seen is None or before.revision <= seen:
        return ""
    fresh = before.changes[-(before.revision - seen) :]
    same = next((change for change in reversed(fresh) if _subject(change) == _subject(entry)), None)
    return f"{same.by} had changed it since you opened it ({same.text}); what you wrote counts." if same else ""


def _subject(change: AboutChange) -> tuple[str, str]:
    return change.kind, change.text.partition(":")[0]


def _replace(path: Path, about: About) -> None:
    new = path.with_name(f".{path.name}.new")
    text = json.dumps(about.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
    try:
        with new.open("w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise write_error(path, error) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError as error:
        raise NotFound(f"Run {folder.name} is gone.", "Somebody has deleted it; look at the list of runs.") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _damaged(path: Path, reason: str) -> ProtocolError:
    return ProtocolError(
        f"{path} cannot be read: {reason}.", "Delete it: names, tags and notes are lost, the run itself is whole."
    )
