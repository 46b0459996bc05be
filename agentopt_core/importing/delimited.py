"""CSV and TSV. Cells are text: nothing is taken for a number, a date or a missing value."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.decoding import Encoding, encoding_of
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.limits import MAX_FIELD_BYTES
from agentopt_core.importing.records import Items, Record, Table, look_through

_LONGEST_HEADER = 1024 * 1024


def open_csv(bundle: Bundle, name: str) -> Table:
    """Cells separated by commas, or by semicolons where the header has these and no commas."""
    encoding = encoding_of(bundle, name)
    header = _first_line(bundle, name, encoding)
    return _table("csv", bundle, name, encoding, ";" if ";" in header and "," not in header else ",")


def open_tsv(bundle: Bundle, name: str) -> Table:
    """Cells separated by tabs."""
    return _table("tsv", bundle, name, encoding_of(bundle, name), "\t")


def header_of(name: str, cells: list[str]) -> tuple[str, ...]:
    """Column names; a nameless column is named by its number. Raises: TaskSetError when a name stands twice."""
    columns = tuple(cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1))
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise TaskSetError(f"{name} has more than one column named {', '.join(twice)[:200]}.", "Rename one of them.")
    return columns


def _table(kind: str, bundle: Bundle, name: str, encoding: Encoding, delimiter: str) -> Table:
    csv.field_size_limit(MAX_FIELD_BYTES)  # of the whole process; the module's own limit is 128 KiB
    columns: tuple[str, ...] = ()
    with encoding.text(bundle.open(name), "") as lines:
        for cells in _rows(csv.reader(lines, delimiter=delimiter, strict=True)):
            if isinstance(cells, str):
                raise TaskSetError(f"{name} has no header that can be read: {cells}", "Check its first line.")
            columns = header_of(name, cells[0])
            break

    def read() -> Items:
        with encoding.text(bundle.open(name), "") as lines:
            rows = _rows(csv.reader(lines, delimiter=delimiter, strict=True))
            next(rows, None)
            for row, cells in enumerate(rows, 1):
                if isinstance(cells, str):
                    yield Issue(row=row, field="", reason=cells)
                else:
                    yield row_item(row, cells[0], columns, f" (line {cells[1]})")

    table = look_through(name, kind, read, columns)
    return replace(table, encoding=encoding.name, notes=encoding.notes())


def row_item(row: int, cells: list[Any], columns: tuple[str, ...], where: str = "") -> Record | Issue:
    """A row's cells under the columns; missing ones at the end are empty, and so may be those that are too many."""
    while len(cells) > len(columns) and cells[-1] in (None, ""):
        cells.pop()
    if len(cells) > len(columns):
        reason = f"The row has {len(cells)} cells, the header names {len(columns)} columns{where}."
        return Issue(row=row, field="", reason=reason)
    return Record(row, dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True)))


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[list[str], int] | str]:
    """Rows with something in them and their last line's number, or why a row cannot be read."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _reason(error, reader.line_num)  # type: ignore[attr-defined]
            continue
        if any(cell.strip() for cell in cells):
            yield cells, reader.line_num  # type: ignore[attr-defined]


def _reason(error: csv.Error, line: int) -> str:
    if "unexpected end of data" in str(error):
        return f"A quote is opened and never closed: nothing from this row to the end (line {line}) could be read."
    return f"The row that ends in line {line} cannot be read: {error}. Check its quotes."


def _first_line(bundle: Bundle, name: str, encoding: Encoding) -> str:
    with encoding.text(bundle.open(name), "") as file:
        while line := file.readline(_LONGEST_HEADER):
            if line.strip():
                return line
    return ""
