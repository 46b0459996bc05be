"""Algebra by math-verify, for use inside a process that can be killed: some answers never end.

Only its LaTeX reader is used. Its reader of plain expressions hands text to Python's `eval` and is never asked.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from agentopt_core.grading.math_form import form_of, same_form
from agentopt_core.grading.math_rules import decide, for_algebra
from agentopt_core.grading.math_spelling import prepared


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
    from sympy import Expr, Symbol, simplify

    ours, theirs = _parsed(gold), _parsed(answer)
    if not ours or not theirs:
        return False
    if verify(ours, theirs, timeout_seconds=None, allow_set_relation_comp=True, strict=True, raise_on_error=False):
        return True
    # The library compares a variable by its name alone: for it, n is not n + 0.
    one, other = ours[0], theirs[0]
    lone = isinstance(one, Symbol) or isinstance(other, Symbol)
    return lone and isinstance(one, Expr) and isinstance(other, Expr) and simplify(one - other) == 0


def _parsed(latex: str) -> Sequence[Any]:
    """The expressions the library reads in it."""
    from math_verify import LatexExtractionConfig, parse

    found = parse(rf"\boxed{{{latex}}}", [LatexExtractionConfig()], parsing_timeout=None, fallback_mode="no_fallback")
    return [_exact(one) for one in found if not isinstance(one, str)]


def _exact(expression: Any) -> Any:
    """Decimals as exact fractions: 0.333333 is not 1/3. All variables real: the library guesses it from the text.

    The letter i is the imaginary unit; in an answer it is next to never anything else.
    """
    from sympy import Float, I, Rational, Symbol

    try:
        changes = {one: Rational(str(one)) for one in expression.atoms(Float)}
        changes |= {one: I if one.name == "i" else Symbol(one.name, real=True) for one in expression.atoms(Symbol)}
        return expression.xreplace(changes) if changes else expression
    except (AttributeError, TypeError, ValueError):
        return expression
