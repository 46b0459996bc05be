"""Zip archives from strangers: looked through before anything is unpacked, and bounded while it is."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_ENTRIES,
    MAX_FILES,
    MAX_RATIO,
    SMALL_BYTES,
)

_HINT = "Pack the task files and their attachments into a plain zip, or upload the files themselves."
_ENTRY_SIGN = b"PK\x01\x02"
_CHUNK = 1024 * 1024
_FAULTS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises for damaged archives. UnicodeDecodeError is a ValueError; passwords are RuntimeErrors."""


class Archive:
    """The files of a zip archive, under their names in it. Archives inside it are files like any other.

    Does not guard against what a parser of the unpacked files does with them.
    """

    def __init__(self, name: str, file: BinaryIO, *, hidden_too: bool = False) -> None:
        """`hidden_too`: also files whose names start with a dot.

        Raises: TaskSetError when the archive is damaged, too large unpacked, or holds what files cannot be.
        """
        self._name = name
        self._file = file
        self._hidden_too = hidden_too
        _check_number(name, file)
        try:
            self._zip = zipfile.ZipFile(file)
        except _FAULTS as error:
            raise TaskSetError(f"{name} is no zip archive that can be read: {error}.", _HINT) from error
        self._entries = {entry.filename: entry for entry in self._checked()}

    def names(self) -> list[str]:
        """The files in it, without folders."""
        return list(self._entries)

    def size(self, name: str) -> int:
        """Bytes, unpacked."""
        return self._entries[name].file_size

    def open(self, name: str) -> BinaryIO:
        """A file's bytes. Reading raises TaskSetError where the archive is damaged."""
        try:
            member = cast(BinaryIO, self._zip.open(self._entries[name]))
        except _FAULTS as error:
            raise self._damaged(name) from error
        return cast(BinaryIO, io.BufferedReader(_Member(member, self._damaged(name)), _CHUNK // 8))

    def close(self) -> None:
        """Close the archive and its file."""
        self._zip.close()
        self._file.close()

    def _damaged(self, name: str) -> TaskSetError:
        return TaskSetError(f"{self._name} is damaged: its file '{name[:120]}' cannot be unpacked.", _HINT)

    def _checked(self) -> Iterator[zipfile.ZipInfo]:
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        seen: set[str] = set()
        for entry in self._zip.infolist():
            reason = _fault(entry)
            if reason or entry.filename in seen:
                reason = reason or "is in it twice"
                raise TaskSetError(f"{self._name}: '{entry.filename[:120]}' {reason}.", _HINT)
            seen.add(entry.filename)
        others = sum(not is_small_json(entry.filename, entry.file_size) for entry in entries)
        if others > MAX_ENTRIES or len(entries) > MAX_FILES:
            raise _too_many(self._name)
        total = sum(entry.file_size for entry in entries)
        if total > MAX_ARCHIVE_BYTES:
            megabytes = MAX_ARCHIVE_BYTES // 2**20
            raise TaskSetError(f"{self._name} holds more than {megabytes} MB when it is unpacked.", _HINT)
        if total > _CHUNK and total > MAX_RATIO * sum(entry.compress_size for entry in entries):
            raise TaskSetError(f"{self._name} grows to more than {MAX_RATIO} times its size when unpacked.", _HINT)
        return (entry for entry in entries if self._hidden_too or not is_hidden(entry.filename))


def is_hidden(name: str) -> bool:
    """Whether a file is not meant to be looked at: a dot in front, or what macOS adds to archives."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def has_drive(name: str) -> bool:
    """Whether a name starts with a drive's letter, as on Windows."""
    return name[1:2] == ":" and name[:1].isalpha()


def is_small_json(name: str, size: int) -> bool:
    """Whether a file can be one record among thousands."""
    return name.lower().endswith(".json") and size <= SMALL_BYTES


class _Member(io.RawIOBase):
    """A file in an archive whose faults while it is unpacked are TaskSetErrors.

    zipfile never gives more bytes than the archive's directory promises, which was checked before.
    """

    def __init__(self, member: BinaryIO, damaged: TaskSetError) -> None:
        self._member = member
        self._damaged = damaged

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._member.read(len(buffer))
        except _FAULTS as error:
            raise self._damaged from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._member.close()
        super().close()


def _check_number(name: str, file: BinaryIO) -> None:
    """Refuse before zipfile reads its directory: a directory entry takes ten times its size in memory."""
    found, tail = 0, b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        window = tail + chunk
        found += window.count(_ENTRY_SIGN)
        tail = window[-len(_ENTRY_SIGN) + 1 :]
        if found > MAX_FILES + MAX_ENTRIES:  # archives in the archive have entries of their own
            raise _too_many(name)
    file.seek(0)


def _too_many(name: str) -> TaskSetError:
    return TaskSetError(f"{name} holds more than {MAX_ENTRIES:,} files ({MAX_FILES:,} with small JSON files).", _HINT)


def _fault(entry: zipfile.ZipInfo) -> str:
    """What is wrong with an entry, as the end of a sentence; empty when nothing is."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or has_drive(entry.filename):
        return "does not lie inside the archive"
    if not path.parts or not entry.filename.isprintable():
        return "has a name that no file should have"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or device"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by a method that is not read"
    if entry.file_size > _CHUNK and entry.file_size > MAX_RATIO * entry.compress_size:
        return f"grows to more than {MAX_RATIO} times its size when it is unpacked"
    return ""
