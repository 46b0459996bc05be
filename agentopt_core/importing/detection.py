"""Which reader a file gets: by its name, and by its first characters where the name says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.delimited import read_csv, read_tsv
from agentopt_core.importing.json_files import read_json, read_jsonl
from agentopt_core.importing.records import Reader

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".jsonl": read_jsonl,
        ".ndjson": read_jsonl,
        ".json": read_json,
        ".csv": read_csv,
        ".tsv": read_tsv,
        ".tab": read_tsv,
    }
)
"""Reader by file ending: a new format is one module and one line here."""

_UNREADABLE = (".xlsx", ".xls", ".ods", ".parquet", ".zip", ".gz", ".pdf", ".docx")
_HINT = "Save it as JSONL, JSON, CSV or TSV."


def reader_for(name: str, text: str) -> Reader:
    """The reader of a file. Raises: TaskSetError when there is none for its ending."""
    ending = PurePath(name).suffix.lower()
    if ending in READERS:
        return READERS[ending]
    refuse_unreadable(name)
    start = text.lstrip()[:1]
    if start == "[":
        return read_json
    if start == "{":
        return read_json if text.rstrip().endswith("}") else read_jsonl
    return read_tsv if "\t" in text.partition("\n")[0] else read_csv


def refuse_unreadable(name: str) -> None:
    """Raises: TaskSetError for endings of formats that are not text."""
    ending = PurePath(name).suffix.lower()
    if ending in _UNREADABLE:
        raise TaskSetError(f"{name}: files ending in {ending} are not read.", _HINT)
