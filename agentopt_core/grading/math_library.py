"""Algebra by math-verify, for use inside a process that can be killed: some answers never end.

Only its LaTeX reader is used. Its reader of plain expressions hands text to Python's `eval` and is never asked.
"""

from __future__ import annotations

import logging
import resource
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from agentopt_core.grading.math_form import form_of, prepared, same_form
from agentopt_core.grading.math_rules import decide, for_algebra

if TYPE_CHECKING:
    from collections.abc import Sequence


class Comparison(NamedTuple):
    """What algebra found out about two answers."""

    same: bool
    seconds: float
    """Wall clock of the comparison alone, without waiting for a process."""
    stopped: str = ""
    """Why there is no finding, in a few words that follow "it is"; `same` is False then."""


def start(memory_mb: int) -> None:
    """Prepare a worker process: its limits, and what is slow to import."""
    logging.disable(logging.WARNING)  # the library warns that its own time limits are off: ours kill
    if memory_mb:
        limit = memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _verify("1", "1")


def compare(gold: str, answer: str) -> Comparison:
    """Whether two answers are equal: rules first, then algebra. May take for ever, or end its process.

    What the library raises is a finding too: it cannot read everything that models write.
    """
    started = time.perf_counter()
    same, stopped = False, ""
    try:
        same = same_form(form_of(prepared(gold)), form_of(prepared(answer)), _same)
    except MemoryError:
        stopped = "too complex to evaluate in the memory there is"
    except (RecursionError, OverflowError):
        stopped = "too deep to evaluate"
    except Exception as error:
        stopped = f"no expression that can be evaluated ({type(error).__name__})"
    return Comparison(same, time.perf_counter() - started, stopped)


def _same(gold: str, answer: str) -> bool:
    decided = decide(gold, answer)
    return _verify(for_algebra(gold), for_algebra(answer)) if decided is None else decided


def _verify(gold: str, answer: str) -> bool:
    from math_verify import verify

    ours, theirs = _parsed(gold), _parsed(answer)
    if not ours or not theirs:
        return False
    return bool(
        verify(ours, theirs, timeout_seconds=None, allow_set_relation_comp=True, strict=True, raise_on_error=False)
    )


def _parsed(latex: str) -> Sequence[Any]:
    """The expressions the library reads in it, decimals as exact fractions: 0.333333 is not 1/3."""
    from math_verify import LatexExtractionConfig, parse

    found = parse(rf"\boxed{{{latex}}}", [LatexExtractionConfig()], parsing_timeout=None, fallback_mode="no_fallback")
    return [_exact(one) for one in found if not isinstance(one, str)]


def _exact(expression: Any) -> Any:
    from sympy import Float, Rational

    try:
        floats = expression.atoms(Float)
        return expression.xreplace({one: Rational(str(one)) for one in floats}) if floats else expression
    except (AttributeError, TypeError, ValueError):
        return expression
