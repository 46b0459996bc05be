"""Algebra by math-verify, for use inside a process that can be killed: some answers never end.

Only its LaTeX reader is used. Its reader of plain expressions hands text to Python's `eval` and is never asked.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from agentopt_core.grading.math_form import form_of, prepared, same_form
from agentopt_core.grading.math_rules import decide, for_algebra


class Comparison(NamedTuple):
    """What algebra found out about an answer."""

    gold: str | None
    """The first gold that the answer equals; None when it equals none, as far as was found out."""
    seconds: float
    """Wall clock of the comparison alone, without waiting for a process."""
    stopped: str = ""
    """What kept a gold from being compared, in a few words that follow "it is"."""


def start(memory_mb: int) -> None:
    """Prepare a worker process: its limits, and what is slow to import."""
    logging.disable(logging.WARNING)  # the library warns that its own time limits are off: ours kill
    if memory_mb:
        limit = memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _verify("1", "1")


def compare(golds: Sequence[str], answer: str) -> Comparison:
    """Compare an answer with golds, rules first, then algebra. May take for ever, or end its process.

    What the library raises is a finding too: it cannot read everything that models write.
    """
    started = time.perf_counter()
    equal, stopped = None, ""
    for gold in golds:
        try:
            if same_form(form_of(prepared(gold)), form_of(prepared(answer)), _same):
                equal = gold
                break
        except MemoryError:
            stopped = "too complex to evaluate in the memory there is"
        except (RecursionError, OverflowError):
            stopped = "too deep to evaluate"
        except Exception as error:
            stopped = f"no expression that can be evaluated ({type(error).__name__})"
    return Comparison(equal, time.perf_counter() - started, stopped)


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
