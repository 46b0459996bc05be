"""The folder of a draft while it is filled: tasks are written one by one, and their files are copied in."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Literal, Self

from agentopt_core.errors import TaskSetError
from agentopt_core.image_files import MEDIA_TYPES, BadImage, check_image, format_of
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.formats import Wanted
from agentopt_core.importing.formats.values import RowError
from agentopt_core.importing.limits import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS_BYTES
from agentopt_core.importing.stored import TASKS
from agentopt_core.task_lines import to_line
from agentopt_core.tasks import ATTACHMENTS, Attachment, Task

_CHUNK = 256 * 1024
_LONGEST_NAME = 120
_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"})
_TYPES = mimetypes.MimeTypes()
"""By ending, the same on every machine: not what its own files say."""
for _ending, _type in {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".parquet": "application/vnd.apache.parquet",
    ".jsonl": "application/jsonl",
    ".jsonld": "application/ld+json",
    ".m4a": "audio/mp4",
}.items():
    _TYPES.add_type(_type, _ending)
_USUAL_TYPE = "application/octet-stream"


class Staging:
    """A context manager over a new folder; tasks.jsonl is complete when it is left."""

    def __init__(self, folder: Path, bundle: Bundle) -> None:
        self._folder = folder
        self._bundle = bundle
        self._by_name = _by_plain_name(bundle)
        self._copied: dict[str, Attachment] = {}
        self._taken: set[str] = set()
        self._bytes = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lines = (self._folder / TASKS).open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lines:
            self._lines.flush()
            os.fsync(self._lines.fileno())

    def add(self, task: Task) -> None:
        """Write a task."""
        self._lines.write(to_line(task))

    def attached(self, wanted: tuple[Wanted, ...]) -> Iterator[Attachment]:
        """Copies of the wanted files; one that is missing and not needed is left out.

        Raises: RowError naming the file that is missing, outside the bundle, too large, or no image though it says so.
        """
        for one in wanted:
            name = self._found(one)
            if name is None:
                if one.needed:
                    raise RowError(one.field, f"The attachment '{one.name[:200]}' is not there.")
                continue
            attachment = self._copied.get(name) or self._copy(name, one)
            self._copied[name] = attachment
            if one.sha256 and one.sha256 != attachment.sha256:
                raise RowError(
                    one.field, f"The attachment '{one.name[:200]}' is not the file that the task was made for."
                )
            yield attachment if one.needed else attachment.with_(needed=False)

    def _found(self, wanted: Wanted) -> str | None:
        """Its name in the bundle."""
        path = PurePosixPath(wanted.name)
        outside = path.is_absolute() or ".." in path.parts or "\\" in wanted.name or not path.parts
        if outside or any(".." in PurePosixPath(place).parts for place in wanted.places):
            raise RowError(wanted.field, f"The attachment '{wanted.name[:200]}' does not lie beside the tasks.")
        for place in wanted.places:
            if place in self._bundle:
                return place
        # Dropped into a browser, files lose their folders; some sets keep all pictures in one folder of their own.
        alone = self._by_name.get(path.name, [])
        found = alone[0] if len(alone) == 1 else None
        return found if found and ("/" not in found or len(path.parts) == 1) else None

    def _copy(self, name: str, wanted: Wanted) -> Attachment:
        size = self._bundle.size(name)
        if size > MAX_ATTACHMENT_BYTES:
            raise _too_large(wanted)
        self._bytes += size
        if self._bytes > MAX_ATTACHMENTS_BYTES:
            megabytes = MAX_ATTACHMENTS_BYTES // 2**20
            raise TaskSetError(f"The attachments have more than {megabytes:,} MB together.", "Import fewer tasks.")
        target = self._folder / ATTACHMENTS / self._free_name(name)
        target.parent.mkdir(exist_ok=True)
        try:
            with self._bundle.open(name) as source, target.open("xb") as copy:
                start, digest, length = _copied(source, copy, wanted)
        except TaskSetError as error:
            target.unlink(missing_ok=True)
            raise RowError(wanted.field, str(error)) from error
        except RowError:
            target.unlink(missing_ok=True)
            raise
        kind: Literal["prompt", "workspace"] = "workspace"
        media_type = _TYPES.guess_type(target.name)[0] or _USUAL_TYPE
        if _claims_to_be_image(name, start):
            try:
                media_type, kind = MEDIA_TYPES[check_image(target.read_bytes())], "prompt"
            except BadImage as error:
                target.unlink()
                raise RowError(wanted.field, f"The attachment '{wanted.name[:200]}' {error}.") from error
        self._taken.add(target.name.casefold())
        place = target.relative_to(self._folder).as_posix()
        return Attachment(path=place, media_type=media_type, sha256=digest, bytes=length, role=kind)

    def _free_name(self, name: str) -> str:
        """The file's own name where it is free, on any kind of disk."""
        plain = unicodedata.normalize("NFC", PurePosixPath(name).name)
        plain = "".join(char for char in plain if char.isprintable()).lstrip(".") or "file"
        stem, ending = PurePosixPath(plain).stem[:_LONGEST_NAME], PurePosixPath(plain).suffix[:20]
        free, number = f"{stem}{ending}", 2
        while free.casefold() in self._taken:
            free, number = f"{stem}-{number}{ending}", number + 1
        return free


def _copied(source: BinaryIO, copy: BinaryIO, wanted: Wanted) -> tuple[bytes, str, int]:
    """First bytes, digest and length of what was copied."""
    start, digest, length = b"", hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        start = start or chunk[:16]
        digest.update(chunk)
        length += len(chunk)
        if length > MAX_ATTACHMENT_BYTES:
            raise _too_large(wanted)
        copy.write(chunk)
    return start, digest.hexdigest(), length


def _claims_to_be_image(name: str, start: bytes) -> bool:
    """By its ending, or by its first bytes where it has none."""
    ending = PurePosixPath(name).suffix.lower()
    return ending in _IMAGES or (not ending and format_of(start) is not None)


def _too_large(wanted: Wanted) -> RowError:
    megabytes = MAX_ATTACHMENT_BYTES // 2**20
    return RowError(wanted.field, f"The attachment '{wanted.name[:200]}' is larger than {megabytes} MB.")


def _by_plain_name(bundle: Bundle) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in bundle.names():
        found.setdefault(PurePosixPath(name).name, []).append(name)
    return found
