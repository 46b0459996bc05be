"""JSON as models write it: comments, trailing commas, Python literals, fences, a string that holds the object."""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from typing import NoReturn

from pydantic import JsonValue

# What is opened and never closed reaches to the end in these, so that they take one pass over any text.
_STRING = r'"(?:[^"\\]|\\.)*(?:"|\Z)'
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_QUOTED_OR_WORD = re.compile(rf"""({_STRING}|'(?:[^'\\]|\\.)*(?:'|\Z))|\b(true|false|null)\b""", re.DOTALL)
_PYTHON_WORDS = {"true": "True", "false": "False", "null": "None"}
_MAX_DEPTH = 60
"""Levels of lists and objects."""
_MAX_LAYERS = 3
"""Strings in strings that are decoded; more is no quirk any more."""


class NotJson(ValueError):
    """The text is no JSON, not even to a lenient reader; the message says where strict reading failed."""


def decode(value: object) -> JsonValue:
    """The value that a text stands for, whatever number of string layers (up to three) is around it.

    A value that is no text is returned as it is. Text after one complete object is dropped.
    Raises: NotJson.
    """
    layers = 0
    while isinstance(value, str) and layers < _MAX_LAYERS:
        value = _decode_layer(value)
        layers += 1
    return as_json(value)


def as_json(value: object) -> JsonValue:
    """The value as JSON has it: tuples and sets become lists, keys become text, half characters `?`.

    Raises: NotJson when it holds what JSON has no word for.
    """
    return _as_json(value, 0)


def well_formed(text: str) -> str:
    """The text with `?` for half characters, which no file or request can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _decode_layer(text: str) -> JsonValue:
    text = _unfenced(text.lstrip("\ufeff").strip())
    try:
        return as_json(json.loads(text, strict=False))
    except (ValueError, RecursionError) as error:
        fault = str(error)
    cleaned = _without_comments(text)
    for read, attempt in (
        (_strictly, cleaned),
        (_as_literal, text),
        (_as_literal, _QUOTED_OR_WORD.sub(_as_python_word, cleaned)),
        (_first_object, text),
        (_first_object, cleaned),
    ):
        try:
            return as_json(read(attempt))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    _fail(fault)


def _unfenced(text: str) -> str:
    for fence in ("```", "~~~"):
        if text.startswith(fence) and text.endswith(fence) and "\n" in text:
            return text[text.index("\n") : -len(fence)].strip()
    return text


def _strictly(text: str) -> object:
    return json.loads(text, strict=False)


def _as_literal(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def _first_object(text: str) -> object:
    if not text.startswith("{"):
        _fail("it does not begin with an object")
    return json.JSONDecoder(strict=False).raw_decode(text)[0]


def _as_json(value: object, depth: int) -> JsonValue:
    if depth > _MAX_DEPTH:
        _fail("it is nested too deeply")
    match value:
        case float() if not math.isfinite(value):
            _fail(f"{value} is no JSON number")
        case None | bool() | int() | float():
            return value
        case str():
            return well_formed(value)
        case dict():
            return {well_formed(str(key)): _as_json(entry, depth + 1) for key, entry in value.items()}
        case list() | tuple():
            return [_as_json(entry, depth + 1) for entry in value]
        case set() | frozenset():
            return [_as_json(entry, depth + 1) for entry in sorted(value, key=repr)]
        case _:
            _fail(f"{type(value).__name__} has no place in JSON")


def _fail(reason: str) -> NoReturn:
    raise NotJson(reason)


def _without_comments(text: str) -> str:
    text = _STRING_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    return _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)


def _as_python_word(found: re.Match[str]) -> str:
    return found[1] or _PYTHON_WORDS[found[2]]
