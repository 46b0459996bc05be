"""Answers that are words: `exact` compares them as written, `text` by what they say."""

from __future__ import annotations

import re
import unicodedata

from agentopt_core.grading.latex import without_wrapping
from agentopt_core.grading.verdict import Verdict, differs, equals
from agentopt_core.tasks import Task

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_PUNCTUATION = re.compile(r"""(?<![0-9])[,:;]|[,:;](?![0-9])|(?<=[^\W0-9])\.|\.(?![0-9])|[!?'"`´*_()\[\]{}«»‘’“”„¿¡]""")
_HYPHEN = re.compile(r"(?<=[^\W0-9])-|-(?![0-9])")
_SPACE = re.compile("(?<![0-9]) | (?![0-9])")


def normal(text: str) -> str:
    """The text blind to case, space, punctuation and Unicode variants.

    Signs that carry a number's value stay (-5, 3.5, 9:45, 1 2), and so do symbols (C++ is not C, 5% is not 5).
    """
    if text.isascii() and text.isprintable():  # most texts, at a fifth of the time
        text = text.lower()
    else:
        text = unicodedata.normalize("NFKC", text).casefold()
        text = "".join(
            " " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char)[0] != "C"
        )
        text = _DASHES.sub("-", text)
    text = _HYPHEN.sub("", _PUNCTUATION.sub("", text))
    return _SPACE.sub("", " ".join(text.split()))


def same_text(one: str, other: str) -> bool:
    """Whether two texts say the same; texts of punctuation alone are compared as they are."""
    left, right = normal(one), normal(other)
    return left == right if left and right else one.strip() == other.strip()


def judge_exact(task: Task, gold: str, answer: str) -> Verdict:
    """Character for character, but for space around it."""
    return equals(answer, gold) if answer.strip() == gold.strip() else differs(answer, gold, " (compared exactly)")


def judge_text(task: Task, gold: str, answer: str) -> Verdict:
    """Case, space, punctuation and Unicode variants do not matter; words and their order do."""
    same = same_text(answer, gold) or same_text(without_wrapping(answer), gold)
    return equals(answer, gold) if same else differs(answer, gold)
