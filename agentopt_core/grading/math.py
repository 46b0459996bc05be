"""Mathematical answers: what rules decide is decided here at once, the rest by algebra in a process of its own."""

from __future__ import annotations

from agentopt_core.grading.guard import MAX_CHARS, why_too_complex
from agentopt_core.grading.math_form import form_of, same_form
from agentopt_core.grading.math_library import Comparison
from agentopt_core.grading.math_rules import decide
from agentopt_core.grading.math_spelling import prepared, unmarked
from agentopt_core.grading.verdict import Verdict, differs, equals
from agentopt_core.tasks import Task

ALONE = " (compared without algebra)"


class _Undecided(Exception):
    """Only algebra can tell."""


def judge_math(task: Task, gold: str, answer: str) -> Verdict:
    """The verdict as far as rules reach; what only algebra could tell counts as different, and the reason says so."""
    return settled(gold, answer) or differs(answer, gold, ALONE)


def settled(gold: str, answer: str) -> Verdict | None:
    """The verdict where no algebra is needed; None where it is. Takes well under a millisecond, whatever the text."""
    if gold.strip() == answer.strip():
        return equals(answer, gold)
    if reason := why_too_complex(unmarked(answer[: MAX_CHARS + 1])) or why_too_complex(gold[: MAX_CHARS + 1]):
        return differs(answer, gold, f"; {reason}: too complex to evaluate, so compared as text")
    try:
        same = same_form(form_of(prepared(gold)), form_of(prepared(answer)), _by_rules)
    except _Undecided:
        return None
    return equals(answer, gold) if same else differs(answer, gold)


def by_algebra(gold: str, answer: str, found: Comparison) -> Verdict:
    """The verdict for what algebra found, or for what stopped it; `gold` is the one a wrong answer is said to miss."""
    if found.gold is not None:
        return equals(answer, found.gold)
    return differs(answer, gold, f" as text; it is {found.stopped}" if found.stopped else " (by algebra)")


def _by_rules(gold: str, answer: str) -> bool:
    decided = decide(gold, answer)
    if decided is None:
        raise _Undecided
    return decided
