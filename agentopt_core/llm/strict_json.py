"""JSON from strangers: what is legal and of a depth that other code can walk through, nothing else."""

from __future__ import annotations

import json

from pydantic import JsonValue

from agentopt_core.words import JsonObject

MAX_DEPTH = 64
"""Levels of arrays and objects; a chat completion has some ten."""


def parse(text: str) -> JsonValue:
    """The value of a JSON text.

    Raises: ValueError for text that is no JSON, NaN and Infinity included, is nested too deeply or has absurd numbers.
    """
    try:
        value: JsonValue = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def parse_object(text: str) -> JsonObject | None:
    """The JSON object a text is, or None."""
    try:
        value = parse(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    if isinstance(value, list):
        return [inner for inner in value if isinstance(inner, dict | list)]
    return []


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
