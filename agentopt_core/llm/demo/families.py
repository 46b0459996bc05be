"""All families the demo model knows, and which one a question belongs to."""

from __future__ import annotations

import re

from agentopt_core.llm.demo import files_and_everyday, number_and_algebra, tables_and_business
from agentopt_core.llm.demo.family import Family, Slots
from agentopt_core.llm.demo.head import Head

FAMILIES = (*number_and_algebra.FAMILIES, *tables_and_business.FAMILIES, *files_and_everyday.FAMILIES)

MAX_CHARS = 8_000
"""A longer message is no question the demo model knows; its patterns would take too long on it."""
_LONG_NUMBER = re.compile(r"\d{40}")


def recognise(text: str) -> tuple[Family, Slots] | None:
    """The family of the question in a text, with what was read from it."""
    if len(text) > MAX_CHARS or _LONG_NUMBER.search(text):
        return None
    for family in FAMILIES:
        try:
            slots = family.read(text)
        except (ValueError, OverflowError):  # numbers beyond all bounds
            continue
        if slots is not None:
            return family, slots
    return None


def by_head(seed: int, question: str, family: Family, slots: Slots) -> str:
    """The weak calculation, which also gives up on numbers beyond all bounds."""
    try:
        return family.by_head(slots, Head(seed, question))
    except (ValueError, OverflowError):
        return "unknown"
