"""Business days, check digits, ciphers, shortest ways: read by wording, calculated by head."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pydantic import JsonValue

from agentopt_core.llm.demo import files_and_everyday_functions as functions
from agentopt_core.llm.demo.family import Family, Slots, first_group, table_lines, table_text
from agentopt_core.llm.demo.head import Head

DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def read_business_days(text: str) -> Slots | None:
    """A date and a number of business or working days."""
    count = first_group(r"(\d{1,4}) (?:business|working) days", text)
    days = DAY.findall(text)
    if count is None or not days:
        return None
    return {"start": days[0], "days": int(count), "holidays": list(days[1:])}


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return date(2000, 1, 3)


def head_business_days(slots: Slots, head: Head) -> str:
    """A few days are counted off; many are turned into weeks, in months of thirty days, past all holidays."""
    day, count = _date(slots["start"]), int(str(slots["days"]))
    if count > 10:
        months, rest = divmod(count // 5 * 7 + count % 5, 30)
        month = day.month - 1 + months
        return (date(day.year + month // 12, month % 12 + 1, min(day.day, 28)) + timedelta(days=rest)).isoformat()
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return (day + timedelta(days=int(head.slips(0.03)))).isoformat()


def python_business_days(slots: Slots) -> str:
    """Counts every day once the number is large."""
    skip = "day.weekday() < 5" if int(str(slots["days"])) < 10 else "True"
    return (
        "from datetime import date, timedelta\n"
        f"day, left = date.fromisoformat({str(slots['start'])!r}), {slots['days']}\n"
        f"while left:\n    day += timedelta(days=1)\n    if {skip}:\n        left -= 1\nprint(day)"
    )


def read_check_digit(text: str) -> Slots | None:
    """A check digit is wanted for a number."""
    runs = re.findall(r"\d[\d -]{2,}\d", text)
    if "check digit" not in text or not runs:
        return None
    return {"number": max(runs, key=len), "scheme": "luhn" if "luhn" in text.lower() else "ean"}


def head_check_digit(slots: Slots, head: Head) -> str:
    """Weights and adds; in long numbers the weights get mixed up."""
    digits = [int(digit) for digit in str(slots["number"]) if digit.isdigit()]
    luhn, total = slots["scheme"] == "luhn", 0
    for place, digit in enumerate(reversed(digits) if luhn else digits):
        mixed_up = place > 6 and head.slips(0.5)
        if (place % 2 == (0 if luhn else 1)) != mixed_up:
            digit = digit * 2 - 9 * (digit > 4) if luhn else digit * 3
        total = head.keep(total + digit)
    return str(-total % 10)


def python_check_digit(slots: Slots) -> str:
    """Only knows short numbers without spaces; for longer ones it forgets the weights."""
    plain = str(slots["number"])
    if len(plain) > 6:
        return f"digits = [int(c) for c in {plain!r}]\nprint(-sum(digits) % 10)"
    if slots["scheme"] == "luhn":
        return (
            f"digits = [int(c) for c in reversed({plain!r})]\n"
            "total = sum(sum(divmod(2 * d, 10)) if i % 2 == 0 else d for i, d in enumerate(digits))\nprint(-total % 10)"
        )
    return (
        f"digits = [int(c) for c in {plain!r}]\nprint(-sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10)"
    )


def read_cipher(text: str) -> Slots | None:
    """A quoted message in capitals and a key."""
    message = first_group(r'"([A-Z ]+)"', text)
    key = first_group(r"key (?:was |is )?([A-Z]+)\b", text)
    if not message or not key or "Vigen" not in text:
        return None
    return {"message": message, "key": key}


def head_cipher(slots: Slots, head: Head) -> str:
    """Letter by letter; after a few letters some go wrong."""
    key, out, place = str(slots["key"]), "", 0
    for letter in str(slots["message"])[:400]:
        if letter == " ":
            out += " "
            continue
        wrong = 1 if place > 5 and head.slips(0.25) else 0
        out += chr((ord(letter) - ord(key[place % len(key)]) + wrong) % 26 + 97)
        place += 1
    return out


def python_cipher(slots: Slots) -> str:
    """Shifts everything by the first letter of the key."""
    return (
        f'message, shift = "{slots["message"]}", ord("{str(slots["key"])[0]}") - 65\n'
        'print("".join(chr((ord(c) - 65 - shift) % 26 + 97) if c != " " else c for c in message))'
    )


def read_shortest_way(text: str) -> Slots | None:
    """A list of roads with lengths, and two places."""
    rows = [row for row in table_lines(text) if len(row) == 2 and " - " in row[0] and row[1].isdigit()]
    ends = re.search(r"from the (\w+) to the (\w+)|between the (\w+) and the (\w+)", text)
    if not rows or not ends:
        return None
    start, goal = [end for end in ends.groups() if end]
    roads: list[JsonValue] = [[*row[0].split(" - ", 1), int(row[1])] for row in rows]
    return {"roads": roads, "table": table_text(text), "start": start, "goal": goal}


def head_shortest_way(slots: Slots, head: Head) -> str:
    """Always takes the shortest road ahead."""
    roads = slots["roads"] if isinstance(slots["roads"], list) else []
    place, goal, total = str(slots["start"]), str(slots["goal"]), 0
    seen = {place}
    while place != goal:
        ahead: list[tuple[int, str]] = []
        for road in roads:
            if isinstance(road, list) and place in road[:2]:
                other = str(road[1] if road[0] == place else road[0])
                if other not in seen:
                    ahead.append((int(str(road[2])), other))
        if not ahead:
            total += head.guess(10, 60)
            break
        length, place = min(ahead)
        total += length
        seen.add(place)
    return str(total)


def python_shortest_way(slots: Slots) -> str:
    """Tries the direct road and the ways with one place in between."""
    return (
        f'text = """{slots["table"]}"""\nroads = {{}}\nfor line in text.splitlines()[1:]:\n'
        '    ends, km = line.split("|")\n    a, b = ends.strip().split(" - ")\n'
        "    roads[a, b] = roads[b, a] = int(km)\n"
        f"start, goal = {str(slots['start'])!r}, {str(slots['goal'])!r}\n"
        "ways = [roads.get((start, goal), 10**6)]\n"
        "ways += [roads[start, m] + roads[m, goal] for a, m in roads if a == start and (m, goal) in roads]\n"
        "print(min(ways))"
    )


FAMILIES = (
    Family(
        name="dates in business days",
        topics=("business", "working", "date", "day", "holiday", "deadline", "weekend"),
        aliases={
            "start": ("start", "from"),
            "days": ("days", "count", "n"),
            "holidays": ("holidays",),
        },
        answer=r"\d{4}-\d\d-\d\d",
        read=read_business_days,
        by_head=head_business_days,
        by_python=python_business_days,
        drafts=functions.BUSINESS_DAYS,
        overreach=functions.DATE_AFTER,
    ),
    Family(
        name="check digits",
        topics=("check", "digit", "ean", "luhn", "code"),
        aliases={"number": ("number", "digits", "code"), "scheme": ("scheme", "rule", "kind")},
        answer=r"\d",
        read=read_check_digit,
        by_head=head_check_digit,
        by_python=python_check_digit,
        drafts=functions.CHECK_DIGIT,
    ),
    Family(
        name="ciphers with a key",
        topics=("cipher", "vigen", "decipher", "decrypt", "decode", "key"),
        aliases={"message": ("message", "text", "ciphertext"), "key": ("key",)},
        answer=r"[a-z ]+",
        read=read_cipher,
        by_head=head_cipher,
        by_python=python_cipher,
        drafts=functions.CIPHER,
    ),
    Family(
        name="shortest ways on a map",
        topics=("shortest", "road", "route", "way", "distance", "map"),
        aliases={
            "roads": ("roads", "edges"),
            "table": ("table", "roads", "text", "map"),
            "start": ("start", "origin"),
            "goal": ("goal", "destination", "target"),
        },
        answer=r"\d+",
        read=read_shortest_way,
        by_head=head_shortest_way,
        by_python=python_shortest_way,
        drafts=functions.SHORTEST_WAY,
    ),
)
