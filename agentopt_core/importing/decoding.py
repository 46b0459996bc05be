"""Bytes to text, with an honest guess where the file does not say."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from agentopt_core.errors import TaskSetError

_PREVIEW = re.compile(r"[^\n]{0,20}[^\x00-\x7f][^\n]{0,20}")


class Decoded(NamedTuple):
    """A file's text, how it was read, and what to tell the reader about a guess."""

    text: str
    encoding: str
    warning: str = ""


def decode(name: str, data: bytes) -> Decoded:
    """The text of a file, without a byte order mark.

    Raises: TaskSetError when it is not text.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Decoded(data.decode("utf-16", "replace"), "utf-16")
    if b"\0" in data[:4096]:
        raise TaskSetError(f"{name} is not a text file.", "Save the tasks as JSONL, JSON, CSV or TSV.")
    try:
        return Decoded(data.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", "replace")
        preview = _PREVIEW.search(text)
        shown = f' It reads "{preview[0].strip()}".' if preview else ""
        reason = f"The file is not UTF-8 (byte {error.start + 1:,}); it was read as Windows-1252.{shown}"
        return Decoded(text, "windows-1252", f"{reason} If that looks wrong, save it as UTF-8.")
