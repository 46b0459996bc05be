"""How far a difference between two measurements on the same tasks could be off."""

from __future__ import annotations

import math

from agentopt_core.rollouts import Proportion


def paired_interval(both_solved: int, fixed: int, broken: int, both_failed: int) -> tuple[float, float] | None:
    """The 95 % interval of accuracy after minus before on the same tasks, -1 to 1; None without tasks.

    Newcombe's square-and-add interval for paired proportions (Statistics in Medicine 17 (1998) 2635-2650, method 10):
    the Wilson intervals of both shares, joined with their correlation, which is taken for none where it is positive
    but no more than chance. Good at small n, and never outside -1 to 1. It is not the test's twin: near p = 0.05 it
    may leave out zero while the exact test does not reject, or the other way round.
    """
    n = both_solved + fixed + broken + both_failed
    before, after = Proportion(correct=both_solved + broken, n=n), Proportion(correct=both_solved + fixed, n=n)
    if before.interval is None or after.interval is None or before.accuracy is None or after.accuracy is None:
        return None
    difference = (fixed - broken) / n
    correlation = _correlation(both_solved, fixed, broken, both_failed)
    down = after.accuracy - after.interval[0], before.interval[1] - before.accuracy
    up = after.interval[1] - after.accuracy, before.accuracy - before.interval[0]
    return (
        max(-1.0, difference - _joined(*down, correlation)),
        min(1.0, difference + _joined(*up, correlation)),
    )


def _joined(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first * first - 2 * correlation * first * second + second * second))


def _correlation(both_solved: int, fixed: int, broken: int, both_failed: int) -> float:
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
