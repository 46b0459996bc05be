"""The grader of the product: finds the answer, chooses how to compare it by the task, and says why."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from agentopt_core.grading.choice import judge_choice
from agentopt_core.grading.extraction import Extraction, extract
from agentopt_core.grading.gaia import judge_gaia
from agentopt_core.grading.math_text import judge_math_text
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.numeric import judge_numeric
from agentopt_core.grading.text import judge_exact, judge_text
from agentopt_core.grading.verdict import Judge, Verdict, quote
from agentopt_core.rollouts import Answer, Score
from agentopt_core.tasks import AnswerType, Task

MAX_ANSWER_CHARS = 20_000
"""Longer answers are wrong unread."""
KEPT_CHARS = 2_000
"""Characters of an extracted answer that a score keeps."""

_MATHEMATICAL = re.compile(
    r"[\\^{}]|[A-Za-z0-9]_[A-Za-z0-9]\b|[A-Za-z0-9)]\s*=|[\[(][^\[\]()]*[0-9][^\[\]()]*,[^\[\]()]*[\])]"
)
_CODE = re.compile(r"0[0-9]+")


class Method(NamedTuple):
    """A way of grading under the name that scores carry."""

    name: str
    judge: Judge


METHODS: Mapping[AnswerType, Method] = MappingProxyType(
    {
        "exact": Method("exact", judge_exact),
        "text": Method("text", judge_text),
        "numeric": Method("numeric", judge_numeric),
        "choice": Method("choice", judge_choice),
        "math": Method("math_text", judge_math_text),
        "gaia": Method("gaia", judge_gaia),
    }
)
"""How each answer type is graded. Math is graded as text: see `math_text` for what that cannot see."""


class StandardGrader:
    """Routes by the task's answer type. Never raises for what an answer holds; its time is bounded.

    `methods` replaces or adds ways of grading.
    """

    def __init__(self, methods: Mapping[AnswerType, Method] = METHODS) -> None:
        self._methods = dict(METHODS) | dict(methods)

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`."""
        return self.judge(task, answer)

    def judge(self, task: Task, answer: Answer) -> Score:
        """Judge one answer against the gold or any alias."""
        started = time.perf_counter()
        kind = kind_of(task)
        method = self._methods[kind]
        found = extract(answer, kind, task.choices)
        verdict = _verdict(task, found, method)
        return Score(
            correct=verdict.correct,
            method=method.name,
            extracted=found.text[:KEPT_CHARS],
            rule=found.rule,
            reason=verdict.reason,
            ms=(time.perf_counter() - started) * 1000,
        )


def _verdict(task: Task, found: Extraction, method: Method) -> Verdict:
    if task.answer is None:
        return Verdict(False, "The task has no gold answer, so nothing can be right.")
    if found.rule == "none":
        return Verdict(False, "No answer was given.")
    if len(found.text) > MAX_ANSWER_CHARS:
        return Verdict(
            False, f"The answer has {len(found.text):,} characters; at most {MAX_ANSWER_CHARS:,} are compared."
        )
    verdicts = [method.judge(task, gold, found.text) for gold in (task.answer, *task.aliases)]
    return next((verdict for verdict in verdicts if verdict.correct), verdicts[0])


def kind_of(task: Task) -> AnswerType:
    """The task's answer type; `auto` is decided by choices and gold.

    A gold like 007 is a code: it is compared as text, where the zeros count.
    """
    if task.answer_type != "auto":
        return task.answer_type
    gold = (task.answer or "").strip()
    if task.choices:
        return "choice"
    if parse_number(gold) is not None and not _CODE.fullmatch(gold):
        return "numeric"
    return "math" if _MATHEMATICAL.search(gold[:MAX_ANSWER_CHARS]) else "text"


def check_gold(task: Task) -> Score:
    """The gold graded as if it were the answer: a gold that is not right against itself can never be reached.

    The reason names the gold where it is the trouble.
    """
    score = StandardGrader().judge(task, Answer(text=task.answer or "", source="tool"))
    if score.correct or task.answer is None:
        return score
    return score.with_(reason=f"The gold {quote(task.answer)} is not right against itself: {score.reason}")
