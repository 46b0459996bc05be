"""How far a difference between two measurements on the same tasks could be off."""

from __future__ import annotations

import math

from agentopt_core.significance import wilson


def paired_interval(both_solved: float, fixed: float, broken: float, both_failed: float) -> tuple[float, float] | None:
    """The 95 % interval of accuracy after minus before on the same tasks, -1 to 1; None without tasks.

    Newcombe's square-and-add interval for paired proportions (Statistics in Medicine 17 (1998) 2635-2650, method 10):
    the Wilson intervals of both shares, joined with their correlation, which is taken for none where it is positive
    but no more than chance. Good at small n, and never outside -1 to 1. It is not the test's twin: near p = 0.05 it
    may leave out zero while the exact test does not reject, or the other way round. A task that was run several times
    may be shared out over the four counts.
    """
    n = both_solved + fixed + broken + both_failed
    if not n:
        return None
    before, after = (both_solved + broken) / n, (both_solved + fixed) / n
    of_before, of_after = wilson(both_solved + broken, n), wilson(both_solved + fixed, n)
    difference = (fixed - broken) / n
    correlation = _correlation(both_solved, fixed, broken, both_failed)
    down = after - of_after[0], of_before[1] - before
    up = of_after[1] - after, before - of_before[0]
    return (
        max(-1.0, difference - _joined(*down, correlation)),
        min(1.0, difference + _joined(*up, correlation)),
    )


def _joined(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first * first - 2 * correlation * first * second + second * second))


def _correlation(both_solved: float, fixed: float, broken: float, both_failed: float) -> float:
    """Phi of the fourfold table; a positive one is first reduced by a continuity correction of n / 2."""
    margins = (both_solved + fixed) * (broken + both_failed) * (both_solved + broken) * (fixed + both_failed)
    if not margins:
        return 0.0
    product = float(both_solved * both_failed - fixed * broken)
    if product > 0:
        product = max(0.0, product - (both_solved + fixed + broken + both_failed) / 2)
    return product / math.sqrt(margins)


def holm(p_values: list[float]) -> list[float]:
    """The p-values of several comparisons, raised for their number (Holm 1979), in the order given.

    Each is the smallest error rate, over all of them together, at which its comparison would still count.
    """
    raised = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        raised[index] = highest
    return raised
