"""Algebra by math-verify, for use inside a process that can be killed: some answers never end.

Only its LaTeX reader is used. Its reader of plain expressions hands text to Python's `eval` and is never asked.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from agentopt_core.grading.math_form import form_of, same_form, without_left
from agentopt_core.grading.math_rules import decide, for_algebra
from agentopt_core.grading.math_spelling import prepared

_VARIABLE = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]")
_NO_OPERATOR = r"\\(?!frac|sqrt|cdot|times|pm)[a-zA-Z]+"
_LABEL = re.compile(rf"\s*(?:[a-zA-Z]|{_NO_OPERATOR})(?:[^-+*/=\\^]|\^\{{-1\}}|{_NO_OPERATOR})*")
"""What gives a name to a value: f(2), m\angle A, Area."""


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
    os.environ.clear()  # no key lies beside what models wrote
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
    if decided is not None:
        return decided
    value = without_left(gold)
    if "=" in answer and "=" not in value and (value == gold or not _VARIABLE.search(value)):
        gold = value
        # An equation is no value, unless it gives a name to one, or its sides are equal: f(2) = 5 and 2 + 3 = 5 say 5,
        # x + y = 5 does not.
        *sides, last = without_left(answer).split("=")
        same = decide(gold, last.strip())
        if not (_verify(for_algebra(gold), for_algebra(last)) if same is None else same):
            return False
        return all(_LABEL.fullmatch(side) or _verify(for_algebra(last), for_algebra(side)) for side in sides)
    return _verify(for_algebra(gold), for_algebra(answer))


def _verify(gold: str, answer: str) -> bool:
    from math_verify import verify
    from sympy import Eq, Expr, Symbol, simplify

    ours, theirs = _parsed(gold), _parsed(answer)
    if not ours or not theirs:
        return False
    if isinstance(ours[0], Eq) and isinstance(theirs[0], Eq):  # solving both, as the library does, takes long
        factor = simplify((ours[0].lhs - ours[0].rhs) / (theirs[0].lhs - theirs[0].rhs))
        if factor.is_number and factor.is_nonzero:
            return True
    if verify(ours, theirs, timeout_seconds=None, allow_set_relation_comp=True, strict=True, raise_on_error=False):
        return True
    # The library compares a variable by its name alone: for it, n is not n + 0.
    one, other = ours[0], theirs[0]
    lone = isinstance(one, Symbol) or isinstance(other, Symbol)
    return lone and isinstance(one, Expr) and isinstance(other, Expr) and simplify(one - other) == 0


def _parsed(latex: str) -> Sequence[Any]:
    """The expressions the library reads in it."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse

    # Units were taken off before; the library's own list takes single letters for units.
    reading = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all")
    config = [LatexExtractionConfig(normalization_config=reading)]
    found = parse(rf"\boxed{{{latex}}}", config, parsing_timeout=None, fallback_mode="no_fallback")
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
