"""How likely chance alone would change as many tasks."""

from __future__ import annotations

from math import comb


def mcnemar_p(fixed: int, broken: int) -> float:
    """The two-sided binomial test of (fixed, broken) against even odds, in exact integers."""
    changed = fixed + broken
    tail = sum(comb(changed, k) for k in range(min(fixed, broken) + 1))
    return min(1.0, 2 * tail / (1 << changed))
