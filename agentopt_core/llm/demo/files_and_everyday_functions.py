"""The functions the demo optimizer can write for files and everyday; where there are two, the first has a bug."""

from __future__ import annotations

from agentopt_core.llm.demo.family import Draft, integer, parameters, string
from agentopt_core.words import JsonObject

_START = string("Date to count from, YYYY-MM-DD.", "2024-03-14")
_DAYS = integer("Number of business days.", 3)
_HOLIDAYS: JsonObject = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Holidays, YYYY-MM-DD; may be empty.",
    "examples": [["2024-03-18"]],
}
BUSINESS_DAYS = (
    Draft(
        name="add_business_days",
        description="Date that lies a number of business days (working days, no weekends) after a start date.",
        parameters=parameters({"start_date": _START, "days": _DAYS}),
        code="""\
from datetime import date, timedelta


def add_business_days(start_date, days):
    day = date.fromisoformat(start_date)
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return day.isoformat()
""",
        why="Dates many business days ahead are missed by head; stepping through the calendar is exact.",
    ),
    Draft(
        name="add_business_days",
        description="Date that lies a number of business days (working days, no weekends, no holidays) after a start "
        "date.",
        parameters=parameters({"start_date": _START, "days": _DAYS, "holidays": _HOLIDAYS}),
        code="""\
from datetime import date, timedelta


def add_business_days(start_date, days, holidays):
    day, free = date.fromisoformat(start_date), set(holidays)
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day.isoformat() not in free:
            days -= 1
    return day.isoformat()
""",
        why="It is too early where holidays lie on the way; they must be a parameter.",
    ),
)
_CHECK_DIGIT = Draft(
    name="check_digit",
    description="Check digit that completes a code or card number, by the EAN rule or the Luhn rule.",
    parameters=parameters(
        {
            "number": string("The digits that are known.", "24332433"),
            "scheme": {
                "type": "string",
                "enum": ["ean", "luhn"],
                "description": "ean or luhn.",
                "examples": ["ean"],
            },
        }
    ),
    code="""\
def check_digit(number, scheme):
    digits = [int(character) for character in number]
    if scheme == "luhn":
        doubled = [2 * d if i % 2 == 0 else d for i, d in enumerate(reversed(digits))]
        total = sum(d - 9 if d > 9 else d for d in doubled)
    else:
        total = sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return -total % 10
""",
    why="Check digits of long numbers come out at random; both rules fit into one function.",
)
CHECK_DIGIT = (
    _CHECK_DIGIT,
    Draft(
        name=_CHECK_DIGIT.name,
        description=_CHECK_DIGIT.description + " Spaces and hyphens are ignored.",
        parameters=_CHECK_DIGIT.parameters,
        code=_CHECK_DIGIT.code.replace("for character in number]", "for character in number if character.isdigit()]"),
        why="It crashes on numbers printed with spaces or hyphens; everything but digits must be left out.",
    ),
)
_CIPHER = Draft(
    name="decode_vigenere",
    description="Decodes (deciphers) a message in a Vigenere cipher with a known key; returns small letters.",
    parameters=parameters(
        {"message": string("The encrypted message.", "MBNQ"), "key": string("The key, letters only.", "B")}
    ),
    code="""\
def decode_vigenere(message, key):
    decoded = ""
    for position, letter in enumerate(message.upper()):
        shift = ord(key[position % len(key)].upper()) - 65
        decoded += chr((ord(letter) - 65 - shift) % 26 + 97) if letter.isalpha() else letter
    return decoded
""",
    why="Longer messages come out garbled; shifting letter by letter is mechanical.",
)
CIPHER = (
    _CIPHER,
    Draft(
        name=_CIPHER.name,
        description=_CIPHER.description,
        parameters=_CIPHER.parameters,
        code="""\
def decode_vigenere(message, key):
    decoded, used = "", 0
    for letter in message.upper():
        if not letter.isalpha():
            decoded += letter
            continue
        shift = ord(key[used % len(key)].upper()) - 65
        decoded += chr((ord(letter) - 65 - shift) % 26 + 97)
        used += 1
    return decoded
""",
        why="After the first space it decodes nonsense: a space must not use up a letter of the key.",
    ),
)
_SHORTEST_WAY = Draft(
    name="shortest_way",
    description="Length of the shortest way (route) between two places on a map given as a list of roads with lengths.",
    parameters=parameters(
        {
            "roads": string("Lines 'place - place | length', header first.", "Road | Length\nA - B | 7\nB - C | 2"),
            "start": string("Where the way begins.", "A"),
            "goal": string("Where it ends.", "C"),
        }
    ),
    code="""\
import heapq


def shortest_way(roads, start, goal):
    ahead = {}
    for line in roads.strip().splitlines()[1:]:
        ends, length = line.split("|")
        a, b = [end.strip() for end in ends.split(" - ")]
        ahead.setdefault(a, []).append((b, float(length)))
    queue, done = [(0, start)], set()
    while queue:
        far, place = heapq.heappop(queue)
        if place == goal:
            return int(far) if far == int(far) else far
        if place not in done:
            done.add(place)
            for other, length in ahead.get(place, []):
                heapq.heappush(queue, (far + length, other))
    raise ValueError(f"no way from {start} to {goal}")
""",
    why="Taking the shortest road at every corner is not the shortest way; Dijkstra's search is.",
)
SHORTEST_WAY = (
    _SHORTEST_WAY,
    Draft(
        name=_SHORTEST_WAY.name,
        description=_SHORTEST_WAY.description + " Roads can be used both ways.",
        parameters=_SHORTEST_WAY.parameters,
        code=_SHORTEST_WAY.code.replace(
            """\
        ahead.setdefault(a, []).append((b, float(length)))
""",
            """\
        ahead.setdefault(a, []).append((b, float(length)))
        ahead.setdefault(b, []).append((a, float(length)))
""",
        ),
        why="It uses roads only in the direction in which they are listed; they are open both ways.",
    ),
)
DATE_AFTER = Draft(
    name="date_after",
    description="Any date question: the date a number of days, working days, business days, weekends or holidays "
    "later, deadlines and delivery days.",
    parameters=parameters({"start": _START, "days": _DAYS}),
    code="""\
from datetime import date, timedelta


def date_after(start, days):
    return (date.fromisoformat(start) + timedelta(days=days)).isoformat()
""",
    why="Deadlines and deliveries are both dates some days ahead; one general function could answer them all.",
)
