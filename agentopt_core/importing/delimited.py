"""CSV and TSV. Cells are text: nothing is taken for a number, a date or a missing value."""

from __future__ import annotations

import csv
import re

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.json_files import too_many
from agentopt_core.importing.limits import MAX_FIELD_BYTES, MAX_ROWS
from agentopt_core.importing.records import Record, Records

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


def read_csv(name: str, text: str) -> Records:
    """Cells separated by commas, or by semicolons where the header has these and no commas."""
    header = text.lstrip("\n").partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    return _read("csv", name, text, delimiter)


def read_tsv(name: str, text: str) -> Records:
    """Cells separated by tabs."""
    return _read("tsv", name, text, "\t")


def _read(format_name: str, name: str, text: str, delimiter: str) -> Records:
    csv.field_size_limit(MAX_FIELD_BYTES)  # of the whole process; the module's own limit is 128 KiB
    lines = (line[0] for line in _LINE.finditer(text))
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    records: list[Record] = []
    issues: list[Issue] = []
    row = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            row += 1
            issues.append(Issue(row=row, field="", reason=_reason(error, rows.line_num)))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _header(name, cells)
            continue
        row += 1
        if row > MAX_ROWS:
            raise too_many(name)
        if len(cells) > len(columns):
            reason = f"The row has {len(cells)} cells, the header names {len(columns)} columns (line {rows.line_num})."
            issues.append(Issue(row=row, field="", reason=reason))
            continue
        cells += [""] * (len(columns) - len(cells))
        records.append(Record(row, dict(zip(columns, cells, strict=True))))
    return Records(format_name, columns, records, issues)


def _reason(error: csv.Error, line: int) -> str:
    if "unexpected end of data" in str(error):
        return f"A quote is opened and never closed: nothing from this row to the end (line {line}) could be read."
    return f"The row that ends in line {line} cannot be read: {error}. Check its quotes."


def _header(name: str, cells: list[str]) -> tuple[str, ...]:
    columns = tuple(cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1))
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise TaskSetError(f"{name} has more than one column named {', '.join(twice)}.", "Rename one of them.")
    return columns
