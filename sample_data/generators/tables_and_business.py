"""Invoices with price bands, loan balances, medians of long lists, timetables."""

from __future__ import annotations

import random
from fractions import Fraction

from .family import Domain, Draft, Family, Level, thousands

TOWNS = ("Aldern", "Brück", "Corvey", "Dalby", "Eskdale", "Farnau", "Gossau", "Hulme", "Ilmen", "Jarrow")


def cents(amount: Fraction) -> int:
    """Whole cents, half a cent rounded up."""
    return int((amount * 100 * 2 + 1) // 2)


def money(whole_cents: int) -> str:
    """12345 -> 123.45."""
    return f"{whole_cents // 100}.{whole_cents % 100:02d}"


def invoice(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: bounds of a thousand and more are written with a comma."""
    bands = {"easy": 2, "medium": 4, "hard": 5}[level]
    step = {"easy": 10, "medium": 40, "hard": 450}[level]
    bounds = [step * chance.randint(1, 2)]
    while len(bounds) < bands - 1:
        bounds.append(bounds[-1] + step * chance.randint(1, 3))
    if level == "easy":
        prices, fixed, tax = [chance.randint(3, 5) * 100, 200], 0, 0
        units = bounds[-1] + chance.randint(2, 9)
    else:
        top = chance.randint(180, 420)
        prices = [top - i * chance.randint(17, 33) for i in range(bands)]
        fixed, tax = chance.randint(450, 3900), chance.choice([7, 9, 13, 19, 21])
        units = bounds[-1] + chance.randint(step // 3, step * 2)
    owed, below = Fraction(fixed), 0
    for upper, price in zip([*bounds, units], prices, strict=True):
        owed += (min(upper, units) - below) * price
        below = upper
    total = cents(owed / 100 * (100 + tax) / 100)
    lowers = [1, *(bound + 1 for bound in bounds)]
    uppers = [*map(thousands, bounds), "and more"]
    rows = [f"{thousands(lo)} | {up} | {money(price)}" for lo, up, price in zip(lowers, uppers, prices, strict=True)]
    table = "\n".join(["From unit | To unit | Price per unit", *rows])
    extra = f" A fixed charge of {money(fixed)} is added, then {tax} % tax on everything." if fixed else ""
    question = (
        "The water works charges every unit at the price of the band it falls into, as the table says."
        f"{extra} What does a household that used {units} units pay? Give the amount to the cent.",
        f"A print shop bills {units} flyers by the bands in the table: the first flyers at the first price, the next "
        f"ones at the second price, and so on.{extra} How much is the invoice, to the cent?",
        f"Each kWh costs what its own band in the price table says.{extra} Work out the bill for {units} kWh, "
        "to the cent.",
    )[number % 3]
    return Draft(question, money(total), table)


def loan(chance: random.Random, level: Level, number: int) -> Draft:
    """Nothing but length: every month's interest is rounded before the next one is worked out."""
    if level == "easy":
        amount, rate, months = chance.randint(2, 9) * 1000, Fraction(12), chance.randint(1, 2)
        payment = chance.randint(2, 5) * 100
    else:
        amount, rate = chance.randint(65, 240) * 100, Fraction(chance.randint(31, 98), 10)
        months, payment = chance.randint(14, 34), chance.randint(150, 310)
    balance = amount * 100
    for _ in range(months):
        interest = cents(Fraction(balance, 100) * rate / 1200)
        balance += interest - payment * 100
    percent = str(float(rate)).removesuffix(".0")
    rule = (
        "Each month one twelfth of the yearly interest on what is still owed is added, rounded to the cent (half a "
        "cent up), and then the payment is taken off."
    )
    question = (
        f"Nora borrows {thousands(amount)} euros at {percent} % interest a year and pays back {payment} euros a "
        f"month. {rule} How much does she still owe after {months} payments?",
        f"A bakery takes a loan of {thousands(amount)} euros for an oven. The yearly rate is {percent} % and the "
        f"monthly payment is {payment} euros. {rule} What is the balance after {months} months?",
        f"What is left of a loan of {thousands(amount)} euros at {percent} % a year after {months} monthly payments of "
        f"{payment} euros? {rule}",
    )[number % 3]
    return Draft(question, money(balance))


def median(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: an even number of values, so the middle lies between two of them."""
    count = {"easy": chance.choice([5, 7]), "medium": chance.choice([25, 31, 35])}.get(
        level, chance.choice([26, 32, 38])
    )
    while True:
        values = [chance.randint(11, 99) if level == "easy" else chance.randint(180, 975) for _ in range(count)]
        ordered = sorted(values)
        low, high = ordered[(count - 1) // 2], ordered[count // 2]
        if level != "hard" or low != high:
            break
    middle = Fraction(low + high, 2)
    answer = str(middle.numerator) if middle.denominator == 1 else f"{middle.numerator // 2}.5"
    subject = ("Visitors per day", "Parcel weights in grams", "Waiting times in seconds")[number % 3]
    question = (
        "What is the median of the visitor numbers in the attached file?",
        "Put the parcel weights of the attached file in order. What is the median weight?",
        "The attached file lists waiting times. Find the median. If two values stand in the middle, take their mean.",
    )[number % 3]
    return Draft(question, answer, file="\n".join([subject, *map(str, values)]) + "\n")


def clock(minutes: int, padded: bool) -> str:
    """545 -> 09:05 or 9:05."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if padded else f"{minutes // 60}:{minutes % 60:02d}"


Row = tuple[str, int, str, int]
"""From, departure, to, arrival; minutes after midnight."""


def earliest(rows: list[Row], start: str, goal: str, leave: int, change: int) -> int | None:
    """Earliest arrival by relaxing all rows until nothing gets better."""
    ready, arrival = {start: leave}, {start: leave}
    better = True
    while better:
        better = False
        for origin, departs, target, arrives in rows:
            if origin in ready and ready[origin] <= departs and arrives < arrival.get(target, 9999):
                arrival[target], ready[target] = arrives, arrives + change
                better = True
    return arrival.get(goal)


def first_train(rows: list[Row], start: str, goal: str, leave: int, change: int) -> int | None:
    """The arrival of someone who always takes the next train that leaves."""
    place, now, seen = start, leave, {start}
    while place != goal:
        options = [r for r in rows if r[0] == place and r[1] >= now and r[2] not in seen]
        if not options:
            return None
        _, _, place, arrives = min(options, key=lambda r: r[1])
        seen.add(place)
        now = arrives + change
    return now - change


def timetable(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: hours before ten are written with one digit, and the journey begins before ten."""
    count, towns = {"easy": (4, TOWNS[:4]), "medium": (16, TOWNS[:7]), "hard": (20, TOWNS[:8])}[level]
    change = 5
    while True:
        start, goal = chance.sample(towns, 2)
        begin = chance.randint(480, 560) if level == "hard" else chance.randint(610, 700)
        rows = []
        for _ in range(count):
            origin, target = chance.sample(towns, 2)
            departs = begin + chance.randint(0, 60 if level == "easy" else 170)
            rows.append((origin, departs, target, departs + chance.randint(9, 58)))
        best = earliest(rows, start, goal, begin, change)
        greedy = first_train(rows, start, goal, begin, change)
        direct = any((origin, target) == (start, goal) for origin, _, target, _ in rows)
        if best is None or (level == "easy") != (greedy == best) or (level != "easy" and direct):
            continue
        if level == "hard" and not (begin < 580 and best > 600):
            continue
        break
    padded = level != "hard"
    lines = [f"{o} | {clock(d, padded)} | {t} | {clock(a, padded)}" for o, d, t, a in rows]
    table = "\n".join(["From | Departs | To | Arrives", *lines])
    now = clock(begin, padded)
    question = (
        f"It is {now} and you are at the station of {start}. When can you be in {goal} at the earliest, if changing "
        f"trains takes at least {change} minutes?",
        f"Tom is in {start} and can board from {now} on. Changing trains takes him {change} minutes. Using the "
        f"timetable, what is his earliest arrival in {goal}?",
        f"By the timetable below, what is the earliest arrival in {goal} for someone who starts in {start} at {now} "
        f"and needs {change} minutes for every change?",
    )[number % 3]
    return Draft(question + " Answer as HH:MM.", clock(best, padded=True), table)


DOMAIN = Domain(
    id="tables-and-business",
    name="Tables and business",
    description="Invoices with price bands, loan balances, medians of long lists and timetables.",
    families=(
        Family("tiered invoices", "numeric", invoice),
        Family("loan balances", "numeric", loan),
        Family("medians", "numeric", median),
        Family("timetables", "exact", timetable),
    ),
)
