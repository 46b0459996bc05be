"""JSONL (one object a line) and JSON (a list of objects, or objects by id)."""

from __future__ import annotations

import json

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.limits import MAX_ROWS
from agentopt_core.importing.records import Record, Records, columns_of
from agentopt_core.words import JsonObject

_SHAPES = "Use a list of objects, or objects by id, each with a question and an answer; or one object a line (JSONL)."


def parse(text: str) -> object:
    """A JSON value with its numbers as the text they were written as. Raises: ValueError, RecursionError."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def read_jsonl(name: str, text: str) -> Records:
    """One object a line; only a line feed ends a line. A broken line is an issue, the others are kept."""
    records: list[Record] = []
    issues: list[Issue] = []
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(records) + len(issues) >= MAX_ROWS:
            raise too_many(name)
        try:
            value = parse(line)
        except json.JSONDecodeError as error:
            issues.append(Issue(row=row, field="", reason=f"Line {row}, column {error.colno}: not JSON ({error.msg})."))
        except (ValueError, RecursionError):
            issues.append(Issue(row=row, field="", reason=f"Line {row} is nested too deeply to be read."))
        else:
            _keep(value, row, records, issues)
    return Records("jsonl", columns_of(records), records, issues)


def read_json(name: str, text: str) -> Records:
    """A list of objects, or an object of objects by id. A file of one object a line is read as JSONL."""
    try:
        value = parse(text)
    except json.JSONDecodeError as error:
        if _starts_like_jsonl(text):
            return read_jsonl(name, text)
        raise TaskSetError(
            f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.", _SHAPES
        ) from error
    except (ValueError, RecursionError) as error:
        raise TaskSetError(f"{name} is nested too deeply to be read.", _SHAPES) from error
    if isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values()):
        value = [item if "id" in item else {"id": key, **item} for key, item in value.items()]
    if not isinstance(value, list):
        raise TaskSetError(f"{name} has the wrong shape: {_shape(value)} instead of records.", _SHAPES)
    if len(value) > MAX_ROWS:
        raise too_many(name)
    records: list[Record] = []
    issues: list[Issue] = []
    for row, item in enumerate(value, 1):
        _keep(item, row, records, issues)
    return Records("json", columns_of(records), records, issues)


def too_many(name: str) -> TaskSetError:
    """More rows than we read."""
    return TaskSetError(f"{name} has more than {MAX_ROWS:,} rows.", "Split it into several files.")


def _keep(value: object, row: int, records: list[Record], issues: list[Issue]) -> None:
    if isinstance(value, dict):
        fields: JsonObject = value
        records.append(Record(row, fields))
    else:
        issues.append(Issue(row=row, field="", reason=f"The record is {_shape(value)} instead of an object."))


def _shape(value: object) -> str:
    match value:
        case dict():
            return "one object"
        case list():
            return "a list"
        case str():
            return "a single value"
        case _:
            return "null" if value is None else "a single value"


def _starts_like_jsonl(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(parse(first), dict)
    except (ValueError, RecursionError):
        return False
