"""What every grader module answers with, and how answers are quoted in its sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from agentopt_core.tasks import Task

QUOTED_CHARS = 60
"""Characters of an answer that a reason quotes."""


class Verdict(NamedTuple):
    """Right or wrong, and why in one sentence."""

    correct: bool
    reason: str


Judge = Callable[[Task, str, str], Verdict]
"""`judge(task, gold, answer)`: one answer against one gold (the task's own or an alias). Pure; any text is allowed."""


def quote(text: str) -> str:
    """The text as it can stand in a sentence: one line, printable, cut to `QUOTED_CHARS`."""
    line = re.sub(r"\s+", " ", text[: 4 * QUOTED_CHARS]).strip()
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return line if len(line) <= QUOTED_CHARS else line[: QUOTED_CHARS - 1] + "…"


def equals(answer: str, gold: str) -> Verdict:
    """The verdict of graders for which equal is right."""
    return Verdict(True, f"{quote(answer)} equals the gold {quote(gold)}.")


def differs(answer: str, gold: str, how: str = "") -> Verdict:
    """The verdict of graders for which unequal is wrong; `how` says what was compared."""
    return Verdict(False, f"{quote(answer)} differs from the gold {quote(gold)}{how}.")
