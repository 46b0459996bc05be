"""The answer out of the arguments of a `final_answer` call, as models really write them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping

MAX_LITERAL_CHARS = 20_000
"""Longer text is not tried as a Python literal."""

_LONE_BACKSLASH = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_STRING_OR_NOISE = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)|,(?=\s*[}\]])', re.DOTALL)
_ESCAPED_LATEX = re.compile(r"[\x08\x0c](?=[a-zA-Z])|\t(?=ext|imes|heta|frac|an\b)|\r(?=ight|ho\b)")
_LETTER_OF = {"\x08": "\\b", "\x0c": "\\f", "\t": "\\t", "\r": "\\r"}
_NAMED = re.compile(r"answer\s*[:=]\s*(\S.*)", re.DOTALL | re.IGNORECASE)


def final_answer_of(arguments_text: str) -> str | None:
    """The answer a `final_answer` call holds, or None when it holds none (a reply worth telling the model).

    Wanted is `{"answer": "..."}`. Forgiven are fences, comments, trailing commas, Python literals, JSON in JSON, LaTeX
    with single backslashes, and a bare value instead of the object, since the call has only one parameter. Numbers
    stay as they were written; a list becomes its elements joined by ", ".
    """
    return answer_in(_decoded(arguments_text))


def answer_in(value: object) -> str | None:
    """The answer in arguments that are decoded already."""
    if isinstance(value, Mapping):
        given = {str(key).strip().casefold(): item for key, item in value.items()}
        value = given.get("answer")
    text = _ESCAPED_LATEX.sub(lambda found: _LETTER_OF[found[0]], _as_text(value))
    return text.strip() or None


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ", ".join(filter(None, (_as_text(item) for item in value)))
        case dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _decoded(text: str) -> object:
    """The arguments as a value; text that is no attempt at JSON is its own value, a broken attempt is None."""
    value: object = text
    for _ in range(3):
        if not isinstance(value, str):
            break
        found, inner = _parsed(value)
        if not found:
            return None if value.lstrip()[:1] in ("{", "[") and value is text else _bare(value)
        if isinstance(inner, str) and inner.strip() == value.strip():
            break
        value = inner
    return value


def _bare(text: str) -> str:
    named = _NAMED.fullmatch(text.strip())
    return named[1] if named else text


def _parsed(text: str) -> tuple[bool, object]:
    """Whether one of the readers understands the text, and what it reads."""
    text = _without_fence(text.strip())
    clean = _STRING_OR_NOISE.sub(lambda found: found[1] or "", text)
    escaped = _LONE_BACKSLASH.sub(r"\\\\", clean)
    tries: tuple[tuple[Callable[[str], object], str], ...] = (
        (_json, text),
        (_json, clean),
        (_json, escaped),
        (_literal, text),
    )
    for read, candidate in tries:
        try:
            return True, read(candidate)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return False, None


def _without_fence(text: str) -> str:
    if not text.startswith("```") or not text.endswith("```") or len(text) < 6:
        return text
    return text[3:-3].removeprefix("json").strip()


def _json(text: str) -> object:
    """The first JSON value of the text, numbers as written. What follows an object is ignored, else it is an error."""
    value, end = _DECODER.raw_decode(text)
    if text[end:].strip() and not isinstance(value, dict):
        raise ValueError("text after the value")
    return value


def _literal(text: str) -> object:
    if len(text) > MAX_LITERAL_CHARS:
        raise ValueError("too long")
    return ast.literal_eval(text)


_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)
