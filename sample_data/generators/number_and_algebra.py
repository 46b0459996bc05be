"""Digit sums of powers, remainders of powers, number bases, recurrences."""

from __future__ import annotations

import random

from .family import Domain, Draft, Family, Level

DIGITS = "0123456789ABCDEF"


def digit_sum(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: the power has more digits than a floating-point number keeps."""
    low, high = {"easy": (2, 3), "medium": (12, 15), "hard": (24, 45)}[level]
    while True:
        base, exponent = chance.randint(2, 19), chance.randint(3, 36)
        digits = decimal_digits(base, exponent)
        if base % (2 if level == "hard" else 10) and low <= len(digits) <= high:
            break
    question = (
        f"What is the sum of the decimal digits of {base}^{exponent}?",
        f"Write out {base}^{exponent} in full and add up its digits. What total do you get?",
        f"Lena works out {base} to the power of {exponent} and then adds all the digits of the result. "
        "Which number does she get?",
        f"Take the integer {base}**{exponent} in ordinary decimal notation. Find the total of its digits.",
    )[number % 4]
    return Draft(question, str(sum(digits)))


def decimal_digits(base: int, exponent: int) -> list[int]:
    """Digits of the power, lowest first, by schoolbook multiplication."""
    digits = [1]
    for _ in range(exponent):
        carry, product = 0, []
        for digit in digits:
            carry, rest = divmod(digit * base + carry, 10)
            product.append(rest)
        while carry:
            carry, rest = divmod(carry, 10)
            product.append(rest)
        digits = product
    return digits


def power_remainder(chance: random.Random, level: Level, number: int) -> Draft:
    """Nothing but size: the power is far too large to write down."""
    if level == "easy":
        base, exponent, modulus = chance.randint(2, 7), chance.randint(3, 4), chance.randint(5, 19)
    else:
        base, exponent, modulus = chance.randint(12, 98), chance.randint(60, 420), chance.randint(210, 1999)
    remainder = 1
    for _ in range(exponent):
        remainder = remainder * base % modulus
    question = (
        f"What remainder does {base}^{exponent} leave when it is divided by {modulus}?",
        f"Find {base}^{exponent} mod {modulus}.",
        f"A counter runs up to {base} to the power of {exponent}, but it starts again at zero each time it reaches "
        f"{modulus}. What does it show at the end?",
        f"If {base}**{exponent} sweets are packed into bags of {modulus}, how many sweets are left over?",
    )[number % 4]
    return Draft(question, str(remainder))


def in_base(value: int, base: int) -> str:
    """The number written in a base from 2 to 16."""
    text = ""
    while value:
        value, digit = divmod(value, base)
        text = DIGITS[digit] + text
    return text or "0"


def number_base(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: bases above ten, with letters for digits."""
    if level == "easy":
        source, target, value = 10, chance.choice([2, 3, 4, 5, 6, 8]), chance.randint(12, 60)
    elif level == "medium":
        source, target = chance.sample([2, 3, 4, 5, 6, 7, 8, 9], 2)
        value = chance.randint(7_000, 90_000)
    else:
        source, target = chance.choice([(16, 7), (12, 5), (7, 12), (9, 16), (16, 9), (10, 12), (14, 10), (11, 6)])
        while True:
            value = chance.randint(9_000, 900_000)
            if any(digit.isalpha() for digit in in_base(value, source) + in_base(value, target)):
                break
    given = in_base(value, source)
    question = (
        f"Convert {given} from base {source} to base {target}.",
        f"The number {given} is written in base {source}. How is it written in base {target}?",
        f"An old machine prints {given}, which is a base-{source} number. Give the same number in base {target}.",
        f"What is the base-{target} form of the base-{source} number {given}?",
    )[number % 4]
    letters = " Use capital letters for digits above 9." if max(source, target) > 10 else ""
    return Draft(question + letters, in_base(value, target))


def recurrence(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: the sequence is counted from zero."""
    first, second = chance.randint(1, 6), chance.randint(2, 9)
    p, q = chance.randint(2, 4), chance.randint(2, 5)
    start = 0 if level == "hard" else 1
    index = start + (chance.randint(2, 3) if level == "easy" else chance.randint(11, 19))
    terms = {start: first, start + 1: second}
    for i in range(start + 2, index + 1):
        terms[i] = p * terms[i - 1] + q * terms[i - 2]
    wordings_from_one = (
        f"A sequence starts with a(1) = {first} and a(2) = {second}. Every later term is {p} times the term before it "
        f"plus {q} times the term before that. What is a({index})?",
        f"Let u_1 = {first}, u_2 = {second} and u_n = {p}*u_(n-1) + {q}*u_(n-2) for larger n. Compute u_{index}.",
        f"A game gives {first} points in round 1 and {second} points in round 2. From then on a round gives {p} times "
        f"the points of the round before plus {q} times the points of the round before that. How many points does "
        f"round {index} give?",
    )
    wordings_from_zero = (
        f"A sequence starts with a(0) = {first} and a(1) = {second}. Every later term is {p} times the term before it "
        f"plus {q} times the term before that. What is a({index})?",
        f"Let u_0 = {first}, u_1 = {second} and u_n = {p}*u_(n-1) + {q}*u_(n-2) for larger n. Compute u_{index}.",
        f"On day 0 a pond has {first} lilies and on day 1 it has {second} lilies. From then on the lilies of a day are "
        f"{p} times the lilies of the day before plus {q} times the lilies of the day before that. How many lilies are "
        f"there on day {index}?",
    )
    question = (wordings_from_zero if level == "hard" else wordings_from_one)[number % 3]
    return Draft(question, str(terms[index]))


DOMAIN = Domain(
    id="number-and-algebra",
    name="Number and algebra",
    description="Digit sums of powers, remainders of powers, number bases and recurrences.",
    families=(
        Family("digit sums", "numeric", digit_sum),
        Family("power remainders", "numeric", power_remainder),
        Family("number bases", "text", number_base),
        Family("recurrences", "numeric", recurrence),
    ),
)
