"""Numbers as people and models write them, read exactly (as fractions) and with a bound on their size."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from agentopt_core.grading.latex import without_wrapping

MAX_CHARS = 400
"""Longer text is not read as a number; 400 digits are enough for every task we know."""
MAX_EXPONENT = 400
"""Larger powers of ten are not read: 1e999999999 would not fit into memory."""

_MAGNITUDES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_PLAIN = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_EXPONENT = r"[eE][-+]?[0-9]{1,6}(?![0-9])|\s*(?:[x×*]|\\times|\\cdot)\s*10\s*(?:\^|\*\*)\s*\{?\s*[-+]?[0-9]{1,6}\s*\}?"
_NUMBER = re.compile(
    r"(?:[≈~=]|\\approx)?\s*(?P<sign>[-+]?)\s*(?:US)?(?P<currency>[$€£¥₹]?)\s*(?P<sign2>[-+]?)\s*"
    r"(?:"
    r"(?:(?P<whole>[0-9]+)\s*)?\\frac\s*\{\s*(?P<texsign>-?)\s*(?P<textop>[0-9.]+)\s*\}\s*\{\s*(?P<texbottom>[0-9.]+)\s*\}"
    r"|(?:(?P<mixed>[0-9]+)\s+)?(?P<top>[0-9]+)\s*/\s*(?P<bottom>[0-9]+)(?![0-9/]|\.[0-9])"
    r"|10\s*(?:\^|\*\*)\s*\{?\s*(?P<power>[-+]?[0-9]{1,6})\s*\}?"
    rf"|(?P<plain>{_PLAIN})(?P<exponent>{_EXPONENT})?"
    r")\s*%?\s*(?P<rest>.*)",
    re.DOTALL,
)
_UNIT = re.compile(r"(?:[^\W\d_]+\.?(?:\^?[23])?|°[CF]?)(?:[ /·]+(?:[^\W\d_]+\.?(?:\^?[23])?|°[CF]?)){0,3}")
_VULGAR = re.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")


class Number(NamedTuple):
    """A number as it was written."""

    value: Fraction
    places: int | None
    """Decimal places it was written with, negative for powers of ten; None for a fraction, which is exact."""
    unit: str
    """The words after it, "" when there are none."""
    currency: str = ""
    """The currency sign before it, "" when there is none."""


def parse_number(text: str) -> Number | None:
    """The one number the text consists of, with currency sign, %, thousands commas and unit words; else None.

    Reads decimals, fractions, mixed numbers, powers of ten and LaTeX fractions. Never reads nan, inf, `1_000`, two
    numbers or an expression. Does not know units: "5 minutes" and "5 hours" are the number 5 with different words.
    """
    return _parse_number(text) if len(text) <= 2 * MAX_CHARS else None


@lru_cache(maxsize=1024)  # one verdict asks for gold and answer several times
def _parse_number(text: str) -> Number | None:
    text = unicodedata.normalize("NFKC", _VULGAR.sub(" ", without_wrapping(text)))
    text = text.replace("\u2212", "-").replace("\u2044", "/").strip()
    if text.startswith(("(-", "(+")) and text.endswith(")"):  # a sign in brackets; (3) may be anything
        text = text[1:-1].strip()
    found = _NUMBER.fullmatch(text) if len(text) <= MAX_CHARS else None
    if found is None or (found["sign"] and found["sign2"]):
        return None
    rest = _without_end(found["rest"])
    head, _, tail = rest.partition(" ")
    shift = _MAGNITUDES.get(head.casefold(), 0)
    unit = tail.strip() if shift else rest
    if unit and not _UNIT.fullmatch(unit):
        return None
    number = _value(found)
    if number is None:
        return None
    value, places = number
    if "-" in (found["sign"], found["sign2"]):
        value = -value
    return Number(value * 10**shift, None if places is None else places - shift, unit, found["currency"])


def _without_end(rest: str) -> str:
    """What follows the number, without the end of the sentence and the sign of degrees or percent."""
    rest = rest.removeprefix(r"^\circ").removeprefix(r"^{\circ}").strip()
    return rest.rstrip(".,;! ")


def _value(found: re.Match[str]) -> tuple[Fraction, int | None] | None:
    if found["plain"] is not None:
        return _decimal(found["plain"], found["exponent"] or "")
    if found["power"] is not None:
        return (Fraction(10) ** int(found["power"]), None) if abs(int(found["power"])) <= MAX_EXPONENT else None
    top, bottom = found["top"] or found["textop"], found["bottom"] or found["texbottom"]
    above, below = _decimal(top, ""), _decimal(bottom, "")
    if above is None or below is None or below[0] == 0:
        return None
    value = above[0] / below[0] + int(found["whole"] or found["mixed"] or 0)
    return (-value if found["texsign"] else value), None


def _decimal(digits: str, exponent: str) -> tuple[Fraction, int] | None:
    whole, _, decimals = digits.replace(",", "").replace(" ", "").partition(".")
    if not (whole + decimals).isdigit():
        return None
    power = int(re.findall(r"[-+]?[0-9]+", exponent)[-1]) if exponent else 0
    if abs(power) > MAX_EXPONENT:
        return None
    places = len(decimals) - power
    return Fraction(int(whole + decimals)) / Fraction(10) ** places, places
