"""Runs in a process of its own: turns a Parquet file or a workbook into lines of JSON. Imports nothing of ours.

    python -I apart_child.py parquet|xlsx <file> <lines> <most rows> <most of a field> <most written> <most memory>

The first line is {"columns": [...], "notes": [...]}, every other one the list of a row's cells, all of them text, true,
false, null or lists and objects of these; or a sentence that says why there is no such row. What a person should mend
is printed as {"refused": "a clause"}.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import resource
import sys
from collections.abc import Iterator
from typing import Any, TextIO

_CPU_S = 120
_BATCH = 256
"""Rows of a Parquet file in memory at once."""
_EXACT = 2.0**53
"""From here on not every whole number is a float."""


class _Refused(Exception):
    """The file cannot be used; the clause follows its name."""


def _cell(value: Any) -> Any:
    """A value as JSON, with numbers as text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return str(value)
        case float():
            return None if math.isnan(value) else repr(value)
        case bytes():
            return f"({len(value):,} bytes)"
        case datetime.datetime():
            return value.isoformat(sep=" ")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case decimal.Decimal() | datetime.timedelta():
            return str(value)
        case dict():
            return {str(key): _cell(item) for key, item in value.items()}
        case list() | tuple():
            return [_cell(item) for item in value]
        case _:
            return str(value)


def _parquet(path: str, most_rows: int, most_bytes: int) -> Iterator[list[Any]]:
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(path, memory_map=False)
    # Read as dictionaries, a text that stands in many rows is in memory once.
    texts = [field.name for field in schema if pyarrow.types.is_string(field.type)]
    file = pyarrow.parquet.ParquetFile(path, memory_map=False, pre_buffer=False, read_dictionary=texts)
    about = file.metadata
    if about.num_rows > most_rows:
        raise _Refused(f"has more than {most_rows:,} rows")
    if sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups)) > most_bytes:
        raise _Refused("holds too much when it is unpacked")
    yield [schema.names, []]
    for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
        yield from map(list, zip(*(_column(column) for column in batch.columns), strict=True))


def _column(column: Any) -> Iterator[Any]:
    import numpy
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        values = [_cell(value) for value in column.dictionary.to_pylist()]
        return (None if index is None else values[index] for index in column.indices.to_pylist())
    if pyarrow.types.is_float32(column.type) or pyarrow.types.is_float16(column.type):
        # A float of 32 bits has a shorter text of its own: 0.1, not 0.10000000149011612.
        return (_cell(cell) and str(numpy.float32(cell)) for cell in column.to_pylist())
    return map(_cell, column.to_pylist())


def _sheet_cell(value: Any) -> Any:
    """A cell's value as a person would type it. Number formats are not applied; a whole number has no `.0`."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return _cell(value) or ""


def _xlsx(path: str, most_rows: int, most_bytes: int) -> Iterator[list[Any]]:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets = [one.name for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet]
    shown = python_calamine.SheetVisibleEnum.Visible
    visible = [one.name for one in book.sheets_metadata if one.name in sheets and one.visible == shown]
    for name in visible or sheets:
        rows = ([_sheet_cell(cell) for cell in row] for row in book.get_sheet_by_name(name).iter_rows())
        filled = (row for row in rows if any(cell.strip() for cell in row))
        header, first = next(filled, None), next(filled, None)
        if header is None or first is None:
            continue
        note = f"Of the {len(sheets)} sheets ({', '.join(sheets)[:200]}), '{name[:60]}' was read."
        yield [header, [note] if len(sheets) > 1 else []]
        yield first
        for number, row in enumerate(filled, 2):
            if number > most_rows:
                raise _Refused(f"has more than {most_rows:,} rows")
            yield row
        return
    raise _Refused("has no sheet with a header and rows below it")


def _write(rows: Iterator[list[Any]], file: TextIO, most_field: int) -> None:
    columns, notes = next(rows)
    file.write(json.dumps({"columns": columns, "notes": notes}) + "\n")
    for row in rows:
        large = [
            name for name, cell in zip(columns, row, strict=False) if isinstance(cell, str) and len(cell) > most_field
        ]
        line = f"The field '{large[0][:80]}' is larger than {most_field // 1024:,} KiB." if large else row
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main(kind: str, source: str, target: str, *limits: int) -> None:
    """Convert one file. Whatever its reader does, it stays within the limits or ends."""
    most_rows, most_field, most_bytes, most_memory = limits
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    read = {"parquet": _parquet, "xlsx": _xlsx}[kind]
    try:
        with open(target, "w", encoding="utf-8", errors="replace") as file:
            _write(read(source, most_rows, most_bytes), file, most_field)
    except _Refused as refused:
        print(json.dumps({"refused": str(refused)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
