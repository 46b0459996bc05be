r"""LaTeX answers, compared as text after a clean-up, and as exact numbers where both are numbers.

It does no algebra: x+1 and 1+x differ, and so do 2\sqrt{3} and \sqrt{12}. It passes nothing wrong for that.
"""

from __future__ import annotations

import re

from agentopt_core.grading.latex import without_left_side, without_wrapping
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.numeric import may_be_unit
from agentopt_core.grading.verdict import Verdict, differs, equals
from agentopt_core.tasks import Task

MAX_CHARS = 600
"""Longer answers are compared character for character."""

_NAMES = {
    "\u2212": "-",
    "π": r"\pi",
    "×": r"\times",
    "·": r"\cdot",
    "∞": r"\infty",
    "°": "",
    r"^\circ": "",
    r"^{\circ}": "",
}
_LEFT_SIDE = re.compile(r"[a-zA-Z](?:=|\\in(?![a-zA-Z]))")
_SINGLE = re.compile(r"([_^])\{([0-9a-zA-Z])\}")
_SHORT_ROOT = re.compile(r"\\sqrt([0-9a-zA-Z])")
_SLASH = re.compile(r"(?<![0-9a-zA-Z}])([0-9]+|\\pi|[a-z])/([0-9]+)(?![0-9a-zA-Z./])")
_WORDED_UNIT = re.compile(
    r"(?<=[0-9}])(?:\\[ ,;])?\s*\\(?:text|textrm|mathrm|mbox)\s*\{\s*([a-zA-Z][a-zA-Z./ ]*)\}"
    r"(?:\s*\^\s*\{?[23]\}?)?\s*\$?\s*\Z"
)
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def judge_math_text(task: Task, gold: str, answer: str) -> Verdict:
    r"""Same LaTeX but for its writing, or the same exact number (0.5 is 1/2; 0.333 is not 1/3).

    A unit in words, `12\text{ cm}`, may be given where the gold has none.
    """
    if max(len(gold), len(answer)) > MAX_CHARS:
        same = gold.strip() == answer.strip()
        return equals(answer, gold) if same else differs(answer, gold, "; too complex to evaluate, so compared as text")
    if any(_same(written, gold) for written in (answer, _without_unit(answer))):
        return equals(answer, gold)
    return differs(answer, gold, " (compared as text, without algebra)")


def clean(text: str) -> str:
    """The LaTeX in one way of writing it."""
    text = without_wrapping(text)
    for name, latex in _NAMES.items():
        text = text.replace(name, latex)
    text = re.sub(r"\s+", "", text).rstrip(".")
    if found := _LEFT_SIDE.match(text):
        text = text[found.end() :] if "=" not in text[found.end() :] and "," not in _outside(text) else text
    text = _SHORT_ROOT.sub(r"\\sqrt{\1}", _SINGLE.sub(r"\1\2", text))
    text = _SLASH.sub(r"\\frac{\1}{\2}", text)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return text.casefold() if text.isalpha() else text


def _same(answer: str, gold: str) -> bool:
    if clean(answer) == clean(gold):
        return True
    got, wanted = (parse_number(without_left_side(text)) for text in (answer, gold))
    if got is None or wanted is None or "%" in answer + gold:
        return False
    return (got.value, got.unit) == (wanted.value, wanted.unit)


def _without_unit(text: str) -> str:
    r"""The text without a unit at its end; `12\text{ million}` has none."""
    found = _WORDED_UNIT.search(text)
    one = parse_number(f"1 {found[1]}") if found else None
    if not found or one is None or one.value != 1 or not may_be_unit(found[1]):
        return text
    return text[: found.start()]


def _outside(text: str) -> str:
    """The text without what stands in brackets: a comma there belongs to a tuple or interval."""
    return re.sub(r"[\[(][^\[\]()]*[\])]", "", text)
