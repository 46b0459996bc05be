"""JSON as models write it: fences, comments, trailing commas, Python literals, a string that holds the object."""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from collections.abc import Callable
from typing import NoReturn

from pydantic import JsonValue

MAX_CHARACTERS = 2_000_000
"""Characters of text that are read at all."""
MAX_DEPTH = 60
"""Levels of lists and objects."""
MAX_LAYERS = 4
"""Strings in strings that are decoded; more is no quirk any more."""
MAX_LITERAL = 100_000
"""Characters of a Python literal that are read where JSON was meant."""

# Possessive, and what is opened and never closed reaches to the end: one pass over any text.
_STRING = r'"(?:[^"\\]++|\\.?)*+"?'
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*(?:[}}\]]|\Z))", re.DOTALL)
_ESCAPE_OR_BACKSLASH = re.compile(r'(\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})|\\')
_LANGUAGE = re.compile(r"[ \t]*+(?:[\w+.-]++[ \t]*+)?\r?\n|json\s*+(?=[{\[\"'])", re.IGNORECASE)
_FENCES = ("```", "~~~")
_WORDS = {"true": True, "false": False, "null": None}
_TOO_LONG = 10**4300
"""Python writes no integer of more digits."""

_DECODER = json.JSONDecoder(strict=False)
_DECODER_AS_WRITTEN = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)


class NotJson(ValueError):
    """The text is no JSON, not even to a lenient reader; the message says where strict reading failed."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason)
        self.text = text
        """What could not be read, without a fence around it: the innermost text where strings hold strings."""


def read_json(
    value: object,
    *,
    as_written: bool = False,
    lone_backslashes: bool = False,
    text_after: bool = True,
) -> JsonValue:
    """The value that a text stands for, whatever number of fences and string layers (up to four) is around it.

    `as_written` gives numbers, NaN and infinities too, as their text (7.0 stays "7.0"), and Python sets as text in
    the braces that tell them from lists. With `lone_backslashes` a backslash that begins no JSON escape stands for
    itself, as in LaTeX. With `text_after`, text after one complete object is dropped; else it is an error. A value
    that is no text is only brought into JSON's types.
    Raises: NotJson.
    """
    for _ in range(MAX_LAYERS):
        if not isinstance(value, str):
            break
        value = _read_layer(unfenced(well_formed(value)), as_written, lone_backslashes, text_after)
    return _as_json(value)


def unfenced(text: str) -> str:
    """The text without blanks, a byte order mark and a code fence around it."""
    text = text.strip().lstrip("\ufeff").lstrip()
    if len(text) < 6 or text[:3] not in _FENCES or not text.endswith(text[:3]):
        return text
    inner = text[3:-3]
    language = _LANGUAGE.match(inner)
    return inner[language.end() if language else 0 :].strip()


def well_formed(text: str) -> str:
    """The text with `?` for half characters (lone surrogates), which no file or request can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read_layer(text: str, as_written: bool, lone_backslashes: bool, text_after: bool) -> JsonValue:
    if len(text) > MAX_CHARACTERS:
        raise NotJson(f"it is longer than {MAX_CHARACTERS} characters", text)
    decoder = _DECODER_AS_WRITTEN if as_written else _DECODER
    try:
        return _as_json(decoder.decode(text))
    except (ValueError, RecursionError) as error:
        reason = _reason(error)

    def first_object(text: str) -> object:
        if not text.startswith("{"):
            _fail("it does not begin with an object")
        return decoder.raw_decode(text)[0]

    def literal(text: str) -> object:
        return _literal(text, as_written)

    clean = _without_comments(text)
    # Backslashes come before Python, which knows more escapes than JSON: \alpha would begin with a bell.
    escaped = [_ESCAPE_OR_BACKSLASH.sub(_doubled, clean)] if lone_backslashes else []
    tries: list[tuple[Callable[[str], object], list[str]]] = [
        (decoder.decode, [clean, *escaped]),
        (literal, [text, clean]),
        (first_object, [text, clean, *escaped] if text_after else []),
    ]
    for read, attempt in ((read, attempt) for read, attempts in tries for attempt in attempts):
        try:
            return _as_json(read(attempt))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    raise NotJson(reason, text)


def _reason(error: ValueError | RecursionError) -> str:
    match error:
        case NotJson():
            return str(error)
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return "it holds a number that is too long"


def _without_comments(text: str) -> str:
    text = _STRING_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    return _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)


def _doubled(found: re.Match[str]) -> str:
    return found[1] or r"\\"


def _literal(text: str, as_written: bool) -> object:
    """The value of a Python literal; JSON's words count too. A set is a list, since an argument may repeat values."""
    if len(text) > MAX_LITERAL:
        _fail("it is too long for a Python literal")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = ast.parse(text, mode="eval").body

    def value_of(node: ast.expr, depth: int = 0) -> object:
        if depth > MAX_DEPTH:
            _fail("it is nested too deeply")
        match node:
            case ast.Constant(None | bool() | str() as value):
                return value
            case ast.Constant(int() | float() as value):
                return str(value) if as_written else value
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return str(-value) if as_written else -value
            case ast.UnaryOp(ast.UAdd(), ast.Constant(int() | float()) as operand):
                return value_of(operand, depth + 1)
            case ast.Name(name) if name in _WORDS:
                return _WORDS[name]
            case ast.Set(entries) if as_written:
                return f"{{{', '.join(str(value_of(entry, depth + 1)) for entry in entries)}}}"
            case ast.List(entries) | ast.Set(entries):
                return [value_of(entry, depth + 1) for entry in entries]
            case ast.Tuple(entries) if _has_parentheses(node):
                return [value_of(entry, depth + 1) for entry in entries]
            case ast.Dict(keys, entries):
                return {
                    str(value_of(key, depth + 1)) if key else _fail("it holds **"): value_of(entry, depth + 1)
                    for key, entry in zip(keys, entries, strict=True)
                }
            case _:
                _fail("it is no literal")

    return value_of(root)


def _has_parentheses(node: ast.Tuple) -> bool:
    """1,234 is a number with a comma rather than a tuple."""
    return not node.elts or (node.lineno, node.col_offset) != (node.elts[0].lineno, node.elts[0].col_offset)


def _as_json(value: object, depth: int = 0) -> JsonValue:
    """The value as JSON has it: tuples become lists, keys become text, half characters `?`. Raises: NotJson."""
    if depth > MAX_DEPTH:
        _fail("it is nested too deeply")
    match value:
        case float() if not math.isfinite(value):
            _fail(f"{json.dumps(value)} is no JSON number")
        case int() if abs(value) >= _TOO_LONG:
            _fail("it holds a number that is too long")
        case None | bool() | int() | float():
            return value
        case str():
            return well_formed(value)
        case dict():
            return {well_formed(str(key)): _as_json(entry, depth + 1) for key, entry in value.items()}
        case list() | tuple():
            return [_as_json(entry, depth + 1) for entry in value]
        case _:
            _fail(f"{type(value).__name__} has no place in JSON")


def _fail(reason: str) -> NoReturn:
    raise NotJson(reason)
