"""JSONL (one object a line), JSON (a list of objects, or objects by id), and folders of one object a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.decoding import Encoding, encoding_of
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.limits import MAX_ROWS, SMALL_BYTES
from agentopt_core.importing.records import Items, Record, Table, look_through, too_many
from agentopt_core.words import JsonObject

_SHAPES = "Use a list of objects, or objects by id, each with a question and an answer; or one object a line (JSONL)."


def parse(text: str) -> object:
    """A JSON value with its numbers as the text they were written as. Raises: ValueError, RecursionError."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def open_jsonl(bundle: Bundle, name: str) -> Table:
    """One object a line; only a line feed ends a line. A broken line is an issue, the others are kept."""
    encoding = encoding_of(bundle, name)
    table = look_through(name, "jsonl", lambda: _lines(bundle, name, encoding))
    return replace(table, encoding=encoding.name, notes=encoding.notes())


def open_json(bundle: Bundle, name: str) -> Table:
    """A list of objects, or an object of objects by id. A file of one object a line is read as JSONL."""
    encoding = encoding_of(bundle, name)
    with encoding.text(bundle.open(name), "") as file:
        text = file.read()
    try:
        value = parse(text)
    except json.JSONDecodeError as error:
        if _starts_like_jsonl(text):
            return open_jsonl(bundle, name)
        raise TaskSetError(
            f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.", _SHAPES
        ) from error
    except (ValueError, RecursionError) as error:
        raise TaskSetError(f"{name} is nested too deeply to be read.", _SHAPES) from error
    keyed = isinstance(value, dict) and bool(value) and all(isinstance(item, dict) for item in value.values())
    if isinstance(value, dict) and keyed:
        value = [item if "id" in item else {"id": key, **item} for key, item in value.items()]
    if not isinstance(value, list):
        raise TaskSetError(f"{name} has the wrong shape: {shape_of(value)} instead of records.", _SHAPES)
    if len(value) > MAX_ROWS:
        raise too_many(name)
    items: Sequence[object] = value
    table = look_through(name, "json", lambda: (_item(item, row) for row, item in enumerate(items, 1)))
    return replace(table, encoding=encoding.name, notes=encoding.notes(), keyed=keyed)


def open_record_files(bundle: Bundle, names: Sequence[str]) -> Table:
    """Files of one JSON object each, in the order of their names; the row is the place in that order."""

    def read() -> Items:
        for row, name in enumerate(names, 1):
            if bundle.size(name) > SMALL_BYTES:
                yield Issue(row=row, field="", reason=f"The file is larger than {SMALL_BYTES // 1024} KiB.", file=name)
                continue
            with bundle.open(name) as file:
                yield _file_item(file.read(), row, name)

    folder = names[0].rpartition("/")[0] or bundle.name
    return look_through(folder, "files", read)


def single_object(bundle: Bundle, name: str) -> JsonObject | None:
    """The object that the whole of a small file is, when it is one record; else None."""
    if bundle.size(name) > SMALL_BYTES:
        return None
    with bundle.open(name) as file:
        item = _file_item(file.read(), 1, name)
    if isinstance(item, Issue) or all(isinstance(value, dict) for value in item.fields.values()):
        return None
    return item.fields


def holds_records(bundle: Bundle, name: str) -> bool:
    """Whether a JSON file may be a table of its own: too large to be one record, or a list or dict of objects."""
    if bundle.size(name) > SMALL_BYTES:
        return True
    with bundle.open(name) as file:
        text = file.read().decode("utf-8-sig", "replace")
    try:
        value = parse(text)
    except (ValueError, RecursionError):
        return _starts_like_jsonl(text)
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return bool(items) and all(isinstance(item, dict) for item in items)


def _file_item(data: bytes, row: int, name: str) -> Record | Issue:
    try:
        value = parse(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        return Issue(row=row, field="", reason=f"The file is not JSON ({error}).", file=name)
    item = _item(value, row)
    return item.with_(file=name) if isinstance(item, Issue) else item._replace(file=name)


def shape_of(value: object) -> str:
    """A JSON value that is no record, in words."""
    match value:
        case dict():
            return "one object"
        case list():
            return "a list"
        case None:
            return "null"
        case _:
            return "a single value"


def _lines(bundle: Bundle, name: str, encoding: Encoding) -> Items:
    with encoding.text(bundle.open(name), "\n") as file:
        for row, line in enumerate(file, 1):
            if line.strip():
                yield _line_item(line, row)


def _line_item(line: str, row: int) -> Record | Issue:
    try:
        value = parse(line)
    except json.JSONDecodeError as error:
        return Issue(row=row, field="", reason=f"Line {row}, column {error.colno}: not JSON ({error.msg}).")
    except (ValueError, RecursionError):
        return Issue(row=row, field="", reason=f"Line {row} is nested too deeply to be read.")
    return _item(value, row)


def _item(value: object, row: int) -> Record | Issue:
    if isinstance(value, dict):
        return Record(row, value)
    return Issue(row=row, field="", reason=f"The record is {shape_of(value)} instead of an object.")


def _starts_like_jsonl(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(parse(first), dict)
    except (ValueError, RecursionError):
        return False
