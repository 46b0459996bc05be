"""Parquet and XLSX, read by a process of their own: their readers are native code, and may do anything with a bad file.

That process has limits on memory, time and output, and no environment. What it gives is read like any other table.
Does not guard against a flaw in these readers that runs code: the process has this user's rights.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

from agentopt_core.errors import TaskSetError
from agentopt_core.importing import apart_child
from agentopt_core.importing.archives import Archive
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.delimited import header_of, row_item
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.limits import MAX_FIELD_BYTES, MAX_ROWS
from agentopt_core.importing.records import Items, Table, look_through

MAX_SECONDS = 180.0
MAX_OUTPUT_BYTES = 512 * 1024 * 1024
MAX_MEMORY_BYTES = 3 * 1024 * 1024 * 1024
"""Of address space, most of which is libraries."""

_CHUNK = 1024 * 1024
_NOT_READ = ("xl/media/", "xl/drawings/", "xl/embeddings/", "xl/vbaProject.bin")


def open_parquet(bundle: Bundle, name: str) -> Table:
    """Row groups are read in batches; nested values stay lists and objects, dates become ISO text."""
    workspace = bundle.workspace()
    source = workspace / "source.parquet"
    with bundle.open(name) as file, source.open("wb") as copy:
        shutil.copyfileobj(file, copy, _CHUNK)
    return _table(name, "parquet", source, workspace / "lines.jsonl")


def open_xlsx(bundle: Bundle, name: str) -> Table:
    """The first sheet with a header. Formulas are never evaluated: the value that was stored with them is read.

    The workbook is a zip archive: it is checked as one, and what its reader gets is a copy that was unpacked within
    bounds, so that sizes which the archive lies about do not matter.
    """
    workspace = bundle.workspace()
    source = workspace / "source.xlsx"
    try:
        _copy_unpacked(bundle, name, source)
    except TaskSetError as error:
        hint = "Save it again as XLSX without a password, or as CSV."
        raise TaskSetError(f"{name} cannot be read as a workbook: {error.message}", hint) from error
    return _table(name, "xlsx", source, workspace / "lines.jsonl")


def _copy_unpacked(bundle: Bundle, name: str, target: Path) -> None:
    with bundle.open(name) as file, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        archive = Archive(name, file, hidden_too=True)
        for part in archive.names():
            if part.startswith(_NOT_READ):
                continue
            with archive.open(part) as read, copy.open(zipfile.ZipInfo(part), "w", force_zip64=True) as write:
                shutil.copyfileobj(read, write, _CHUNK)


def _table(name: str, kind: str, source: Path, lines: Path) -> Table:
    _convert(name, kind, source, lines)
    source.unlink()
    with lines.open("rb") as file:
        head = json.loads(file.readline())
    cells = [str(cell) for cell in head["columns"]]
    while cells and not cells[-1].strip():
        cells.pop()
    columns = header_of(name, cells)

    def read() -> Items:
        with lines.open("rb") as file:
            next(file)
            for row, line in enumerate(file, 1):
                cells = json.loads(line)
                if isinstance(cells, str):
                    yield Issue(row=row, field="", reason=cells)
                else:
                    yield row_item(row, cells, columns)

    table = look_through(name, kind, read, columns)
    notes = tuple(Issue(row=0, field="", reason=note, severity="warning") for note in head["notes"])
    return replace(table, notes=notes)


def _convert(name: str, kind: str, source: Path, lines: Path) -> None:
    limits = map(str, (MAX_ROWS, MAX_FIELD_BYTES, MAX_OUTPUT_BYTES, MAX_MEMORY_BYTES))
    command = [sys.executable, "-I", apart_child.__file__, kind, str(source), str(lines), *limits]
    environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    hint = "Save it again, or save it as CSV or JSONL."
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=MAX_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TaskSetError(f"{name} takes more than {MAX_SECONDS:.0f} s to be read.", hint) from error
    if done.returncode:
        raise TaskSetError(f"{name} is no {kind.upper()} file that can be read: it is damaged or too large.", hint)
    if done.stdout:
        refused = str(json.loads(done.stdout)["refused"])
        raise TaskSetError(f"{name} {refused}.", hint)
