"""TabMWP's kinds of answers (Lu et al., arXiv 2209.14610): an option, a number, or a few words.

Free numbers are compared at three decimals, as the set's own evaluation compares them, so that 0.333 is 1/3. Where that
falls back to the most similar option, this grader says wrong: a hedge or a near miss names none of the options.
"""

from __future__ import annotations

from agentopt_core.grading.choice import judge_choice
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.numeric import judge_numeric, unit_fits
from agentopt_core.grading.text import judge_text
from agentopt_core.grading.verdict import Verdict, differs, equals
from agentopt_core.tasks import Task

PLACES = 3
"""Decimals at which numbers are compared."""


def judge_tabmwp(task: Task, gold: str, answer: str) -> Verdict:
    """Options by text or letter; numbers with $, %, unit and thousands commas or without; other words as text."""
    if task.choices:
        return judge_choice(task, gold, answer)
    wanted = parse_number(gold)
    if wanted is None:
        return judge_text(task, gold, answer)
    verdict = judge_numeric(task, gold, answer)
    got = parse_number(answer)
    if got is None or (got.unit and not unit_fits(got.unit, task.unit or wanted.unit)):
        return verdict
    same = round(got.value, PLACES) == round(wanted.value, PLACES)
    if same == verdict.correct:
        return verdict
    return equals(answer, gold) if same else differs(answer, gold, f" (compared at {PLACES} decimals)")
