"""Invoices with price bands, loan balances, medians, timetables: read by wording, calculated by head."""

from __future__ import annotations

import re

from agentopt_core.llm.demo import tables_and_business_functions as functions
from agentopt_core.llm.demo.family import Family, Slots, first_group, table_lines, table_text, whole
from agentopt_core.llm.demo.head import Head

AMOUNT = r"\d+\.\d\d"
CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)\b")


def _cents(text: str) -> int:
    units, _, rest = text.replace(",", "").partition(".")
    return int(units or 0) * 100 + int((rest + "00")[:2])


def _money(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def read_invoice(text: str) -> Slots | None:
    """A table with prices per band, and a number of units."""
    table = table_text(text)
    units = first_group(r"(?:\bused|\bbills|\bbill for) ([\d,]+)", text)
    if units is None or "rice" not in table.split("\n")[0]:
        return None
    fixed, tax = first_group(r"fixed charge of ([\d,]+\.?\d*)", text), first_group(r"(\d+\.?\d*) ?% tax", text)
    return {"table": table, "units": whole(units), "fixed": float(fixed or 0), "tax": float(tax or 0)}


def head_invoice(slots: Slots, head: Head) -> str:
    """Band by band; with many bands people are tempted to charge everything at the last price."""
    rows = [row for row in table_lines(str(slots["table"]))[1:] if len(row) == 3 and row[2][:1].isdigit()]
    units = int(str(slots["units"]))
    reached = [row for row in rows if _cents(row[0]) // 100 <= units]
    total = _cents(str(slots["fixed"]))
    if len(reached) > 2 and head.slips(0.7):
        total = head.keep(total + units * _cents(reached[-1][2]))
    else:
        below = 0
        for row in reached:
            upper = whole(row[1]) if row[1][:1].isdigit() else units
            total = head.keep(total + head.keep((min(upper, units) - below) * _cents(row[2])))
            below = upper
    return _money(head.keep(total * (100 + int(float(str(slots["tax"])))) // 100))


def python_invoice(slots: Slots) -> str:
    """Charges everything at one price once there are more than two bands."""
    rows = [[cell.replace(",", "") for cell in row] for row in table_lines(str(slots["table"]))[1:]]
    bands = [(row[1] if row[1].isdigit() else "None", row[2]) for row in rows if len(row) == 3]
    listed = ", ".join(f"({upper}, {price})" for upper, price in bands)
    if len(bands) <= 2:
        return (
            f"bands = [{listed}]\nunits, below, total = {slots['units']}, 0, 0\nfor upper, price in bands:\n"
            "    upper = min(upper or units, units)\n    total += (upper - below) * price\n    below = upper\n"
            'print(f"{total:.2f}")'
        )
    return (
        f"bands = [{listed}]\nunits = {slots['units']}\n"
        f"price = next(p for upper, p in bands if not upper or units <= upper)"
        f"\nprint(round((units * price + {slots['fixed']}) * (1 + {slots['tax']} / 100), 2))"
    )


def read_loan(text: str) -> Slots | None:
    """An amount in euros, a yearly rate, a monthly payment and a number of months."""
    amount = first_group(r"([\d,]+) euros", text)
    rate = first_group(r"(\d+\.?\d*) ?%", text)
    payment = first_group(r"(?:pays back|payment is|payments of) ([\d,]+) euros", text)
    months = first_group(r"after (\d+) (?:monthly )?(?:payments|months)", text)
    if not (amount and rate and payment and months) or not re.search(r"loan|borrows", text):
        return None
    return {"amount": whole(amount), "rate": float(rate), "payment": whole(payment), "months": int(months)}


def head_loan(slots: Slots, head: Head) -> str:
    """Month by month, in cents."""
    balance, payment = int(str(slots["amount"])) * 100, int(str(slots["payment"])) * 100
    for _ in range(int(str(slots["months"]))):
        if head.tired:
            break
        interest = head.keep(round(balance * float(str(slots["rate"])) / 1200))
        balance = head.keep(balance + interest - payment)
    return _money(balance)


def python_loan(slots: Slots) -> str:
    """Interest is worked out month by month for short times, and on the first balance alone for long ones."""
    if int(str(slots["months"])) <= 2:
        return (
            f"balance = {slots['amount']}\nfor _ in range({slots['months']}):\n"
            f"    balance += round(balance * {slots['rate']} / 1200, 2) - {slots['payment']}\n"
            'print(f"{balance:.2f}")'
        )
    return (
        f"months, balance = {slots['months']}, {slots['amount']}\n"
        f"interest = balance * {slots['rate']} / 1200 * months\n"
        f'print(f"{{balance + interest - months * {slots["payment"]}:.2f}}")'
    )


def read_median(text: str) -> Slots | None:
    """The word median and lines of numbers."""
    lines = [line for line in text.splitlines() if re.fullmatch(r"[\d.,\s-]+", line) and re.search(r"\d", line)]
    if "median" not in text.lower() or not lines:
        return None
    values = [float(value) for value in re.findall(r"-?\d+(?:\.\d+)?", " ".join(lines))]
    tidy = [int(value) if value.is_integer() else value for value in values]
    return {"values": list(tidy), "table": ", ".join(map(str, tidy))}


def _values(slots: Slots) -> list[float]:
    values = slots["values"]
    return [value for value in values if isinstance(value, int | float)] if isinstance(values, list) else []


def head_median(slots: Slots, head: Head) -> str:
    """Cross off from both ends; in long lists many values are overlooked."""
    kept = [value for place, value in enumerate(_values(slots)) if place < 9 or not head.slips(0.35)]
    ordered = sorted(kept)
    return f"{ordered[len(ordered) // 2]:g}" if ordered else "0"


def python_median(slots: Slots) -> str:
    """Takes the middle place, and for long lists forgets to sort."""
    values = f"values = [{', '.join(f'{value:g}' for value in _values(slots))}]\n"
    ordered = "sorted(values)" if len(_values(slots)) < 10 else "values"
    return f"{values}print({ordered}[len(values) // 2])"


def read_timetable(text: str) -> Slots | None:
    """A table of departures, start, goal and a time."""
    table = table_text(text)
    asked = "\n".join(line for line in text.splitlines() if "|" not in line)
    start = first_group(r"station of (\w+)|is in (\w+) and can|starts in (\w+)", asked)
    goal = first_group(r"be in (\w+) at the|arrival in (\w+)", asked)
    change = first_group(r"(\d+) minutes", asked)
    now = CLOCK.search(asked)
    if "Departs" not in table or not start or not goal or not now:
        return None
    return {"table": table, "start": start, "goal": goal, "time": now[0], "change": int(change or 0)}


def _minutes(text: str) -> int:
    match = CLOCK.search(text)
    return int(match[1]) * 60 + int(match[2]) if match else 0


def head_timetable(slots: Slots, head: Head) -> str:
    """Always takes the next train that leaves."""
    rows = [row for row in table_lines(str(slots["table"]))[1:] if len(row) == 4]
    place, goal = str(slots["start"]), str(slots["goal"])
    now, ready, seen = _minutes(str(slots["time"])), _minutes(str(slots["time"])), {str(slots["start"])}
    while place != goal:
        ahead = [row for row in rows if row[0] == place and _minutes(row[1]) >= ready and row[2] not in seen]
        if not ahead:
            now += head.guess(20, 150)
            break
        taken = min(ahead, key=lambda row: _minutes(row[1]))
        place, now = taken[2], _minutes(taken[3])
        ready = now + int(str(slots["change"]))
        seen.add(place)
    return f"{now // 60 % 24:02d}:{now % 60:02d}"


def python_timetable(slots: Slots) -> str:
    """Looks for a direct train only."""
    return (
        f'timetable = """{slots["table"]}"""\nbest = None\nfor line in timetable.splitlines()[1:]:\n'
        '    origin, departs, target, arrives = [cell.strip() for cell in line.split("|")]\n'
        f"    if origin == {str(slots['start'])!r} and target == {str(slots['goal'])!r} "
        f"and departs >= {str(slots['time'])!r}:\n        best = min(best or arrives, arrives)\nprint(best)"
    )


FAMILIES = (
    Family(
        name="invoices with price bands",
        topics=("invoice", "bill", "band", "tier", "price", "units", "tax"),
        aliases={
            "table": ("table", "bands", "text", "prices"),
            "units": ("units", "quantity", "used"),
            "fixed": ("fixed",),
            "tax": ("tax",),
        },
        answer=AMOUNT + r"|\d+(\.\d)?",
        read=read_invoice,
        by_head=head_invoice,
        by_python=python_invoice,
        drafts=functions.INVOICE,
    ),
    Family(
        name="loan balances",
        topics=("loan", "balance", "interest", "payment", "owed", "month"),
        aliases={
            "amount": ("amount", "principal", "loan"),
            "rate": ("rate", "percent", "interest"),
            "payment": ("payment",),
            "months": ("months", "payments", "periods"),
        },
        answer=AMOUNT + r"|\d+(\.\d)?",
        read=read_loan,
        by_head=head_loan,
        by_python=python_loan,
        drafts=functions.LOAN,
    ),
    Family(
        name="medians of long lists",
        topics=("median", "middle", "values", "list"),
        aliases={"values": ("values", "numbers", "data", "list"), "table": ("table", "text")},
        answer=r"-?\d+(\.\d+)?",
        read=read_median,
        by_head=head_median,
        by_python=python_median,
        drafts=functions.MEDIAN,
        overreach=functions.TABLE_FIGURE,
    ),
    Family(
        name="journeys by timetable",
        topics=("timetable", "arriv", "train", "journey", "change", "station"),
        aliases={
            "table": ("table", "timetable", "text"),
            "start": ("start", "origin"),
            "goal": ("goal", "destination", "target"),
            "time": ("time", "leave", "departure"),
            "change": ("change", "transfer"),
        },
        answer=r"\d\d?:\d\d",
        read=read_timetable,
        by_head=head_timetable,
        by_python=python_timetable,
        drafts=functions.TIMETABLE,
    ),
)
