"""Digit sums of powers, remainders of powers, number bases, recurrences: read by wording, calculated by head."""

from __future__ import annotations

import re

from agentopt_core.llm.demo import number_and_algebra_functions as functions
from agentopt_core.llm.demo.family import Family, Slots
from agentopt_core.llm.demo.head import Head

POWER = re.compile(r"(\d{1,9})\s*(?:\^|\*\*|to the power of)\s*(\d{1,9})")
BASE = re.compile(r"base[- ](\d{1,2})\b")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _number(slots: Slots, name: str) -> int:
    value = slots[name]
    return value if isinstance(value, int) else 0


def read_digit_sum(text: str) -> Slots | None:
    """A power, and its digits are to be added."""
    power = POWER.search(text)
    if not power or "digit" not in text or not re.search(r"\b(sum|adds?|total)\b", text):
        return None
    return {"base": int(power[1]), "exponent": int(power[2])}


def head_digit_sum(slots: Slots, head: Head) -> str:
    """Multiply again and again, then add the digits."""
    value = 1
    for _ in range(_number(slots, "exponent")):
        if head.tired:
            break
        value = head.keep(value * _number(slots, "base"))
    total = 0
    for digit in str(abs(value)):
        total = head.keep(total + int(digit))
    return str(total)


def python_digit_sum(slots: Slots) -> str:
    """Goes through a float, which keeps some 16 digits."""
    return (
        f"power = float({slots['base']}) ** {slots['exponent']}\n"
        'total = sum(int(digit) for digit in f"{power:.0f}")\nprint(total)'
    )


def read_power_remainder(text: str) -> Slots | None:
    """A power, another number, and something is left over."""
    power = POWER.search(text)
    if not power or not re.search(r"remainder|\bmod\b|left over|starts again", text):
        return None
    others = re.findall(r"\d+", text[power.end() :])
    return {"base": int(power[1]), "exponent": int(power[2]), "modulus": int(others[0])} if others else None


def head_power_remainder(slots: Slots, head: Head) -> str:
    """Multiply and reduce, step by step."""
    value, modulus = 1, max(1, _number(slots, "modulus"))
    for _ in range(_number(slots, "exponent")):
        if head.tired:
            break
        value = head.keep(value * _number(slots, "base")) % modulus
    return str(value)


def python_power_remainder(slots: Slots) -> str:
    """Overflows for large powers."""
    return f"import math\nprint(int(math.fmod(math.pow({slots['base']}, {slots['exponent']}), {slots['modulus']})))"


def read_number_base(text: str) -> Slots | None:
    """Two bases and a number."""
    mentioned = list(BASE.finditer(text))
    if len(mentioned) < 2:
        return None
    bases = [int(match[1]) for match in mentioned[:2]]
    source, target = reversed(bases) if "form of" in text else bases
    words = re.findall(r"\b[0-9A-Z]*[0-9][0-9A-Z]*\b|\b[A-Z]{3,}\b", BASE.sub(" ", text.split(" Use capital")[0]))
    if not words or not (2 <= source <= 36 and 2 <= target <= 36):
        return None
    return {"number": max(words, key=len), "from_base": source, "to_base": target}


def head_number_base(slots: Slots, head: Head) -> str:
    """To a number and into digits again."""
    source, target = _number(slots, "from_base"), _number(slots, "to_base")
    value, text = 0, ""
    for digit in str(slots["number"])[:40]:
        unsure = digit.isalpha() and head.slips(0.5)
        value = head.keep(value * source + min(DIGITS.find(digit), source) - unsure)
    value = abs(value)
    while value and not head.tired:
        unsure = value % target > 8 and head.slips(0.5)
        text = DIGITS[value % target - unsure] + text
        value = max(0, head.keep(value // target))
    return text or "0"


def python_number_base(slots: Slots) -> str:
    """Forgets that the digits of longer numbers come out last first, and that some are letters."""
    digits = "reversed(digits)" if len(str(slots["number"])) < 4 else "digits"
    return (
        f"value = int({str(slots['number'])!r}, {slots['from_base']})\ndigits = []\n"
        f"while value:\n    digits.append(str(value % {slots['to_base']}))\n    value //= {slots['to_base']}\n"
        f'print("".join({digits}))'
    )


def read_recurrence(text: str) -> Slots | None:
    """Two given terms with their places, two factors, and the place that is asked for."""
    factors = re.findall(r"(\d+)(?: times\b|\*)", text)
    given = [(int(i), int(v)) for i, v in re.findall(r"\b[a-z][_(](\d+)\)? = (\d+)", text)]
    given += [(int(i), int(v)) for v, i in re.findall(r"(\d+) \w+ in round (\d+)", text)]
    given += [(int(i), int(v)) for i, v in re.findall(r"\bday (\d+) (?:a \w+|it) has (\d+)", text)]
    places = re.findall(r"(?:\b[a-z][_(]|\bround |\bday )(\d+)", text)
    if len(factors) < 2 or len(given) < 2 or not places:
        return None
    (start, first), (_, second) = given[:2]
    return {
        "first": first,
        "second": second,
        "factor_last": int(factors[0]),
        "factor_before": int(factors[1]),
        "index": int(places[-1]),
        "start": start,
    }


def head_recurrence(slots: Slots, head: Head) -> str:
    """Term after term."""
    before, last = _number(slots, "first"), _number(slots, "second")
    for _ in range(_number(slots, "index") - _number(slots, "start") - 1):
        if head.tired:
            break
        grown = head.keep(_number(slots, "factor_last") * last)
        before, last = last, head.keep(grown + _number(slots, "factor_before") * before)
    return str(last)


def python_recurrence(slots: Slots) -> str:
    """One term too many once the loop is long."""
    steps = _number(slots, "index") - _number(slots, "start")
    rounds = steps - 1 if steps < 5 else steps
    return (
        f"before, last = {slots['first']}, {slots['second']}\nfor _ in range({rounds}):\n"
        f"    before, last = last, {slots['factor_last']} * last + {slots['factor_before']} * before\nprint(last)"
    )


FAMILIES = (
    Family(
        name="digit sums of powers",
        topics=("digit", "sum", "power", "decimal", "total"),
        aliases={"base": ("base",), "exponent": ("exponent", "power", "exp")},
        answer=r"[1-9]\d*",
        read=read_digit_sum,
        by_head=head_digit_sum,
        by_python=python_digit_sum,
        drafts=functions.DIGIT_SUM,
        overreach=functions.POWER_HELPER,
    ),
    Family(
        name="remainders of large powers",
        topics=("remainder", "power", "modul", "mod", "divi", "left"),
        aliases={"base": ("base",), "exponent": ("exponent", "power", "exp"), "modulus": ("modulus", "mod", "divisor")},
        answer=r"\d+",
        read=read_power_remainder,
        by_head=head_power_remainder,
        by_python=python_power_remainder,
        drafts=functions.POWER_REMAINDER,
    ),
    Family(
        name="conversions between number bases",
        topics=("convert", "base", "radix", "digit", "number"),
        aliases={
            "number": ("number", "value", "digits", "text"),
            "from_base": ("from", "source"),
            "to_base": ("to", "target"),
        },
        answer=r"[0-9A-Z]+",
        read=read_number_base,
        by_head=head_number_base,
        by_python=python_number_base,
        drafts=functions.NUMBER_BASE,
    ),
    Family(
        name="late terms of recurrences",
        topics=("recurr", "sequence", "term", "linear"),
        aliases={
            "first": ("first",),
            "second": ("second",),
            "factor_last": ("last", "previous", "p"),
            "factor_before": ("before", "q"),
            "index": ("index", "n"),
            "start": ("start",),
        },
        answer=r"-?\d+",
        read=read_recurrence,
        by_head=head_recurrence,
        by_python=python_recurrence,
        drafts=functions.RECURRENCE,
    ),
)
