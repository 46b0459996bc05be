"""Which files of a bundle are tables of records, and how each kind is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.apart import open_parquet, open_xlsx
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.delimited import open_csv, open_tsv
from agentopt_core.importing.json_files import holds_records, open_json, open_jsonl, open_record_files, single_object
from agentopt_core.importing.limits import MAX_FILE_BYTES
from agentopt_core.importing.records import Table

Opener = Callable[[Bundle, str], Table]

TEXT: Mapping[str, Opener] = MappingProxyType(
    {
        ".jsonl": open_jsonl,
        ".ndjson": open_jsonl,
        ".json": open_json,
        ".csv": open_csv,
        ".tsv": open_tsv,
        ".tab": open_tsv,
    }
)
OPENERS: tuple[Mapping[str, Opener], ...] = (TEXT, {".parquet": open_parquet}, {".xlsx": open_xlsx})
"""By ending, in stages: kinds of a later stage are looked at only when none before holds tasks.

A new kind of file is one module and one line here.
"""

HINT = "Use JSONL, JSON, CSV, TSV, Parquet or XLSX with a question and an answer in each record, or a known format."
_FEW = 200
"""From more JSON files than these, the first tell what all are."""
_UNREADABLE = (".xls", ".ods", ".zip", ".gz", ".pdf", ".docx")


class Opened:
    """The tables of a bundle so far, and why other files that could have been some are none."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.faults: dict[str, TaskSetError] = {}

    def add(self, name: str, size: int, open_it: Callable[[], Table]) -> None:
        """Open a file that may be a table."""
        try:
            if size > MAX_FILE_BYTES:
                raise TaskSetError(
                    f"{name} is larger than {MAX_FILE_BYTES // 2**20} MB.", "Split it into several files."
                )
            table = open_it()
            if not table.count:
                what = "is empty" if not table.columns and not size_matters(table) else "holds no task"
                raise TaskSetError(f"{name} {what}.", "It needs records with a question and an answer.")
            if not table.sample:
                raise TaskSetError(f"{name} holds no task.{table.first_fault}", HINT)
        except TaskSetError as error:
            self.faults[name] = error
        else:
            self.tables.append(table)


def size_matters(table: Table) -> bool:
    """Whether an empty table is a file with something in it: an empty JSON list is, a file of spaces is not."""
    return table.kind == "json"


def stages(bundle: Bundle) -> Iterator[Opened]:
    """All tables found so far, after each stage."""
    opened = Opened()
    names = bundle.names()
    known = [name for name in names if any(_ending(name) in openers for openers in OPENERS)]
    if not known and len(names) == 1:
        opened.add(names[0], bundle.size(names[0]), lambda: _sniffed(bundle, names[0]))
        yield opened
        return
    for openers in OPENERS:
        here = [name for name in known if _ending(name) in openers]
        singles = _singles(bundle, [name for name in here if _ending(name) == ".json"])
        if singles:
            opened.add(singles[0], 0, lambda: open_record_files(bundle, singles))  # noqa: B023 - called at once
        for name in sorted(set(here) - set(singles)):
            opener = openers[_ending(name)]
            opened.add(name, bundle.size(name), lambda: opener(bundle, name))  # noqa: B023 - called at once
        yield opened


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _singles(bundle: Bundle, names: list[str]) -> list[str]:
    """The JSON files that are one record each. A lone one that looks like no known record is a file of wrong shape."""
    if len(names) > _FEW:
        return names if any(single_object(bundle, name) is not None for name in names[:5]) else []
    found = {name: fields for name in names if (fields := single_object(bundle, name)) is not None}
    if len(found) == 1 and not all({"problem", "solution"} <= set(fields) for fields in found.values()):
        return []
    if not found:
        return []
    # Among files of one record, one that is broken is a broken record.
    return [name for name in names if name in found or not holds_records(bundle, name)]


def _sniffed(bundle: Bundle, name: str) -> Table:
    """A file whose ending says nothing, by its first characters."""
    if _ending(name) in _UNREADABLE:
        raise TaskSetError(f"{name}: files ending in {_ending(name)} are not read.", HINT)
    with bundle.open(name) as file:
        start = file.read(64 * 1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"[", b"{"):
        return open_json(bundle, name)
    return open_tsv(bundle, name) if b"\t" in start.partition(b"\n")[0] else open_csv(bundle, name)
