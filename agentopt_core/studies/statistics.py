"""Several seeds on the same tasks: the tasks are the sample, the seeds only sharpen what each of them shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import erfc, gcd, lcm, sqrt
from typing import NamedTuple

from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.significance import wilson

Table = dict[str, int]
"""Task id -> 1 solved, 0 failed."""


_EXACT_WORK = 500_000_000
"""Bits that an exact p may move: some hundredths of a second, at some hundred changed tasks."""


class Share(NamedTuple):
    """Accuracy over seeds: the mean over tasks of each task's mean over seeds."""

    share: float
    low: float
    """Of the 95 % interval over tasks, like `high`."""
    high: float
    tasks: int
    n: int
    """Scored rollouts: tasks x seeds, but for faults."""


class Difference(NamedTuple):
    """The mean over tasks of each task's mean difference over seeds, -1 to 1."""

    share: float
    low: float
    high: float
    p: float
    fixed: float
    """Tasks that went from failed to solved, and from solved to failed; parts of tasks where seeds differ."""
    broken: float
    tasks: int
    n: int


def shared(tables: Sequence[Table]) -> Share | None:
    """Accuracy with its interval; None when nothing was scored.

    The interval is Wilson's with n = tasks, however many seeds: more seeds on the same tasks tell nothing about other
    tasks. So it is somewhat wide where seeds differ, and never too narrow.
    """
    scored = [found for task in _tasks(tables) if (found := [table[task] for table in tables if task in table])]
    if not scored:
        return None
    whole = lcm(*{len(found) for found in scored})
    mean = sum(sum(found) * (whole // len(found)) for found in scored) / whole
    low, high = wilson(mean, len(scored))
    return Share(mean / len(scored), low, high, len(scored), sum(map(len, scored)))


def difference(pairs: Sequence[tuple[Table, Table]]) -> Difference | None:
    """After minus before, one pair of tables a seed, on tasks that were scored in both; None where there are none.

    Interval: the house's paired one (Newcombe's method 10), each task counted once, shared out over its seeds. p: the
    exact sign-flip test over tasks, two-sided; with one seed that is the exact McNemar test.
    """
    found: list[Counter[tuple[int, int]]] = []
    for task in _tasks([before for before, _ in pairs]):
        both = Counter((before[task], after[task]) for before, after in pairs if task in before and task in after)
        if both:
            found.append(both)
    # Each task is `whole` parts, which its seeds share out evenly: so all sums stay whole numbers.
    whole = lcm(*{both.total() for both in found})
    parts: Counter[tuple[int, int]] = Counter()
    nets: list[int] = []
    for both in found:
        part = whole // both.total()
        for outcome, times in both.items():
            parts[outcome] += part * times
        nets.append(part * (both[0, 1] - both[1, 0]))
    solved, fixed, broken, failed = (parts[outcome] / whole for outcome in ((1, 1), (0, 1), (1, 0), (0, 0)))
    inside = paired_interval(solved, fixed, broken, failed)
    if inside is None:
        return None
    mean = sum(nets) / whole / len(nets)
    # The interval is made of rounded numbers; what it is about lies in it.
    low, high = min(inside[0], mean), max(inside[1], mean)
    n = sum(both.total() for both in found)
    return Difference(mean, low, high, sign_flip_p(nets), fixed, broken, len(nets), n)


def sign_flip_p(nets: Sequence[int]) -> float:
    """The chance of a sum at least so far from zero if each task's net difference had either sign with even odds.

    Two-sided and exact, unless so many tasks changed that the normal law says the same. 1.0 when no task changed.
    """
    unit = gcd(*nets) or 1
    sizes = [abs(net) // unit for net in nets if net]
    total, observed, changed = sum(sizes), abs(sum(nets)) // unit, len(sizes)
    if not observed:
        return 1.0
    if changed * changed * total > _EXACT_WORK:
        return erfc(observed / sqrt(2 * sum(size * size for size in sizes)))
    # The product of (1 + x^size): its coefficient at x^k counts the choices of tasks with a positive sign that come to
    # k. A coefficient is at most 2^changed, so they stand side by side in one whole number.
    width = changed + 1
    ways = 1
    for size in sizes:
        ways += ways << (size * width)
    reach = (total - observed) // 2
    tail = ways & ((1 << ((reach + 1) * width)) - 1)
    return float(
        Fraction(2 * (tail % ((1 << width) - 1)), 1 << changed)
    )  # the remainder is the sum of the coefficients


def joined(tables: Sequence[Table]) -> Table:
    """Tables of different task sets as one: the same id in two sets is two tasks."""
    return {f"{number}:{task}": value for number, table in enumerate(tables) for task, value in table.items()}


def _tasks(tables: Sequence[Table]) -> list[str]:
    return list(dict.fromkeys(task for table in tables for task in table))
