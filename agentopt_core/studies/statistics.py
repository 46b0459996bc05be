"""Several seeds on the same tasks: the tasks are the sample, the seeds only sharpen what each of them shows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import erfc, lcm, sqrt
from typing import NamedTuple

from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.significance import wilson

Table = dict[str, int]
"""Task id -> 1 solved, 0 failed."""


_EXACT_WORK = 2_000_000
"""Additions that an exact p may take: a second, at more than a thousand changed tasks."""


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
    scored = [[table[task] for table in tables if task in table] for task in _tasks(tables)]
    means = [Fraction(sum(each), len(each)) for each in scored if each]
    if not means:
        return None
    low, high = wilson(float(sum(means)), len(means))
    return Share(float(sum(means) / len(means)), low, high, len(means), sum(map(len, scored)))


def difference(pairs: Sequence[tuple[Table, Table]]) -> Difference | None:
    """After minus before, one pair of tables a seed, on tasks that were scored in both; None where there are none.

    Interval: the house's paired one (Newcombe's method 10), each task counted once, shared out over its seeds. p: the
    exact sign-flip test over tasks, two-sided; with one seed that is the exact McNemar test.
    """
    fixed = broken = solved = failed = Fraction()
    nets: list[Fraction] = []
    n = 0
    for task in _tasks([before for before, _ in pairs]):
        both = [(before[task], after[task]) for before, after in pairs if task in before and task in after]
        if not both:
            continue
        n += len(both)
        part = Fraction(1, len(both))
        fixed += part * both.count((0, 1))
        broken += part * both.count((1, 0))
        solved += part * both.count((1, 1))
        failed += part * both.count((0, 0))
        nets.append(part * (both.count((0, 1)) - both.count((1, 0))))
    found = paired_interval(float(solved), float(fixed), float(broken), float(failed))
    if found is None:
        return None
    mean = float(sum(nets) / len(nets))
    # The interval is made of rounded numbers; what it is about lies in it.
    low, high = min(found[0], mean), max(found[1], mean)
    return Difference(mean, low, high, sign_flip_p(nets), float(fixed), float(broken), len(nets), n)


def sign_flip_p(nets: Sequence[Fraction]) -> float:
    """The chance of a sum at least so far from zero if each task's net difference had either sign with even odds.

    Exact, in whole numbers, unless so many tasks changed that the normal law says the same. 1.0 when no task changed.
    """
    scale = lcm(*(net.denominator for net in nets)) if nets else 1
    sizes = [abs(int(net * scale)) for net in nets if net]
    observed = abs(int(sum(nets) * scale)) if nets else 0
    if len(sizes) * sum(sizes) > _EXACT_WORK:
        return erfc(observed / sqrt(2 * sum(size * size for size in sizes)))
    ways = {0: 1}
    for size in sizes:
        after: dict[int, int] = {}
        for total, number in ways.items():
            for reached in (total + size, total - size):
                after[reached] = after.get(reached, 0) + number
        ways = after
    return sum(number for total, number in ways.items() if abs(total) >= observed) / (1 << len(sizes))


def joined(tables: Sequence[Table]) -> Table:
    """Tables of different task sets as one: the same id in two sets is two tasks."""
    return {f"{number}:{task}": value for number, table in enumerate(tables) for task, value in table.items()}


def _tasks(tables: Sequence[Table]) -> list[str]:
    return list(dict.fromkeys(task for table in tables for task in table))
