"""The functions the demo optimizer can write for tables and business; where there are two, the first has a bug."""

from __future__ import annotations

from agentopt_core.llm.demo.family import Draft, integer, number, parameters, string
from agentopt_core.words import JsonObject

_BANDS = "From unit | To unit | Price per unit\n1 | 10 | 3.00\n11 | and more | 2.00"
_INVOICE = Draft(
    name="tiered_invoice",
    description="Invoice with price bands: every unit costs the price of its own band in the table; a fixed charge is "
    "added and then tax. Returns the bill to the cent.",
    parameters=parameters(
        {
            "table": string("Lines 'from | to | price per unit', header first.", _BANDS),
            "units": integer("Number of units to bill.", 17),
        },
        {
            "fixed_charge": number("Fixed charge before tax; 0 if there is none.", 5.5),
            "tax_percent": number("Tax in percent; 0 if there is none.", 19),
        },
    ),
    code="""\
from decimal import ROUND_HALF_UP, Decimal


def tiered_invoice(table, units, fixed_charge=0, tax_percent=0):
    total = Decimal(str(fixed_charge))
    for line in table.strip().splitlines()[1:]:
        first, last, price = [cell.strip() for cell in line.split("|")]
        upper = int(last) if last[0].isdigit() else units
        billed = min(units, upper) - int(first) + 1
        if billed > 0:
            total += billed * Decimal(price)
    total *= 1 + Decimal(str(tax_percent)) / 100
    return str(total.quantize(Decimal("0.01"), ROUND_HALF_UP))
""",
    why="Invoices fail where several bands are reached; reading the table and billing band by band covers them all.",
)
INVOICE = (
    _INVOICE,
    Draft(
        name=_INVOICE.name,
        description=_INVOICE.description + " Accepts bounds such as 1,350.",
        parameters=_INVOICE.parameters,
        code=_INVOICE.code.replace(
            """\
        first, last, price = [cell.strip() for cell in line.split("|")]
""",
            """\
        first, last, price = [cell.strip().replace(",", "") for cell in line.split("|")]
""",
        ),
        why="It crashes on bounds with a thousands comma, int() does not take them; the commas must go first.",
    ),
)
LOAN = (
    Draft(
        name="loan_balance",
        description="Balance still owed on a loan after a number of monthly payments; each month's interest is rounded "
        "to the cent, half a cent up.",
        parameters=parameters(
            {
                "amount": number("Amount of the loan.", 2000),
                "yearly_rate_percent": number("Yearly interest in percent.", 12),
                "monthly_payment": number("Payment per month.", 400),
                "months": integer("Number of payments made.", 2),
            }
        ),
        code="""\
from decimal import ROUND_HALF_UP, Decimal


def loan_balance(amount, yearly_rate_percent, monthly_payment, months):
    balance = Decimal(str(amount))
    rate = Decimal(str(yearly_rate_percent)) / 1200
    for _ in range(months):
        interest = (balance * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
        balance += interest - Decimal(str(monthly_payment))
    return str(balance.quantize(Decimal("0.01")))
""",
        why="Loan schedules need a rounding every month, which no one does by head; exact decimals in a loop do.",
    ),
)
_VALUES: JsonObject = {
    "type": "array",
    "items": {"type": "number"},
    "description": "All values, in any order.",
    "examples": [[14, 63, 64, 39, 72]],
}
_MEDIAN = Draft(
    name="median_of_values",
    description="Median (middle value) of a list of values.",
    parameters=parameters({"values": _VALUES}),
    code="""\
def median_of_values(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
""",
    why="Medians of long lists fail because values are overlooked; sorting them is safe.",
)
MEDIAN = (
    _MEDIAN,
    Draft(
        name=_MEDIAN.name,
        description=_MEDIAN.description + " With an even number of values, the mean of the two middle ones.",
        parameters=_MEDIAN.parameters,
        code="""\
def median_of_values(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
""",
        why="It is wrong for lists of even length: the median is then the mean of the two values in the middle.",
    ),
)
_TRAINS = "From | Departs | To | Arrives\nA | 11:05 | B | 11:40\nB | 11:50 | C | 12:10"
_TIMETABLE = Draft(
    name="earliest_arrival",
    description="Earliest arrival at a goal by a timetable of trains, with changes at stations. Returns HH:MM.",
    parameters=parameters(
        {
            "timetable": string("Lines 'from | departs | to | arrives', header first.", _TRAINS),
            "start": string("Station of departure.", "A"),
            "goal": string("Station to reach.", "C"),
            "time": string("Time from which trains can be taken, HH:MM.", "11:00"),
            "change_minutes": integer("Minutes a change takes at least.", 5),
        }
    ),
    code="""\
def earliest_arrival(timetable, start, goal, time, change_minutes):
    def later(clock, minutes):
        hours, rest = clock.split(":")
        total = int(hours) * 60 + int(rest) + minutes
        return f"{total // 60:02d}:{total % 60:02d}"

    rows = [[cell.strip() for cell in line.split("|")] for line in timetable.strip().splitlines()[1:]]
    arrival, ready = {}, {start: time}
    for _ in rows:
        for origin, departs, target, arrives in rows:
            if origin in ready and departs >= ready[origin] and arrives < arrival.get(target, "99:99"):
                arrival[target] = arrives
                ready[target] = later(arrives, change_minutes)
    return arrival[goal]
""",
    why="Journeys with changes fail because only the next train is looked at; all rows must be followed.",
)
TIMETABLE = (
    _TIMETABLE,
    Draft(
        name=_TIMETABLE.name,
        description=_TIMETABLE.description,
        parameters=_TIMETABLE.parameters,
        code="""\
def earliest_arrival(timetable, start, goal, time, change_minutes):
    def minutes(clock):
        hours, rest = clock.split(":")
        return int(hours) * 60 + int(rest)

    rows = [[cell.strip() for cell in line.split("|")] for line in timetable.strip().splitlines()[1:]]
    arrival, ready = {}, {start: minutes(time)}
    for _ in rows:
        for origin, departs, target, arrives in rows:
            at = minutes(arrives)
            if origin in ready and minutes(departs) >= ready[origin] and at < arrival.get(target, 9999):
                arrival[target] = at
                ready[target] = at + change_minutes
    return f"{arrival[goal] // 60:02d}:{arrival[goal] % 60:02d}"
""",
        why="It compares times as texts, and '9:15' is not before '10:05' as a text; minutes compare rightly.",
    ),
)
TABLE_FIGURE = Draft(
    name="table_figure",
    description="Any figure asked about a table or a list of values: the median or middle value, the price band and "
    "total of an invoice or bill for a number of units with tax.",
    parameters=parameters({"table": string("The table or the list, as text.", "3, 5, 10")}),
    code="""\
import re


def table_figure(table):
    values = [float(value) for value in re.findall(r"\\d+(?:\\.\\d+)?", table)]
    return round(sum(values) / len(values), 2)
""",
    why="Several tasks ask for one figure of a table; a single general function could serve lists and invoices alike.",
)
