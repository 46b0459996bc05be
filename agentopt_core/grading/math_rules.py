r"""What two single expressions must obey before any algebra: text, units, degrees, per cent, number bases, numbers.

Each rule decides, or leaves the pair to the next one; what none decides is for algebra (`math_library`).
"""

from __future__ import annotations

import re

from agentopt_core.grading.math_clean import clean
from agentopt_core.grading.math_form import without_left
from agentopt_core.grading.math_spelling import UNIT_NAMES
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.numeric import may_be_unit, same_unit
from agentopt_core.grading.text import same_text

_DEGREES = re.compile(r"\s*\^\s*\{?\s*\\circ\s*\}?(?:\s*[CF](?![a-zA-Z]))?|\bdegrees?\b")
_BASE = re.compile(r"\(?([0-9A-Za-z]+)\)?\s*_\s*\{?\s*([0-9]{1,3}|two|eight|ten|sixteen)\s*\}?")
_BASES = {"two": "2", "eight": "8", "ten": "10", "sixteen": "16"}
_PRODUCT = re.compile(r"[0-9][a-z]{2,4}\s*\Z")
"""A number and letters without a space: 3abc is a product, 5cm a length; where both look so, algebra decides."""
_UNREAD = (re.compile(r"'|\\prime(?![a-zA-Z])"), re.compile(r"\\[lc]?dots(?![a-zA-Z])|\.\.\.|…"))
"""Primes and dots, which algebra passes over: a' is not a, and 10... is not 10."""
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_OPERATOR = re.compile(r"[0-9=+*/^_\\<>|]")
_FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "log", "exp", "sqrt", "min", "max")
)
_CHOICE = re.compile(r"(?:(?:option|choice|answer)\s+)?\(?\s*([A-Za-z])\s*\)?[.:]?", re.IGNORECASE)
_OPTION = re.compile(r"(?:\(\s*([A-Z])\s*\)|([A-Z])[.:)])\s+\S.*", re.DOTALL)
_SYMBOL = re.compile(r"[a-zA-Z]|\\[a-zA-Z]+")
_CLOCK = re.compile(r"\s*0?([0-9]{1,2})\s*:\s*([0-9]{2})\s*(?:([ap])\.?\s*m\.?)?\s*", re.IGNORECASE)
_IN_DEGREES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*\^\s*(?:\\circ|\{\s*\\circ\s*\})")
_ANGLE = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![a-zA-Z])")
"""Functions whose argument in degrees has another value than the same number."""
_UNITS = (
    "mm cm dm km meters? metres? in inch(?:es)? ft feet foot yd yards? miles? mi units? kg mg grams? lbs? pounds? oz "
    "ounces? ml liters? litres? gallons? quarts? pints? cups? sec seconds? min minutes? hrs? hours? days? weeks? "
    "months? years? cents? dollars? euros? mph kph people points? items? students? ways? radians? rad centimeters? "
    "millimeters? kilometers? kilograms?"
)
_ABBREVIATIONS = {
    "inche": "in", "inch": "in", "feet": "ft", "foot": "ft", "yard": "yd", "mile": "mi", "meter": "m", "metre": "m",
    "centimeter": "cm", "centimetre": "cm", "millimeter": "mm", "kilometer": "km", "kilometre": "km", "gram": "g",
    "kilogram": "kg", "pound": "lb", "ounce": "oz", "second": "sec", "minute": "min", "hour": "hr", "liter": "l",
    "litre": "l",
}  # fmt: skip
_ONE_UNIT = f"(?:{'|'.join(_UNITS.split())})"
_UNIT = re.compile(
    rf"(?<=[0-9}}\s)a-z])\s+(?:(?:sq\.?|square|cubic)\s+)?{_ONE_UNIT}(?:\s*(?:/|per)\s*{_ONE_UNIT})?(?:\s*\^\s*\{{?[23]\}}?)?\s*\Z"
)
_KNOWN = re.compile(rf"[mgshlL]?(?:{_ONE_UNIT})[mgshlL]?")
_MIXED = re.compile(r"(?<![0-9}.])([0-9]+)\s*(\\frac\s*\{[0-9]+\}\s*\{[0-9]+\})")
_THOUSANDS = re.compile(r"(?<![0-9.])([0-9]{1,3})((?:,[0-9]{3})+)(?![0-9])")


def decide(gold: str, answer: str) -> bool | None:
    """Equal, unequal, or None: for algebra to say. Both are single expressions (`math_form.form_of`)."""
    if clean(gold) == clean(answer):
        return True
    if is_text(gold):
        return same_text(answer, gold)
    for rule in (_by_choice, _by_symbol, _by_clock, _by_base, _by_degrees, _by_percent, _by_number, _by_unit):
        decided = rule(without_left(gold), without_left(answer))
        if decided is not None:
            return decided
    if any(len(sign.findall(gold)) != len(sign.findall(answer)) for sign in _UNREAD):
        return False
    return _by_case(gold) if clean(gold).casefold() == clean(answer).casefold() else None


def for_algebra(text: str) -> str:
    """The expression without units and degrees, mixed numbers written as sums."""
    if _ANGLE.search(text):
        text = _IN_DEGREES.sub(r"\\left(\\frac{\1\\pi}{180}\\right)", text)
    text, _ = _unit_of(_DEGREES.sub("", text))
    text = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)
    return _MIXED.sub(r"\\left(\1+\2\\right)", text).replace("%", r"\%")


def is_text(gold: str) -> bool:
    """Words, not a formula: algebra would take `Tuesday` for a product of seven letters."""
    bare = _COMMAND.sub(" ", gold)
    words = [word for word in _WORD.findall(bare) if word.casefold() not in _FUNCTIONS]
    return bool(words) and not _OPERATOR.search(bare)


def _by_case(gold: str) -> bool:
    """What differs from the gold by case alone: words and digits of a base are the same, variables are others."""
    letters = re.findall(r"[^\W\d_]+", _COMMAND.sub(" ", gold))
    return (
        any(len(run) > 2 for run in letters) or bool(_BASE.fullmatch(gold)) or (gold.isalpha() and not gold.isupper())
    )


def _by_choice(gold: str, answer: str) -> bool | None:
    """A letter in brackets is an option, not a variable: (C) is C, also with the option's text behind it."""
    letter, said = re.fullmatch(r"(\(\s*)?([A-Z])(?(1)\s*\))", gold), _OPTION.fullmatch(answer)
    if letter and said:
        return (said[1] or said[2]) == letter[2]
    if not letter or not letter[1]:
        return None
    found = _CHOICE.fullmatch(answer)
    return bool(found and found[1].upper() == letter[2])


def _by_symbol(gold: str, answer: str) -> bool | None:
    """X is not X, and no other letter: algebra would read both in lower case."""
    ours, theirs = clean(gold), clean(answer)
    return ours == theirs if _SYMBOL.fullmatch(ours) and _SYMBOL.fullmatch(theirs) else None


def _by_clock(gold: str, answer: str) -> bool | None:
    """3:00 is a time of day and no division by zero; half of the day counts where the gold names it."""
    ours, theirs = _CLOCK.fullmatch(gold), _CLOCK.fullmatch(answer)
    if not ours:
        return None
    if not theirs or (ours[3] and not theirs[3]):
        return False
    return ours.group(1, 2) == theirs.group(1, 2) and (not ours[3] or ours[3].casefold() == theirs[3].casefold())


def _by_base(gold: str, answer: str) -> bool | None:
    """1010_2: digits and base are compared, never evaluated; the base may be left out."""
    ours, theirs = _BASE.fullmatch(gold), _BASE.fullmatch(answer)
    if not ours and not theirs:
        return None
    digits = [(found[1] if found else text.strip()).upper() for found, text in ((ours, gold), (theirs, answer))]
    if not (digits[0][:1].isdigit() or digits[1][:1].isdigit()):
        return None  # a variable with an index
    bases = {_BASES.get(found[2], found[2]) for found in (ours, theirs) if found}
    return digits[0] == digits[1] and len(bases) == 1


def _by_degrees(gold: str, answer: str) -> bool | None:
    """Degrees may be left out, but are never turned into radians or back."""
    ours, theirs = bool(_DEGREES.search(gold)), bool(_DEGREES.search(answer))
    if ours == theirs or _ANGLE.search(gold + answer):
        return None
    has_pi = r"\pi" in (answer if ours else gold)
    return False if has_pi else decide(_DEGREES.sub("", gold), _DEGREES.sub("", answer))


def _by_percent(gold: str, answer: str) -> bool | None:
    """50 % is 50 where the sign was left out, and 0.5 as a share; 5000 % is not 50."""
    ours, theirs = "%" in gold, "%" in answer
    if not ours and not theirs:
        return None
    wanted, got = parse_number(gold), parse_number(answer)
    if wanted is None or got is None:
        return None
    if ours == theirs or (wanted.value == got.value and (ours or abs(wanted.value) > 1)):
        return wanted.value == got.value
    return wanted.value == got.value * 100 if ours else wanted.value * 100 == got.value and abs(wanted.value) <= 1


def _by_number(gold: str, answer: str) -> bool | None:
    """Numbers are equal exactly: 0.5 is 1/2, 0.333 is not 1/3. A unit may be left out, but not be another one."""
    wanted, got = parse_number(gold), parse_number(answer)
    if wanted is None or got is None or "!" in gold + answer:
        return None
    short = [number.unit for number in (wanted, got) if len(number.unit.partition(" ")[0]) == 1]
    if short and not (len(short) == 1 and short[0] in UNIT_NAMES and _KNOWN.fullmatch(wanted.unit + got.unit)):
        return None  # a single letter may be a variable
    if wanted.currency and got.currency and wanted.currency != got.currency:
        return False
    if _PRODUCT.search(gold) and _PRODUCT.search(answer):
        return None
    if got.unit and not (_is_same_unit(got.unit, wanted.unit) if wanted.unit else may_be_unit(got.unit)):
        return False
    return wanted.value == got.value


def _by_unit(gold: str, answer: str) -> bool | None:
    r"""Expressions with units: 12\pi cm^2 is 12\pi, and not 12\pi m^2."""
    (ours, our_unit), (theirs, their_unit) = _unit_of(gold), _unit_of(answer)
    if not our_unit and not their_unit:
        return None
    if our_unit and their_unit and not _is_same_unit(their_unit, our_unit):
        return False
    return decide(ours, theirs)


def _unit_of(text: str) -> tuple[str, str]:
    """The expression without a unit at its end, and the unit."""
    found = _UNIT.search(text)
    if not found or not text[: found.start()].strip():
        return text, ""
    return text[: found.start()].rstrip(), " ".join(found[0].split())


def _is_same_unit(one: str, other: str) -> bool:
    """Whether two units are one however they are written: `square inches` is `in^2`."""
    return same_unit(one, other) or _plain_unit(one) == _plain_unit(other)


def _plain_unit(unit: str) -> str:
    unit = re.sub(r"[{}.\s]+", " ", unit.casefold()).strip()
    power = re.match(r"(sq|square|cubic)\s+(.*)", unit)
    if power:
        unit = f"{power[2]}^{3 if power[1] == 'cubic' else 2}"
    name, _, exponent = (part.strip() for part in unit.partition("^"))
    name = UNIT_NAMES.get(name, name)
    singular = name[:-1] if len(name) > 2 and name.endswith("s") else name
    return f"{_ABBREVIATIONS.get(singular, singular)}^{exponent or 1}"
