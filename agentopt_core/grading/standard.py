"""The grader of the product: finds the answer, chooses how to compare it by the task, and says why."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from agentopt_core.grading.choice import judge_choice
from agentopt_core.grading.extraction import Extraction, extract
from agentopt_core.grading.gaia import judge_gaia
from agentopt_core.grading.math import by_algebra, judge_math, settled
from agentopt_core.grading.math_library import Comparison
from agentopt_core.grading.math_pool import MathPool
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.numeric import judge_numeric
from agentopt_core.grading.pattern import judge_pattern, why_no_pattern
from agentopt_core.grading.tabmwp import judge_tabmwp
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
    r"|(?<![A-Za-z0-9])[0-9]*[a-z]\s*[-+*]\s*(?:[0-9]+|[0-9]*[a-z])(?![A-Za-z])"  # x + 1
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
        "math": Method("math", judge_math),
        "gaia": Method("gaia", judge_gaia),
        "tabmwp": Method("tabmwp", judge_tabmwp),
        "regex": Method("regex", judge_pattern),
    }
)
"""How each answer type is graded. `math` is completed by algebra where a pool for it is at hand."""


class StandardGrader:
    """Routes by the task's answer type. Never raises for what an answer holds; its time is bounded.

    `kind` grades all tasks in one way, whatever they say. `math` is where algebra is done; without it, what only
    algebra could tell counts as different. `methods` replaces ways of grading.
    """

    def __init__(
        self,
        kind: AnswerType | None = None,
        math: MathPool | None = None,
        methods: Mapping[AnswerType, Method] = METHODS,
    ) -> None:
        self._kind = None if kind == "auto" else kind
        self._math = math
        self._methods = dict(METHODS) | dict(methods)

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`."""
        case = self._case(task, answer)
        if self._math and case.open:
            case = case.after(await self._math.compare_async(case.open, case.found.text))
        return case.score()

    def judge(self, task: Task, answer: Answer) -> Score:
        """Judge one answer against the gold or any alias, in this thread. Raises: InfrastructureFault."""
        case = self._case(task, answer)
        if self._math and case.open:
            case = case.after(self._math.compare(case.open, case.found.text))
        return case.score()

    def _case(self, task: Task, answer: Answer) -> _Case:
        started = time.perf_counter()
        kind = self._kind or kind_of(task)
        method = self._methods[kind]
        found = extract(answer, kind, task.choices)
        verdict, pending = _unread(task, found) or _compared(task, method.judge, found.text)
        return _Case(method.name, found, (time.perf_counter() - started) * 1000, verdict, pending)


def _compared(task: Task, judge: Judge, answer: str) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict by rules, and the golds that are left for algebra. One gold or alias that fits is enough."""
    golds = (task.answer or "", *task.aliases)
    if judge is not judge_math:
        verdicts = [judge(task, golds[0], answer)]
        for gold in golds[1:]:
            if verdicts[-1].correct:
                break
            verdicts.append(judge(task, gold, answer))
        return (verdicts[-1] if verdicts[-1].correct else verdicts[0]), ()
    decided = [(gold, settled(gold, answer)) for gold in golds]
    right = next((verdict for _, verdict in decided if verdict and verdict.correct), None)
    if right:
        return right, ()
    return decided[0][1] or judge_math(task, golds[0], answer), tuple(
        gold for gold, verdict in decided if verdict is None
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One answer being judged."""

    method: str
    found: Extraction
    ms: float
    verdict: Verdict
    open: tuple[str, ...] = ()
    """Golds that only algebra can compare with the answer."""

    def after(self, found: Comparison) -> _Case:
        """The case after algebra spoke on the open golds."""
        verdict = by_algebra(self.open[0], self.found.text, found)
        return replace(self, verdict=verdict, open=(), ms=self.ms + found.seconds * 1000)

    def score(self) -> Score:
        """The verdict with all that is needed to check it by eye."""
        return Score(
            correct=self.verdict.correct,
            method=self.method,
            extracted=self.found.text[:KEPT_CHARS],
            rule=self.found.rule,
            reason=self.verdict.reason,
            ms=self.ms,
        )


def _unread(task: Task, found: Extraction) -> tuple[Verdict, tuple[str, ...]] | None:
    """The verdict on what is not compared at all."""
    reason = ""
    if task.answer is None:
        reason = "The task has no gold answer, so nothing can be right."
    elif found.rule == "none":
        reason = "No answer was given."
    elif len(found.text) > MAX_ANSWER_CHARS:
        reason = f"The answer has {len(found.text):,} characters; at most {MAX_ANSWER_CHARS:,} are compared."
    return (Verdict(False, reason), ()) if reason else None


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
    if kind_of(task) == "regex" and task.answer is not None:  # a pattern need not match itself
        fault = why_no_pattern(task.answer)
        return score.with_(
            correct=not fault, reason=f"The gold is no pattern: {fault}." if fault else "A sound pattern."
        )
    if score.correct or task.answer is None:
        return score
    return score.with_(reason=f"The gold {quote(task.answer)} is not right against itself: {score.reason}")
