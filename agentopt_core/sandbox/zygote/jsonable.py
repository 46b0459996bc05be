"""Results as JSON. What has an obvious JSON form takes it; anything else is refused with what to return instead."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import numbers
import pathlib
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

MAX_DEPTH = 100
"""Lists and objects inside each other, at most."""
# Bound here, so that code which breaks the json module still gets its error told.
write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_ADVICE = "Return numbers, text, booleans, None, lists or dictionaries of these."


class BadResult(Exception):
    """The value has no JSON form; the message says where and what to return."""

    line: int | None = None


def to_json(value: object, limit: int) -> str:
    """The value as JSON text.

    Sets become sorted lists, tuples lists, data classes and named tuples objects, numpy, pandas, decimal and sympy
    numbers numbers where they are exact, fractions and formulas text, dates ISO text.
    Raises: BadResult when something has no JSON form or the text is longer than `limit` bytes.
    """
    try:
        plain = _Converter(limit).plain(value, "the result", 0)
        text = write_json(plain)
    except ValueError as error:  # an integer of more digits than Python turns into text
        raise BadResult(f"The result cannot be written as JSON: {str(error)[:200]}. Return it shorter.") from None
    if len(text) > limit or len(text.encode("utf-8", "replace")) > limit:
        raise _too_large(limit)
    return text


class _Converter:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit  # every item takes at least a byte of JSON, so a lazy giant ends early
        self._open: set[int] = set()

    def plain(self, value: Any, where: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _too_large(self._limit)
        if value is None or value is True or value is False:
            return value
        if isinstance(value, enum.Enum):
            return self.plain(value.value, where, depth + 1)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return _finite(float.__float__(value), where)
        return self._inside(value, where, depth)

    def _text(self, value: str) -> str:
        self._left -= str.__len__(value)
        if self._left < 0:
            raise _too_large(self._limit)
        return "".join((value,))  # a plain str also of a subclass, without calling any of its methods

    def _inside(self, value: Any, where: str, depth: int) -> Any:
        if depth >= MAX_DEPTH:
            raise BadResult(f"The result is nested deeper than {MAX_DEPTH} levels. Return something flatter.")
        if id(value) in self._open:
            raise BadResult(
                f"The result contains itself, at {where}, so it has no JSON form. Return a copy of its parts."
            )
        self._open.add(id(value))
        try:
            return self._compound(value, where, depth + 1)
        finally:
            self._open.discard(id(value))

    def _compound(self, value: Any, where: str, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self._object(value.items(), where, depth)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return self._object(zip(value._fields, value, strict=False), where, depth)
        if isinstance(value, list | tuple | deque | range):
            return self._list(value, where, depth)
        if isinstance(value, set | frozenset):
            return self._list(_ordered(value), where, depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
            return self._object(pairs, where, depth)
        for known in (_number, _dated, _library):
            converted = known(value)
            if converted is not value:
                return self.plain(converted, where, depth)
        if isinstance(value, type({}.keys()) | type({}.values()) | type({}.items())):
            return self._list(value, where, depth)
        raise BadResult(f"{where[0].upper()}{where[1:]} is {_kind(value)}, which has no JSON form. {_instead(value)}")

    def _list(self, values: Iterable[Any], where: str, depth: int) -> list[Any]:
        return [self.plain(value, f"{where}[{index}]"[:200], depth) for index, value in enumerate(values)]

    def _object(self, pairs: Iterable[tuple[Any, Any]], where: str, depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, value in pairs:
            name = self._key(key, where)
            if name in plain:
                raise BadResult(f"Two keys of {where} are both {name[:60]!r} in JSON. Return different text keys.")
            plain[name] = self.plain(value, f"{where}[{name[:40]!r}]"[:200], depth)
        return plain

    def _key(self, key: Any, where: str) -> str:
        converted = key if isinstance(key, str) else _library(_dated(_number(key)))
        if converted is None or isinstance(converted, bool | int | float):
            converted = write_json(self.plain(converted, f"a key of {where}", 0))
        if not isinstance(converted, str):
            raise BadResult(f"A key of {where} is {_kind(key)}. Return text keys, for example str(key).")
        return self._text(converted)


def _number(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        if value.is_finite() and value == value.to_integral_value() and abs(value.adjusted()) < 300:
            return int(value)
        return float(value) if not value.is_finite() or value == decimal.Decimal(repr(float(value))) else str(value)
    if isinstance(value, fractions.Fraction):
        return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    if isinstance(value, complex):
        return str(complex(value))
    return value


def _dated(value: Any) -> Any:
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta | pathlib.PurePath | uuid.UUID):
        return str(value)
    return value


def _library(value: Any) -> Any:
    """Values of numpy, pandas, sympy and mpmath, known by where their classes come from; nothing is imported."""
    roots = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    if "numpy" in roots:
        if hasattr(value, "tolist"):
            plain = value.tolist()
            return float(value) if type(plain) is type(value) else plain
    elif "pandas" in roots:
        if hasattr(value, "to_dict") and hasattr(value, "columns"):
            return value.to_dict("records")
        if hasattr(value, "tolist"):
            return value.tolist()
    elif "sympy" in roots:
        return _formula(value)
    elif "mpmath" in roots:
        return float(value) if isinstance(value, numbers.Real) or hasattr(value, "__float__") else str(value)
    return value


def _formula(value: Any) -> Any:
    if getattr(value, "is_Boolean", False) and str(value) in ("True", "False"):
        return str(value) == "True"
    if getattr(value, "is_Integer", False):
        return int(value)
    if getattr(value, "is_Float", False):
        return float(value)
    if getattr(value, "is_Matrix", False) and hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def _ordered(values: Iterable[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: (type(value).__name__, repr(value)))


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise BadResult(f"{where[0].upper()}{where[1:]} is {value}, and JSON has no such number. Return None or text.")
    return value


def _kind(value: object) -> str:
    name = type(value).__name__[:60]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _instead(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return "Return it decoded to text."
    if hasattr(value, "__next__"):
        return "Return list(...) of it."
    if callable(value):
        return "Call it and return what it gives."
    return _ADVICE


def _too_large(limit: int) -> BadResult:
    return BadResult(f"The result is larger than {limit // 1024} KiB of JSON. Return less, for example a summary.")
