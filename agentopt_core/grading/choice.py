"""Answers that pick one of the task's choices, by its text or its letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agentopt_core.grading.latex import without_wrapping
from agentopt_core.grading.text import judge_text, normal
from agentopt_core.grading.verdict import Verdict, differs, equals, quote
from agentopt_core.tasks import Task

_LABELLED = re.compile(r"\s*\(?([A-Za-z])\s*[).:]\s*(\S.*)", re.DOTALL)
_LETTER = re.compile(r"(?:(?:option|choice)\s+)?[(\[]?([A-Za-z])[)\]]?[.:]?", re.IGNORECASE)
_LETTER_THEN_TEXT = re.compile(
    r"(?:(?:option|choice)\s+)?[(\[]?([A-Za-z])\s*(?:[)\]][.:]?|[.:]|\s-)\s*(\S.*)", re.DOTALL | re.I
)
_TEXT_THEN_LETTER = re.compile(r"(\S.*?)\s*\(([A-Za-z])\)", re.DOTALL)


def judge_choice(task: Task, gold: str, answer: str) -> Verdict:
    """The answer must name one choice: its text, its letter, or both in agreement. There is no nearest guess."""
    if not task.choices:
        return judge_text(task, gold, answer)
    wanted, picked = chosen(task.choices, gold), chosen(task.choices, answer)
    if wanted is None:
        return Verdict(False, f"The gold {quote(gold)} is none of the choices.")
    if picked is None:
        return Verdict(False, f"{quote(answer)} names none of the choices.")
    if picked == wanted:
        return equals(answer, gold)
    return differs(answer, gold)


def chosen(choices: Sequence[str], answer: str) -> str | None:
    """The (normalised) text of the choice an answer names, or None when it names none or contradicts itself."""
    by_text, by_letter = _names(tuple(choices))
    answer = " ".join(without_wrapping(answer).split())
    if (picked := by_text.get(normal(answer))) is not None:
        return picked
    if letter := _LETTER.fullmatch(answer):
        return by_letter.get(letter[1].upper())
    for pattern, letter_at, text_at in ((_LETTER_THEN_TEXT, 1, 2), (_TEXT_THEN_LETTER, 2, 1)):
        if both := pattern.fullmatch(answer):
            picked = by_letter.get(both[letter_at].upper())
            return picked if picked is not None and normal(both[text_at]) == picked else None
    return None


@lru_cache(maxsize=256)  # asked for gold and answer of a task, and of each of its rollouts
def _names(choices: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """The (normalised) text of each choice by all it is called, and by its letter."""
    letters, texts = _labels(choices)
    normals = [normal(text) for text in texts]
    names = dict(zip(normals, normals, strict=True))
    if texts != list(choices):
        names |= {normal(choice): text for choice, text in zip(choices, normals, strict=True)}
    return names, dict(zip(letters, normals, strict=True))


def _labels(choices: Sequence[str]) -> tuple[list[str], list[str]]:
    """Letters and bare texts: the letters are A, B, C, ... whether the choices are written with them or not."""
    letters = [chr(ord("A") + number) if number < 26 else "" for number in range(len(choices))]
    labelled = [_LABELLED.fullmatch(choice) for choice in choices]
    if [found and found[1].upper() for found in labelled] == letters:
        return letters, [found[2] for found in labelled if found]
    return letters, list(choices)
