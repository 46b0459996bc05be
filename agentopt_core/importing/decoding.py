"""Bytes to text, with an honest guess where the file does not say."""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, NamedTuple, TextIO

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.draft import Issue

_PREVIEW = re.compile(r"[^\r\n]{0,20}[^\x00-\x7f][^\r\n]{0,20}")
_CHUNK = 1024 * 1024
_AROUND = 200
"""Bytes looked at on both sides of what is not UTF-8."""


class Encoding(NamedTuple):
    """How a file is to be read, and what to tell the reader about a guess."""

    name: str
    codec: str
    warning: str = ""

    def text(self, file: BinaryIO, newline: str) -> TextIO:
        """The file as text, without a byte order mark. `newline` as `open` takes it."""
        return io.TextIOWrapper(file, self.codec, errors="replace", newline=newline)

    def notes(self) -> tuple[Issue, ...]:
        """The guess, to be listed."""
        return (Issue(row=0, field="", reason=self.warning, severity="warning"),) if self.warning else ()


def encoding_of(bundle: Bundle, name: str) -> Encoding:
    """Looks through the whole file.

    Raises: TaskSetError when it is not text.
    """
    with bundle.open(name) as file:
        return _encoding(name, file)


def _encoding(name: str, file: BinaryIO) -> Encoding:
    start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "utf-16")
    if b"\0" in start:
        raise TaskSetError(
            f"{name} is not a text file.", "Save the tasks as JSONL, JSON, CSV, TSV, Parquet or XLSX under that ending."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    at, before, chunk = 0, b"", start
    while True:
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            known = (before + chunk)[-len(error.object) :] if error.object else b""
            fault = at + len(chunk) - len(known) + error.start
            shown = (before + chunk)[max(0, len(before) + fault - at - _AROUND) :][: 2 * _AROUND] + file.read(_AROUND)
            return Encoding("windows-1252", "cp1252", _warning(fault, shown))
        if not chunk:
            return Encoding("utf-8", "utf-8-sig")
        at += len(chunk)
        before = chunk[-_AROUND:]
        chunk = file.read(_CHUNK)


def _warning(fault: int, around: bytes) -> str:
    preview = _PREVIEW.search(around.decode("cp1252", "replace"))
    shown = f' It reads "{preview[0].strip()}".' if preview else ""
    reason = f"The file is not UTF-8 (byte {fault + 1:,}); it was read as Windows-1252.{shown}"
    return f"{reason} If that looks wrong, save it as UTF-8."
