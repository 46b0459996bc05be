"""Files under relative names, whatever they came as: one file, a folder, a zip, or what a browser sent."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self, cast

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.archives import Archive, has_drive, is_hidden
from agentopt_core.importing.limits import MAX_FOLDER_FILES

UPLOAD = "upload"
"""Name of a bundle whose files say no name for all of them."""


class _File(NamedTuple):
    size: int
    open: Callable[[], BinaryIO]


class Bundle:
    """Files that belong together. Close it when they are read; it is a context manager."""

    def __init__(self, name: str, files: dict[str, _File], archives: Iterable[Archive] = (), links: int = 0) -> None:
        self.name = name
        self.links = links
        """Links to files that were skipped: whoever sent the folder might reach any file of this machine by them."""
        self._files = dict(sorted(files.items()))
        self._archives = list(archives)
        self._workspaces: list[tempfile.TemporaryDirectory[str]] = []

    def names(self) -> tuple[str, ...]:
        """All files, sorted; relative, with `/` between the parts."""
        return tuple(self._files)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def size(self, name: str) -> int:
        """Bytes of a file. Raises: KeyError."""
        return self._files[name].size

    def open(self, name: str) -> BinaryIO:
        """A file's bytes, from the start. Raises: KeyError; TaskSetError, also while it is read, when it is damaged."""
        try:
            return self._files[name].open()
        except OSError as error:
            raise TaskSetError(f"{name} cannot be read: {error.strerror}.", "Check the file's permissions.") from error

    def workspace(self) -> Path:
        """A new empty folder that is there until the bundle is closed."""
        self._workspaces.append(tempfile.TemporaryDirectory(prefix="agentopt-import-"))
        return Path(self._workspaces[-1].name)

    def close(self) -> None:
        """Nothing can be opened after it."""
        for workspace in self._workspaces:
            workspace.cleanup()
        for archive in self._archives:
            archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @classmethod
    def of_path(cls, path: Path) -> Bundle:
        """A file, a zip, or all files below a folder; hidden files and links in it are skipped.

        Raises: TaskSetError when it is none of these, cannot be read, or holds too many files.
        """
        name = "".join(char for char in path.name or path.resolve().name if char.isprintable()) or UPLOAD
        try:
            if path.is_dir():
                files, links = _files_in(path)
                return cls(name, files, links=links)
            if not path.is_file():
                raise TaskSetError(f"{path} is not a regular file.", "Name a file of tasks, a folder or a zip.")
            if name.lower().endswith(".zip"):
                return _unpacked(name, path.open("rb"))
            return cls(name, {name: _File(path.stat().st_size, lambda: path.open("rb"))})
        except OSError as error:
            raise TaskSetError(f"{path} cannot be read: {error.strerror}.", "Check the file's permissions.") from error

    @classmethod
    def of_uploads(cls, files: Sequence[tuple[str, bytes | BinaryIO]]) -> Bundle:
        """What a browser sent: names (relative where a whole folder was sent) and contents.

        A zip is unpacked when all files are zips. Beside other files it may be one of the attachments: then it is
        there as it is, and what it holds is there as well.
        Raises: TaskSetError when there is nothing, or a zip cannot be used.
        """
        if not files:
            raise TaskSetError("No file was uploaded.", "Choose a file of tasks.")
        named: dict[str, _File] = {}
        for given, data in files:
            if len(files) > 1 and is_hidden(given):
                continue
            name = _unused(_safe_name(given), named)
            named[name] = _in_memory(data)
        zips = [name for name in named if name.lower().endswith(".zip")]
        if len(named) == 1 and zips:
            return _unpacked(zips[0], named[zips[0]].open())
        archives = []
        for name in zips:
            try:
                archive = Archive(name, named[name].open())
            except TaskSetError:
                if len(zips) == len(named):
                    raise
                continue  # an attachment that is none of our business
            archives.append(archive)
            for inner in archive.names():
                outer = _unused(f"{name[:-4]}/{inner}", named)
                named[outer] = _member(archive, inner)
            if len(zips) == len(files):
                del named[name]
        only = next(iter(named)) if len(named) == 1 else ""
        return cls(only or _common_folder(named) or UPLOAD, named, archives)


def _unpacked(name: str, file: BinaryIO) -> Bundle:
    try:
        archive = Archive(name, file)
    except TaskSetError:
        file.close()
        raise
    return Bundle(name, {inner: _member(archive, inner) for inner in archive.names()}, [archive])


def _member(archive: Archive, name: str) -> _File:
    return _File(archive.size(name), lambda: archive.open(name))


def _files_in(folder: Path) -> tuple[dict[str, _File], int]:
    """The files below a folder, and the number of links that were skipped."""
    found: dict[str, _File] = {}
    links = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in names:
            path = Path(parent) / name
            relative = path.relative_to(folder).as_posix()
            about = path.lstat()
            links += stat.S_ISLNK(about.st_mode)
            # A name that is no text could not be written into what is said of the file.
            if is_hidden(name) or not relative.isprintable() or not stat.S_ISREG(about.st_mode):
                continue
            found[relative] = _File(about.st_size, lambda path=path: _opened(path))  # type: ignore[misc]
            if len(found) > MAX_FOLDER_FILES:
                raise TaskSetError(f"{folder} holds too many files.", "Name the folder that holds the tasks alone.")
    return found, links


def _opened(path: Path) -> BinaryIO:
    """No link is followed at the end, should somebody have put one there in between."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _in_memory(data: bytes | BinaryIO) -> _File:
    if isinstance(data, bytes):
        return _File(len(data), lambda: io.BytesIO(data))
    size = data.seek(0, os.SEEK_END)
    lock = threading.Lock()
    return _File(size, lambda: cast(BinaryIO, io.BufferedReader(_View(data, size, lock))))


class _View(io.RawIOBase):
    """One reader of a file that others read as well."""

    def __init__(self, file: BinaryIO, size: int, lock: threading.Lock) -> None:
        self._file, self._size, self._lock, self._at = file, size, lock, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        with self._lock:
            self._file.seek(self._at)
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _safe_name(given: str) -> str:
    """A relative name: what leads elsewhere loses its folders. Printable, of bearable length, never empty."""
    text = "".join(char for char in given.replace("\\", "/") if char.isprintable())
    path = PurePosixPath(text)
    leads_out = path.is_absolute() or ".." in path.parts or has_drive(text)
    kept = path.name if leads_out else path.as_posix()
    return kept[-400:].strip("/ ") if kept.strip("/. ") else UPLOAD


def _unused(name: str, taken: dict[str, _File]) -> str:
    path, number, free = PurePosixPath(name), 2, name
    while free in taken:
        free = path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix()
        number += 1
    return free


def _common_folder(names: Iterable[str]) -> str:
    tops = {name.partition("/")[0] if "/" in name else "" for name in names}
    return tops.pop() if len(tops) == 1 else ""
