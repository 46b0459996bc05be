"""Which format a bundle's files are of, told from their keys, and which of its files hold the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.columns import columns_for, in_words
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.formats import FORMATS, TABLE, Format
from agentopt_core.importing.formats.base import keys_in_words
from agentopt_core.importing.formats.values import split_in
from agentopt_core.importing.limits import MAX_ROWS
from agentopt_core.importing.opening import HINT, stages
from agentopt_core.importing.records import Table
from agentopt_core.importing.splits import SPLITS


class Chosen(NamedTuple):
    """How a bundle is to be read."""

    format: Format
    tables: tuple[Table, ...]
    reason: str
    """A sentence."""
    mapping: dict[str, str]
    notes: tuple[Issue, ...] = ()


def choose(bundle: Bundle, wanted: str | None, mapping: Mapping[str, str] | None) -> Chosen:
    """The wanted format, or the first that the keys of the bundle's tables fit. A mapping asks for a table.

    Raises: TaskSetError when no table fits, naming what is missing; or when it is in doubt which table is meant.
    """
    asked = _by_name(wanted) if wanted else TABLE if mapping else None
    if mapping and asked is not TABLE:
        raise TaskSetError("Only a table's columns can be mapped.", "Leave the mapping out, or read it as a table.")
    tables: list[Table] = []
    faults: dict[str, TaskSetError] = {}
    for opened in stages(bundle):
        tables, faults = opened.tables, opened.faults
        if chosen := _chosen(bundle, tables, asked, mapping):
            return chosen._replace(notes=(*chosen.notes, *_failed(chosen.tables, faults)))
    if not tables:
        raise next(iter(faults.values()), _nothing(bundle))
    if asked in (None, TABLE):
        columns_for(tables[0].file, tables[0].columns, mapping)
    assert asked is not None, "a table with question and answer is a format"
    lacking = asked.missing(tables[0]) or asked.keys
    raise TaskSetError(
        f"{tables[0].file} cannot be read as {asked.title}: it has no {keys_in_words(lacking)} "
        f"(found: {in_words(tables[0].columns)}).",
        "Choose another format, or let it be recognised.",
        tables[0].columns,
    )


def _chosen(
    bundle: Bundle, tables: list[Table], asked: Format | None, mapping: Mapping[str, str] | None
) -> Chosen | None:
    own_tables = [table for table in tables if _mapped(table, mapping)]
    for format in FORMATS:
        if asked not in (None, format):
            continue
        if format is TABLE:
            fitting = own_tables
        else:
            fitting = [t for t in tables if (not format.missing(t) if asked else format.reason(t))]
        parts = _parts(fitting)
        fitting = [table for table in fitting if table not in parts]
        if not fitting:
            continue
        if sum(table.count for table in fitting) > MAX_ROWS:
            raise TaskSetError(f"{bundle.name} has more than {MAX_ROWS:,} rows.", "Import its files one by one.")
        used = _common_mapping(fitting, mapping) if format is TABLE else dict(format.mapping)
        unread = [_unread(table, format) for table in own_tables if table not in fitting and table not in parts]
        notes = (*unread, *(_part(table) for table in parts), *_copies(bundle, fitting))
        fitting.sort(key=lambda table: SPLITS.index(split_in(table.file) or "train"))
        return Chosen(format, tuple(fitting), _reason(format, fitting[0], used, asked), used, notes)
    return None


def _by_name(name: str) -> Format:
    for format in FORMATS:
        if format.name == name:
            return format
    raise TaskSetError(f"There is no format '{name[:80]}'.", f"Formats are: {', '.join(one.name for one in FORMATS)}.")


def _mapped(table: Table, mapping: Mapping[str, str] | None) -> bool:
    try:
        return bool(columns_for(table.file, table.columns, mapping))
    except TaskSetError:
        return False


def _common_mapping(tables: Sequence[Table], mapping: Mapping[str, str] | None) -> dict[str, str]:
    found = [columns_for(table.file, table.columns, mapping) for table in tables]
    if any(one != found[0] for one in found) or len({table.kind for table in tables}) > 1:
        listed = ", ".join(table.file for table in tables[:5])
        raise TaskSetError(
            f"{len(tables)} files hold tasks, and not in the same way ({listed}).", "Name or upload the one you mean."
        )
    return found[0]


def _reason(format: Format, table: Table, mapping: Mapping[str, str], asked: Format | None) -> str:
    if asked and format is not TABLE:
        return f"Read as {format.title}, as asked for."
    if format is TABLE:
        return f"The question is read from '{mapping['question']}', the answer from '{mapping['answer']}'."
    return f"{table.file} has the keys {keys_in_words(format.keys)}, and {format.reason(table)}."


def _unread(table: Table, format: Format) -> Issue:
    reason = f"The file was not read: it is not {format.title}, as the others are."
    return Issue(row=0, field="", reason=reason, severity="warning", file=table.file)


def _failed(tables: Sequence[Table], faults: Mapping[str, TaskSetError]) -> Iterator[Issue]:
    """Files that lie beside the tables and end like them, but could not be read."""
    alike = {(PurePosixPath(table.file).parent, PurePosixPath(table.file).suffix) for table in tables}
    for name, error in faults.items():
        if (PurePosixPath(name).parent, PurePosixPath(name).suffix) in alike:
            yield Issue(
                row=0, field="", reason=f"The file was not read: {error.message}", severity="warning", file=name
            )


def _parts(tables: Sequence[Table]) -> list[Table]:
    """Tables that repeat a part of another one: GAIA brings metadata.level1.parquet beside metadata.parquet."""
    wholes = {str(PurePosixPath(table.file).with_suffix("")): table.count for table in tables}
    paths = {table.file: PurePosixPath(table.file).with_suffix("") for table in tables}
    return [t for t in tables if t.count <= wholes.get(str(paths[t.file].with_suffix("")), 0) and paths[t.file].suffix]


def _part(table: Table) -> Issue:
    reason = "The file was taken for a part of another one and not read."
    return Issue(row=0, field="", reason=reason, severity="warning", file=table.file)


def _copies(bundle: Bundle, tables: Sequence[Table]) -> Iterator[Issue]:
    """Files of the same name in another form: GAIA brings its metadata as JSONL and as Parquet."""
    for path in map(PurePosixPath, (table.file for table in tables)):
        for ending in (".parquet", ".xlsx"):
            if (other := path.with_suffix(ending).as_posix()) in bundle and other != path.as_posix():
                reason = f"The file was taken for a copy of {path.name} and not read."
                yield Issue(row=0, field="", reason=reason, severity="warning", file=other)


def _nothing(bundle: Bundle) -> TaskSetError:
    names = bundle.names()
    found = f"{len(names)} ({', '.join(names[:5])})" if names else "none"
    links = (
        f" {bundle.links} link{'s' * (bundle.links > 1)} skipped: copy the folder with the files they lead to."
        if bundle.links
        else ""
    )
    return TaskSetError(f"{bundle.name} holds no file of tasks; files found: {found}.{links}", HINT)
