"""Business days, check digits, ciphers, shortest ways on a small map."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise, permutations

from .family import Domain, Draft, Family, Level

PLACES = ("Mill", "Church", "Harbour", "School", "Market", "Bridge", "Station", "Lake")
WORDS = (
    "meet me behind the old library at noon tomorrow",
    "the second key lies under the green flower pot",
    "bring the map and three lanterns to the north gate",
    "our ship leaves harbour before the morning fog lifts",
    "never trust the clock above the baker shop door",
    "follow the river until you find a broken wheel",
    "the treasure was moved into the smaller cellar",
    "wait for the third bell and then cross the bridge",
    "all letters from vienna must be burned tonight",
    "paint a white circle on the door of the mill",
)
SHORT = ("lamp", "rose", "moon", "tea", "fish", "bell", "gold", "wind", "oak", "star")
KEYS = ("LEMON", "WINTER", "ORBIT", "FALCON", "QUARTZ", "MEADOW")


def business_days(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: holidays on weekdays lie on the way."""
    day = date(chance.choice([2023, 2024, 2025, 2026]), chance.randint(1, 11), chance.randint(1, 28))
    while day.weekday() > (1 if level == "easy" else 4):
        day += timedelta(days=1)
    count = {"easy": chance.randint(2, 3), "medium": chance.randint(23, 64)}.get(level, chance.randint(31, 88))
    holidays: list[date] = []
    if level == "hard":
        while len(holidays) < 4:
            holiday = day + timedelta(days=chance.randint(2, count))
            if holiday.weekday() < 5 and holiday not in holidays:
                holidays.append(holiday)
        holidays.sort()
    end, left = day, count
    while left:
        end += timedelta(days=1)
        if end.weekday() < 5 and end not in holidays:
            left -= 1
    free = f" Holidays: {', '.join(map(str, holidays))}." if holidays else " There are no holidays in between."
    question = (
        f"Which date is {count} business days after {day}? Saturdays and Sundays do not count.{free}",
        f"An order placed on {day} is delivered {count} working days later (Monday to Friday, holidays excepted)."
        f"{free} On which date does it arrive?",
        f"The office promises an answer within {count} business days of {day}, not counting weekends.{free} "
        "What is the last possible date?",
    )[number % 3]
    return Draft(question + " Answer as YYYY-MM-DD.", end.isoformat())


def luhn_digit(digits: list[int]) -> int:
    """The digit that makes the sum of the code, every second digit doubled from the right, a multiple of ten."""
    doubled = [2 * d - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(reversed(digits))]
    return next(c for c in range(10) if (sum(doubled) + c) % 10 == 0)


def ean_digit(digits: list[int]) -> int:
    """The digit that makes the sum with weights 1, 3, 1, 3, ... a multiple of ten."""
    weighted = [d * (3 if i % 2 else 1) for i, d in enumerate(digits)]
    return next(c for c in range(10) if (sum(weighted) + c) % 10 == 0)


def check_digit(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: the number is printed with spaces or hyphens."""
    ean = number % 2 == 0
    if level == "easy":
        digits = [chance.randint(1, 4) for _ in range(4)]
    else:
        digits = [chance.randint(1, 9), *(chance.randint(0, 9) for _ in range(11 if ean else 14))]
    plain = "".join(map(str, digits))
    if level == "hard" and ean:
        plain = f"{plain[:3]}-{plain[3]}-{plain[4:9]}-{plain[9:]}"
    elif level == "hard":
        plain = " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))
    answer = ean_digit(digits) if ean else luhn_digit(digits)
    how_ean = "the digits are weighted 1, 3, 1, 3, ... from the left, and check digit and sum make a multiple of 10"
    how_luhn = "from the right every second digit is doubled, beginning with the last one given, digits of doubled "
    how_luhn += "numbers are added, and check digit and sum make a multiple of 10"
    question = (
        f"A bar code reads {plain} and lacks its EAN check digit: {how_ean}. Which digit is it?",
        f"Which check digit belongs behind the card number {plain} by the Luhn rule ({how_luhn})?",
        f"Complete the book number {plain} with its check digit by the EAN rule: {how_ean}.",
        f"The last digit of a Luhn number is smudged; before it stands {plain}. What must the check digit "
        f"be? ({how_luhn})",
    )[number % 4]
    return Draft(question, str(answer))


def shifted(text: str, key: str) -> str:
    """Vigenère: letters move on by the key's letters, A by none; the key rests on spaces."""
    out, position = "", 0
    for letter in text.upper():
        if not letter.isalpha():
            out += letter
            continue
        out += chr((ord(letter) - 65 + ord(key[position % len(key)]) - 65) % 26 + 65)
        position += 1
    return out


def cipher(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: several words, and the key does not move on at a space."""
    if level == "easy":
        text, key = SHORT[number % len(SHORT)], chance.choice("BCD")
    elif level == "medium":
        words = WORDS[number % len(WORDS)].split()
        text, key = "".join(words[:4]), chance.choice(KEYS)
    else:
        text, key = WORDS[number % len(WORDS)], chance.choice(KEYS)
    secret = shifted(text, key)
    rule = "A in the key shifts by 0, B by 1, and so on; spaces stay and use up no letter of the key"
    question = (
        f'The note "{secret}" was written in a Vigenère cipher with the key {key} ({rule}). What does it say?',
        f'Decipher "{secret}". It was encrypted with the Vigenère key {key}: {rule}.',
        f'Grandfather hid a message as "{secret}". His Vigenère key was {key}; {rule}. What was the message?',
    )[number % 3]
    return Draft(question, text)


Road = tuple[str, str, int]


def shortest(roads: list[Road], start: str, goal: str) -> int:
    """Length of the shortest way, by trying every order of the places in between."""
    length = {(a, b): km for a, b, km in roads} | {(b, a): km for a, b, km in roads}
    between = sorted({place for a, b, _ in roads for place in (a, b)} - {start, goal})
    best = 10**6
    for count in range(len(between) + 1):
        for middle in permutations(between, count):
            way = [start, *middle, goal]
            legs = list(pairwise(way))
            if all(leg in length for leg in legs):
                best = min(best, sum(length[leg] for leg in legs))
    return best


def nearest_next(roads: list[Road], start: str, goal: str) -> int:
    """The way of someone who always takes the shortest road ahead; 0 if he gets stuck."""
    place, total, seen = start, 0, {start}
    while place != goal:
        ahead = [(km, b if a == place else a) for a, b, km in roads if place in (a, b)]
        ahead = [(km, other) for km, other in ahead if other not in seen]
        if not ahead:
            return 0
        km, place = min(ahead)
        total += km
        seen.add(place)
    return total


def shortest_way(chance: random.Random, level: Level, number: int) -> Draft:
    """Snag of the hard ones: the way uses roads against the direction in which they are listed."""
    places = PLACES[: {"easy": 3, "medium": 7, "hard": 8}[level]]
    while True:
        start, goal = chance.sample(places, 2)
        pairs = [pair if chance.random() < 0.5 else pair[::-1] for pair in _pairs(places)]
        chosen = chance.sample(pairs, {"easy": 3, "medium": 12, "hard": 15}[level])
        roads = [(a, b, chance.randint(2, 9) if level == "easy" else chance.randint(11, 89)) for a, b in chosen]
        best = shortest(roads, start, goal)
        if best == 10**6 or (level == "easy") != (nearest_next(roads, start, goal) == best):
            continue
        if level != "easy" and any({a, b} == {start, goal} for a, b, _ in roads):
            continue
        if (level == "hard") == (_along(roads, start, goal) != best):
            break
    table = "\n".join(["Road | Length in km", *(f"{a} - {b} | {km}" for a, b, km in roads)])
    question = (
        f"All roads of the village are listed below and can be used both ways. How many kilometres is the shortest way "
        f"from the {start} to the {goal}?",
        f"The postman walks from the {start} to the {goal} on the roads of the list, in either direction. What is the "
        "least distance in km?",
        f"Find the length in km of the shortest route between the {start} and the {goal}; every road in the list is "
        "open in both directions.",
    )[number % 3]
    return Draft(question, str(best), table)


def _pairs(places: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(places) for b in places[i + 1 :]]


def _along(roads: list[Road], start: str, goal: str) -> int:
    """Length of the shortest way that uses every road only as listed."""
    far = {start: 0}
    for _ in roads:
        for a, b, km in roads:
            if a in far and far[a] + km < far.get(b, 10**6):
                far[b] = far[a] + km
    return far.get(goal, 10**6)


DOMAIN = Domain(
    id="files-and-everyday",
    name="Files and everyday",
    description="Business days, check digits, ciphers and shortest ways on a small map.",
    families=(
        Family("business days", "exact", business_days),
        Family("check digits", "numeric", check_digit),
        Family("ciphers", "text", cipher),
        Family("shortest ways", "numeric", shortest_way),
    ),
)
