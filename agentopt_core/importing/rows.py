"""One record to one task, or the reason why not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast, get_args

from pydantic import JsonValue, ValidationError

from agentopt_core.importing.limits import MAX_FIELD_BYTES
from agentopt_core.importing.records import Record
from agentopt_core.tasks import AnswerType, Source, Split, Task
from agentopt_core.words import JsonObject

MAX_ID_CHARS = 200

_SPLITS: dict[str, Split] = {
    "": "train",
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_GSM8K = re.compile(r"^####[ \t]*(\S[^\n]*)$", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_FIELDS = ("unit", "context", "level", "subject", "group")
_LIST_FIELDS = ("choices", "aliases", "tags")


class RowError(Exception):
    """This record cannot be a task; `field` and `reason` say why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def task_of(record: Record, mapping: Mapping[str, str], name: str, importer: str) -> Task:
    """The task of a record; without an id of its own its id is the row number.

    Raises: RowError.
    """
    fields = cast(JsonObject, scrubbed(record.fields))
    _check_sizes(fields)
    cell = {field: fields.get(column) for field, column in mapping.items()}
    question = _text("question", cell.get("question"))
    if not question.strip():
        raise RowError("question", "The question is missing.")
    answer, solution = _answer_and_solution(
        _text("answer", cell.get("answer")), _text("solution", cell.get("solution"))
    )
    return Task(
        id=_id(_text("id", cell.get("id"))) or str(record.row),
        question=question,
        answer=answer,
        answer_type=_answer_type(_text("answer_type", cell.get("answer_type"))),
        tolerance=_tolerance(_text("tolerance", cell.get("tolerance"))),
        split=_split(_text("split", cell.get("split"))),
        solution=solution,
        meta=fields,
        source=Source(file=name, row=record.row, importer=importer),
        **{field: _text(field, cell.get(field)) for field in _TEXT_FIELDS},  # type: ignore[arg-type]
        **{field: _texts(field, cell.get(field)) for field in _LIST_FIELDS},  # type: ignore[arg-type]
    )


def own_task_of(record: Record, name: str) -> Task:
    """The task of a line of our own normalised JSONL.

    Raises: RowError.
    """
    fields = cast(JsonObject, scrubbed(record.fields))
    _check_sizes(fields)
    if fields.get("attachments"):
        raise RowError("attachments", "The task needs attached files, which a single file cannot bring along.")
    if not str(fields.get("question") or "").strip():
        raise RowError("question", "The question is missing.")
    if not is_given(fields.get("answer")):
        fields = {**fields, "answer": None}
    source: JsonObject = {"file": name, "row": record.row, "importer": "tasks"}
    try:
        return Task.model_validate({"id": str(record.row), "source": source, **fields})
    except ValidationError as error:
        fault = error.errors()[0]
        raise RowError(".".join(map(str, fault["loc"])), f"{fault['msg']}.") from error


def is_given(answer: JsonValue) -> bool:
    """Whether there is a gold answer: hidden ones are published as `?`."""
    return answer is not None and str(answer).strip() not in ("", "?")


def scrubbed(value: JsonValue) -> JsonValue:
    """The value with half characters (lone surrogates), which no file can hold, replaced. All other text is kept."""
    match value:
        case str():
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list():
            return [scrubbed(item) for item in value]
        case dict():
            return {cast(str, scrubbed(key)): scrubbed(item) for key, item in value.items()}
        case _:
            return value


def _check_sizes(fields: JsonObject) -> None:
    for field, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > MAX_FIELD_BYTES or len(text.encode()) > MAX_FIELD_BYTES:
            raise RowError(field, f"The field is larger than {MAX_FIELD_BYTES // 1024:,} KiB.")


def _text(field: str, value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            raise RowError(field, f"The field holds {'a list' if isinstance(value, list) else 'an object'}, not text.")


def _texts(field: str, value: JsonValue) -> tuple[str, ...]:
    """A list of texts; from a table's cell a JSON list, or parts separated by | or ;."""
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                parsed = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
            except (ValueError, RecursionError) as error:
                raise RowError(field, "The field starts like a JSON list but is none.") from error
            return _texts(field, parsed)
        separator = "|" if "|" in value else ";"
        return tuple(part.strip() for part in value.split(separator) if part.strip())
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowError(field, "The field is not a list.")
    return tuple(_text(field, item) for item in value)


def _answer_and_solution(answer: str, solution: str) -> tuple[str | None, str]:
    """Gold and solution; a line `#### x` in the answer (GSM8K) is the gold, and the text around it the solution."""
    marks = list(_GSM8K.finditer(answer))
    if marks:
        last = marks[-1]
        around = f"{answer[: last.start()].rstrip()}\n{answer[last.end() :].lstrip()}".strip()
        answer, solution = last[1].strip(), solution or around
    return (answer if is_given(answer) else None), solution


def _id(text: str) -> str:
    if len(text) > MAX_ID_CHARS:
        raise RowError("id", f"The id has more than {MAX_ID_CHARS} characters.")
    return text.strip()


def _answer_type(text: str) -> AnswerType:
    kind = text.strip().lower() or "auto"
    if kind not in get_args(AnswerType):
        raise RowError("answer_type", f"Unknown answer type '{kind[:40]}' (known: {', '.join(get_args(AnswerType))}).")
    return cast(AnswerType, kind)


def _split(text: str) -> Split:
    split = _SPLITS.get(text.strip().lower())
    if split is None:
        raise RowError("split", f"Unknown split '{text.strip()[:40]}' (known: train, val, test).")
    return split


def _tolerance(text: str) -> float | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"\s*[0-9]{0,20}\.?[0-9]{0,20}(?:[eE][-+]?[0-9]{1,2})?\s*", text) or not re.search(
        "[0-9]", text
    ):
        raise RowError("tolerance", f"The tolerance '{text.strip()[:40]}' is not a number of at least 0.")
    return float(text)
