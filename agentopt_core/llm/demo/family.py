"""What the demo model knows of a kind of task: how to read it, how to (mis)calculate it, and which tool would do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from agentopt_core.llm.demo.head import Head
from agentopt_core.words import JsonObject

Slots = Mapping[str, JsonValue]
"""The numbers and names read from a question."""


@dataclass(frozen=True)
class Draft:
    """One version of a function the optimizer can write, and what it says when it proposes it."""

    name: str
    description: str
    parameters: JsonObject
    code: str
    why: str
    """The sentence that goes with the proposal."""


@dataclass(frozen=True)
class Family:
    """A kind of task, recognised by its wording."""

    name: str
    topics: tuple[str, ...]
    """Word stems by which a tool's name and description show that it fits."""
    aliases: Mapping[str, tuple[str, ...]]
    """Slot -> words that the name of a tool's parameter for it may hold."""
    answer: str
    """Pattern a sensible answer matches in full."""
    read: Callable[[str], Slots | None]
    """The slots of a message that asks such a question, else None."""
    by_head: Callable[[Slots, Head], str]
    """The deliberately weak calculation."""
    by_python: Callable[[Slots], str]
    """A block of Python as a hasty programmer writes it: right for small numbers."""
    drafts: tuple[Draft, ...]
    """Versions of its function, the last one right; where there are two, the first has a bug."""
    overreach: Draft | None = None
    """A function that promises to cover this family and more, and does harm."""

    @cached_property
    def function(self) -> str:
        """Name of its function."""
        return self.drafts[0].name

    def sensible(self, text: str) -> bool:
        """The text could be an answer to such a question."""
        return re.fullmatch(self.answer, text.strip()) is not None


def parameters(required: Mapping[str, JsonObject], optional: Mapping[str, JsonObject] | None = None) -> JsonObject:
    """A JSON schema of an object with these properties."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def integer(description: str, example: int) -> JsonObject:
    """Schema of a whole number."""
    return {"type": "integer", "description": description, "examples": [example]}


def number(description: str, example: float) -> JsonObject:
    """Schema of a number."""
    return {"type": "number", "description": description, "examples": [example]}


def string(description: str, example: str) -> JsonObject:
    """Schema of a text."""
    return {"type": "string", "description": description, "examples": [example]}


def table_lines(text: str) -> list[list[str]]:
    """The cells of all lines with columns parted by `|`, header first."""
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line]


def table_text(text: str) -> str:
    """The lines of the table as they stand in the text."""
    return "\n".join(line for line in text.splitlines() if "|" in line)


def whole(text: str) -> int:
    """12,400 -> 12400."""
    return int(text.replace(",", ""))


def first_group(pattern: str, text: str) -> str | None:
    """The first group of the first match that took part, or None."""
    match = re.search(pattern, text)
    return next((group for group in match.groups() if group is not None), None) if match else None
