"""What a record's fields say, or the reason why they cannot be a task."""

from __future__ import annotations

import json
import re
from typing import cast, get_args

from pydantic import JsonValue

from agentopt_core.importing.limits import MAX_FIELD_BYTES
from agentopt_core.tasks import AnswerType, Split
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
_SPLIT_WORD = re.compile(r"(?<![a-z])(train|training|val|valid|validation|dev|test|testing)(?![a-z])")
_SURROGATE = re.compile("[\ud800-\udfff]")


class RowError(Exception):
    """This record cannot be a task; `field` and `reason` say why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


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


def check_sizes(fields: JsonObject) -> None:
    """Raises: RowError naming the field that is too large."""
    for field, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > MAX_FIELD_BYTES or len(text.encode()) > MAX_FIELD_BYTES:
            raise RowError(field, f"The field is larger than {MAX_FIELD_BYTES // 1024:,} KiB.")


def text_of(field: str, value: JsonValue) -> str:
    """A text or nothing. Raises: RowError."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            raise RowError(field, f"The field holds {'a list' if isinstance(value, list) else 'an object'}, not text.")


def texts_of(field: str, value: JsonValue) -> tuple[str, ...]:
    """A list of texts; from a table's cell a JSON list, or parts separated by | or ;. Raises: RowError."""
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                parsed = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
            except (ValueError, RecursionError) as error:
                raise RowError(field, "The field starts like a JSON list but is none.") from error
            return texts_of(field, parsed)
        separator = "|" if "|" in value else ";"
        return tuple(part.strip() for part in value.split(separator) if part.strip())
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowError(field, "The field is not a list.")
    return tuple(text_of(field, item) for item in value)


def question_of(value: JsonValue, field: str = "question") -> str:
    """What is asked. Raises: RowError when nothing is."""
    question = text_of(field, value)
    if not question.strip():
        raise RowError(field, "The question is missing.")
    return question


def gold_of(value: JsonValue, field: str = "answer") -> str | None:
    """The gold answer as it was written, or None for a missing or hidden one. Raises: RowError."""
    answer = text_of(field, value)
    return answer if is_given(answer) else None


def id_of(text: str) -> str:
    """An id of bearable length. Raises: RowError."""
    if len(text) > MAX_ID_CHARS:
        raise RowError("id", f"The id has more than {MAX_ID_CHARS} characters.")
    return text.strip()


def answer_type_of(text: str) -> AnswerType:
    """How the answer is compared. Raises: RowError."""
    kind = text.strip().lower() or "auto"
    if kind not in get_args(AnswerType):
        raise RowError("answer_type", f"Unknown answer type '{kind[:40]}' (known: {', '.join(get_args(AnswerType))}).")
    return cast(AnswerType, kind)


def split_of(text: str) -> Split:
    """The split under any of its usual names; `train` for none. Raises: RowError."""
    split = _SPLITS.get(text.strip().lower())
    if split is None:
        raise RowError("split", f"Unknown split '{text.strip()[:40]}' (known: train, val, test).")
    return split


def split_in(path: str) -> Split | None:
    """The split that a file's name or, next, the folders above it say: `data/dev_easy.jsonl` is `val`."""
    for part in reversed(path.lower().split("/")):
        if words := _SPLIT_WORD.findall(part):
            return _SPLITS[words[-1]]
    return None


def tolerance_of(text: str) -> float | None:
    """A number of at least 0, or None for nothing. Raises: RowError."""
    if not text.strip():
        return None
    if not re.fullmatch(r"\s*[0-9]{0,20}\.?[0-9]{0,20}(?:[eE][-+]?[0-9]{1,2})?\s*", text) or not re.search(
        "[0-9]", text
    ):
        raise RowError("tolerance", f"The tolerance '{text.strip()[:40]}' is not a number of at least 0.")
    return float(text)
