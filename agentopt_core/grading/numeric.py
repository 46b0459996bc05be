"""Answers that are numbers."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from agentopt_core.grading.latex import without_left_side
from agentopt_core.grading.numbers import Number, parse_number
from agentopt_core.grading.verdict import Verdict, differs, equals, quote
from agentopt_core.tasks import Task

RELATIVE = Fraction(1, 10_000)
"""Relative difference from the gold that is still a matter of rounding."""

_NOT_UNITS = re.compile(
    r"\b(?:or|and|to|not?|nor|plus|minus|times|over|more|less|than|point|half|squared|cubed|about|maybe|[ap]m|k|m|bn|dozen)\b",
    re.IGNORECASE,
)
_SAME_UNIT = {
    "$": "dollar", "usd": "dollar", "%": "percent", "€": "euro", "eur": "euro", "mph": "mile per hour",
    "kph": "kilometer per hour", "mm": "millimeter", "cm": "centimeter", "km": "kilometer", "kg": "kilogram",
    "in": "inch", "inche": "inch", "ft": "foot", "feet": "foot", "yd": "yard", "lb": "pound", "oz": "ounce",
    "hr": "hour", "sec": "second", "min": "minute", "metre": "meter", "litre": "liter",
}  # fmt: skip


def judge_numeric(task: Task, gold: str, answer: str) -> Verdict:
    """Equal as numbers, with the task's tolerance or within rounding of each other (`close`).

    The unit may be left out. A unit the gold or task does not have is wrong when they name one, and ignored when not.
    """
    wanted, got = parse_number(gold), parse_number(without_left_side(answer))
    if wanted is None:
        return Verdict(False, f"The gold {quote(gold)} is not a number.")
    if got is None:
        return Verdict(False, f"{quote(answer)} is not a number.")
    unit = task.unit or wanted.unit
    if got.unit and not unit_fits(got.unit, unit):
        return Verdict(False, f"The unit of {quote(answer)} is not {quote(unit) or 'a unit'}.")
    if got.currency and wanted.currency and got.currency != wanted.currency:
        return differs(answer, gold, " (another currency)")
    if got.value == wanted.value:
        return equals(answer, gold)
    if task.tolerance is not None and math.isfinite(task.tolerance) and task.tolerance >= 0:
        if abs(got.value - wanted.value) <= Fraction(str(task.tolerance)):
            return Verdict(True, f"{quote(answer)} is within {task.tolerance} of the gold {quote(gold)}.")
        return differs(answer, gold, f" by more than {task.tolerance}")
    if close(got, wanted):
        return Verdict(True, f"{quote(answer)} equals the gold {quote(gold)} up to rounding.")
    return differs(answer, gold)


def close(got: Number, gold: Number) -> bool:
    """Whether the numbers differ by rounding alone.

    Either the answer rounds to a gold that was written with two or more decimals, or it is within 1e-4 of the gold and
    less than one unit of the coarser last digit away. The second condition keeps two whole numbers apart, and two
    amounts of money, however large: 10432.17 is not 10432.18.
    """
    difference = abs(got.value - gold.value)
    if gold.places is not None and gold.places >= 2 and difference <= Fraction(1, 2 * 10**gold.places):
        return True
    places = [number.places for number in (got, gold) if number.places is not None]
    last_digit = Fraction(10) ** -min(places) if places else None
    within = difference <= RELATIVE * abs(gold.value)
    return within and (last_digit is None or difference < last_digit)


def may_be_unit(words: str) -> bool:
    """Whether the words behind a number leave it as it is: `cm` does, `or more` and `dozen` do not."""
    return _NOT_UNITS.search(words) is None


def unit_fits(got: str, unit: str) -> bool:
    """Whether an answer may carry this unit where the gold or the task has that one, or none."""
    if not unit:
        return may_be_unit(got)
    mine, theirs = _canonical(got), _canonical(unit)
    return mine == theirs or mine.startswith(theirs + " ")


def same_unit(one: str, other: str) -> bool:
    """Whether two units are one, but for number, case and dots."""
    return _canonical(one) == _canonical(other)


def _canonical(unit: str) -> str:
    words = unit.casefold().replace(".", "").replace("^", "").split()
    singular = [word[:-1] if len(word) > 2 and word.endswith("s") else word for word in words]
    return " ".join(_SAME_UNIT.get(word, word) for word in singular)
