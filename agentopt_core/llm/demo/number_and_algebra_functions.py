"""The functions the demo optimizer can write for number and algebra; where there are two, the first has a bug."""

from __future__ import annotations

from agentopt_core.llm.demo.family import Draft, integer, parameters, string

_DIGIT_SUM = Draft(
    name="digit_sum_of_power",
    description="Sum of the decimal digits of a power: writes base to the exponent in full and adds up its digits.",
    parameters=parameters({"base": integer("The base.", 3), "exponent": integer("The exponent, 0 or more.", 5)}),
    code="""\
import math


def digit_sum_of_power(base, exponent):
    power = math.pow(base, exponent)
    return sum(int(digit) for digit in f"{power:.0f}")
""",
    why="Writing out a power and adding its digits goes wrong by head; one function covers all such tasks.",
)
DIGIT_SUM = (
    _DIGIT_SUM,
    Draft(
        name=_DIGIT_SUM.name,
        description=_DIGIT_SUM.description + " Exact for any size.",
        parameters=_DIGIT_SUM.parameters,
        code="""\
def digit_sum_of_power(base, exponent):
    power = int(base) ** int(exponent)
    return sum(int(digit) for digit in str(power))
""",
        why="It gives wrong sums for long powers: math.pow keeps about 16 digits. Whole numbers are exact in Python.",
    ),
)
POWER_REMAINDER = (
    Draft(
        name="power_remainder",
        description="Remainder when a power (base to the exponent) is divided by a modulus, also for huge exponents.",
        parameters=parameters(
            {
                "base": integer("The base.", 7),
                "exponent": integer("The exponent, 0 or more.", 13),
                "modulus": integer("What the power is divided by.", 11),
            }
        ),
        code="""\
def power_remainder(base, exponent, modulus):
    result, factor = 1 % modulus, base % modulus
    while exponent > 0:
        if exponent % 2:
            result = result * factor % modulus
        factor = factor * factor % modulus
        exponent //= 2
    return result
""",
        why="Large powers are reduced by repeated squaring; by head the count is lost every time.",
    ),
)
_NUMBER_BASE = Draft(
    name="convert_number_base",
    description="Converts a number from one base to another and returns its digits.",
    parameters=parameters(
        {
            "number": string("The number as written in its base.", "120"),
            "from_base": integer("Base the number is written in, 2 to 36.", 3),
            "to_base": integer("Base it is wanted in, 2 to 36.", 8),
        }
    ),
    code="""\
def convert_number_base(number, from_base, to_base):
    value = 0
    for digit in str(number):
        value = value * from_base + int(digit)
    digits = ""
    while value:
        digits = str(value % to_base) + digits
        value //= to_base
    return digits or "0"
""",
    why="Conversions between bases fail on longer numbers; the two loops are the same for every pair of bases.",
)
NUMBER_BASE = (
    _NUMBER_BASE,
    Draft(
        name=_NUMBER_BASE.name,
        description=_NUMBER_BASE.description + " Digits above 9 are capital letters.",
        parameters=_NUMBER_BASE.parameters,
        code="""\
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def convert_number_base(number, from_base, to_base):
    value = int(str(number).strip(), from_base)
    digits = ""
    while value:
        value, digit = divmod(value, to_base)
        digits = DIGITS[digit] + digits
    return digits or "0"
""",
        why="It fails above base ten: letters as digits are neither read nor written.",
    ),
)
_TERMS = {
    "first": integer("The first given term.", 2),
    "second": integer("The second given term.", 5),
    "factor_last": integer("Factor of the term just before.", 3),
    "factor_before": integer("Factor of the term before that.", 2),
    "index": integer("Index of the wanted term.", 6),
}
_RECURRENCE = Draft(
    name="recurrence_term",
    description="A term of a linear recurrence: a sequence with two given terms whose later terms are factor_last "
    "times the term before plus factor_before times the term before that.",
    parameters=parameters(_TERMS),
    code="""\
def recurrence_term(first, second, factor_last, factor_before, index):
    terms = [first, second]
    while len(terms) < index:
        terms.append(factor_last * terms[-1] + factor_before * terms[-2])
    return terms[index - 1]
""",
    why="Late terms of sequences are lost by head; stepping through the recurrence is the same for all of them.",
)
RECURRENCE = (
    _RECURRENCE,
    Draft(
        name=_RECURRENCE.name,
        description=_RECURRENCE.description + " start says at which index the sequence begins.",
        parameters=parameters({**_TERMS, "start": integer("Index of the first given term, often 0 or 1.", 1)}),
        code="""\
def recurrence_term(first, second, factor_last, factor_before, index, start):
    terms = [first, second]
    while len(terms) <= index - start:
        terms.append(factor_last * terms[-1] + factor_before * terms[-2])
    return terms[index - start]
""",
        why="It is off by one when a sequence is counted from zero; the start must be a parameter.",
    ),
)
POWER_HELPER = Draft(
    name="power_helper",
    description="Everything about powers: the digit sum of a power as a decimal number, its total, and the remainder "
    "left when the power is divided by a modulus (mod). Fast.",
    parameters=parameters(
        {"base": integer("The base.", 2), "exponent": integer("The exponent.", 3)},
        {"modulus": integer("Divide by this; leave out for the digit sum.", 5)},
    ),
    code="""\
def power_helper(base, exponent, modulus=None):
    power = float(base) ** min(exponent, 60)
    if modulus:
        return int(power % modulus)
    return sum(int(digit) for digit in format(power, "g") if digit.isdigit())
""",
    why="Digit sums and remainders both begin with a power; one broader function could replace two narrow ones.",
)
