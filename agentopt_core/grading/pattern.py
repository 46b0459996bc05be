"""Answers that a regular expression describes: the gold is the pattern, and the whole answer must match it."""

from __future__ import annotations

from functools import lru_cache

import regex

from agentopt_core.grading.verdict import Verdict, quote
from agentopt_core.tasks import Task

TIME_S = 0.5
"""Seconds one match may take: patterns like `(a+)+$` can take for ever."""
MAX_PATTERN_CHARS = 2_000


def judge_pattern(task: Task, gold: str, answer: str) -> Verdict:
    """The answer, without space around it, matches the gold from end to end; `(?i)` in the pattern ignores case."""
    compiled = _compiled(gold)
    if isinstance(compiled, str):
        return Verdict(False, f"The gold {quote(gold)} is no pattern: {compiled}.")
    try:
        found = compiled.fullmatch(answer.strip(), timeout=TIME_S)
    except TimeoutError:
        return Verdict(False, f"Matching {quote(answer)} with {quote(gold)} took more than {TIME_S:g} s.")
    if found:
        return Verdict(True, f"{quote(answer)} matches the pattern {quote(gold)}.")
    return Verdict(False, f"{quote(answer)} does not match the pattern {quote(gold)}.")


def why_no_pattern(gold: str) -> str:
    """What is wrong with a pattern, with the place; "" for a sound one."""
    compiled = _compiled(gold)
    return compiled if isinstance(compiled, str) else ""


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> regex.Pattern[str] | str:
    if len(pattern) > MAX_PATTERN_CHARS:
        return f"it has more than {MAX_PATTERN_CHARS:,} characters"
    try:
        return regex.compile(pattern)
    except regex.error as error:
        place = f" at position {error.pos}" if error.pos is not None else ""
        return f"{error.msg}{place}"
    except (OverflowError, RecursionError, MemoryError, ValueError) as error:
        return f"it cannot be compiled ({type(error).__name__})"
